/** Which variant a shape gets, and which shapes are refused. */

import { describe, expect, it } from 'vitest';

import { ShapeError } from '../../src/core/errors.ts';
import { Program } from '../../src/core/program.ts';
import {
  type Conv2dShape,
  chooseConv2dVariant,
  conv2dOutputSize,
  conv2dVariantName,
  type Direction,
  packConv2dWeight,
  packedWeightBytes,
  recordConv2dForward,
} from '../../src/kernels/conv2d.ts';
import { type Backend, backendOf } from '../../src/kernels/family.ts';
import { chooseGramVariant, gramVariantName } from '../../src/kernels/gram.ts';
import { pool2dOutputSize } from '../../src/kernels/pool2d.ts';
import { defaultTile } from '../../src/kernels/tiles.ts';
import { winogradScratchBytes } from '../../src/kernels/winograd.ts';
import { deviceWeightBytes } from '../../src/models/device-weights.ts';
import { layersOf } from '../../src/models/vgg.ts';
import { useGpu } from '../support/gpu.ts';

const gpu = useGpu();

const vgg: Conv2dShape = {
  inHeight: 16,
  inWidth: 12,
  inChannels: 64,
  outChannels: 64,
  kernelHeight: 3,
  kernelWidth: 3,
  stride: 1,
  padding: 1,
  paddingMode: 'zeros',
};

const lanes8 = { family: 'lanes', lanes: 8 } as const;

describe('chooseConv2dVariant on lanes', () => {
  const family = (change: Partial<Conv2dShape>, direction: Direction = 'forward', lanes: number = 8): string =>
    chooseConv2dVariant({ ...vgg, ...change }, direction, { family: 'lanes', lanes }).family;

  it('takes Winograd for 3x3, stride 1, padding 1 by zeros, and for nothing else', () => {
    expect(family({})).toBe('winograd');
    const others: readonly Partial<Conv2dShape>[] = [
      { kernelHeight: 1 },
      { kernelWidth: 1 },
      { kernelHeight: 5, kernelWidth: 5 },
      { stride: 2 },
      { padding: 0 },
      { padding: 2 },
      { paddingMode: 'replicate' },
    ];
    expect(others.map((change) => family(change))).toEqual(others.map(() => 'direct'));
  });

  it('wants whole vectors of input channels and whole blocks of 64 output channels, as the direction sees them', () => {
    expect(family({ inChannels: 8 })).toBe('winograd');
    expect(family({ inChannels: 3 })).toBe('im2col');
    expect(family({ outChannels: 96 })).toBe('direct');
    expect(family({ inChannels: 8 }, 'backward')).toBe('direct');
    expect(family({ outChannels: 8 }, 'backward')).toBe('winograd');
    expect(family({ inChannels: 3 }, 'backward')).toBe('im2col');
  });

  it('takes the same blocks of columns on any lane count, whole vectors of each', () => {
    expect([4, 8, 16].map((lanes) => family({}, 'forward', lanes))).toEqual(['winograd', 'winograd', 'winograd']);
    expect([4, 8, 16].map((lanes) => family({ inChannels: 8 }, 'forward', lanes))).toEqual([
      'winograd',
      'winograd',
      'im2col',
    ]);
  });

  it('is direct everywhere on direct', () => {
    expect(chooseConv2dVariant(vgg, 'forward', { family: 'direct' })).toEqual({ family: 'direct' });
  });
});

describe('chooseConv2dVariant on tiles', () => {
  const name = (change: Partial<Conv2dShape>, direction: Direction = 'forward'): string =>
    conv2dVariantName(chooseConv2dVariant({ ...vgg, ...change }, direction, { family: 'tiles' }));

  it('takes Winograd for 3x3, stride 1, padding 1 by zeros with 32 channels and more on both sides', () => {
    expect([name({}), name({ inChannels: 32, outChannels: 36 })]).toEqual(Array(2).fill('winograd tiles 64x64'));
    expect([
      name({ inChannels: 28 }),
      name({ outChannels: 28 }),
      name({ inChannels: 33 }),
      name({ stride: 2 }),
    ]).toEqual(Array(4).fill('tiles 64x64'));
  });

  it('takes the implicit product for any other forward pass', () => {
    const others: readonly Partial<Conv2dShape>[] = [
      { inChannels: 3 },
      { kernelHeight: 1, kernelWidth: 7, padding: 3 },
      { stride: 3, padding: 0 },
      { paddingMode: 'replicate' },
    ];
    expect(others.map((change) => name(change))).toEqual(others.map(() => 'tiles 64x64'));
  });

  it('and backward for stride 1 and zeros; the rest is direct', () => {
    expect(name({ inChannels: 3 }, 'backward')).toBe('tiles 64x64');
    expect(name({ kernelHeight: 5, kernelWidth: 5, padding: 0 }, 'backward')).toBe('tiles 64x64');
    expect(name({ stride: 2 }, 'backward')).toBe('direct');
    expect(name({ paddingMode: 'replicate' }, 'backward')).toBe('direct');
  });
});

describe('a measured variant', () => {
  const measured = new Map([
    ['conv2d_forward conv3_1', 'tiles 32x32'],
    ['conv2d_backward conv3_1', 'winograd tiles 128x64'],
    ['conv2d_forward conv3_2', 'a kernel of last year'],
    ['gram 64', 'direct'],
    ['gram 128', 'tiles 128x64'],
  ]);
  const backend = { family: 'lanes', lanes: 8, measured } as const;
  const name = (direction: Direction, layer: string, change: Partial<Conv2dShape> = {}): string =>
    conv2dVariantName(chooseConv2dVariant({ ...vgg, ...change }, direction, backend, layer));

  it('is taken for its layer and direction', () => {
    expect(name('forward', 'conv3_1')).toBe('tiles 32x32');
    expect(name('backward', 'conv3_1')).toBe('winograd tiles 128x64');
    expect(gramVariantName(chooseGramVariant(64, backend))).toBe('direct');
    expect(gramVariantName(chooseGramVariant(128, backend))).toBe('tiles 128x64');
  });

  it('is not taken where it is unknown, cannot run the shape, or nothing was measured', () => {
    expect(name('forward', 'conv3_2')).toBe('winograd lanes');
    expect(name('backward', 'conv3_1', { stride: 2 })).toBe('direct');
    expect(name('forward', 'conv3_3')).toBe('winograd lanes');
    expect(gramVariantName(chooseGramVariant(256, backend))).toBe('lanes');
  });
});

describe('low memory', () => {
  const name = (backend: Backend, layer: string): string =>
    conv2dVariantName(chooseConv2dVariant(vgg, 'forward', { ...backend, lowMemory: true }, layer));

  it('takes F(2x2, 3x3) on lanes and the implicit product on tiles', () => {
    expect(name(lanes8, 'conv3_1')).toBe('winograd2 lanes');
    expect(name({ family: 'tiles' }, 'conv3_1')).toBe(`tiles ${defaultTile}`);
    expect(name({ family: 'direct' }, 'conv3_1')).toBe('direct');
  });

  it('goes before what was measured, where that takes more', () => {
    const measured = new Map([
      ['conv2d_forward conv3_1', 'winograd tiles 128x64'],
      ['conv2d_forward conv3_2', 'tiles 32x32'],
    ]);
    expect(name({ ...lanes8, measured }, 'conv3_1')).toBe('winograd2 lanes');
    expect(name({ ...lanes8, measured }, 'conv3_2')).toBe('tiles 32x32');
  });

  it('halves the weights of VGG16 and more', () => {
    const convolutions = layersOf('vgg16').filter((layer) => layer.kind === 'conv');
    const bytes = (backend: Backend): number => deviceWeightBytes(convolutions, { backend, paddingMode: 'zeros' });
    expect(bytes({ ...lanes8, lowMemory: true })).toBeLessThan(bytes(lanes8) / 2);
    expect(bytes({ family: 'tiles', lowMemory: true })).toBeLessThan(0.3 * bytes({ family: 'tiles' }));
  });
});

it('the variants of known adapters are ones that can run', () => {
  const swiftShader = { vendor: 'google', architecture: 'swiftshader', description: 'SwiftShader driver 5.0.0' };
  const backend = backendOf({
    profile: { ...swiftShader, isSoftware: true, subgroupSize: 4 },
    kernelFamily: undefined,
    measured: undefined,
  });
  expect(backend.measured?.size).toBeGreaterThan(0);
  for (const [operation, variant] of backend.measured ?? []) {
    const [op, layer = ''] = operation.split(' ');
    if (op === 'gram') {
      expect(gramVariantName(chooseGramVariant(Number(layer), backend)), operation).toBe(variant);
      continue;
    }
    const shape = layer === 'conv1_1' ? { ...vgg, inChannels: 3 } : vgg;
    const direction = op === 'conv2d_forward' ? 'forward' : 'backward';
    expect(conv2dVariantName(chooseConv2dVariant(shape, direction, backend, layer)), operation).toBe(variant);
  }
});

it('chooseGramVariant wants whole column blocks of lanes, and takes tiles for any channels', () => {
  expect([4, 64, 96].map((channels) => gramVariantName(chooseGramVariant(channels, { family: 'tiles' })))).toEqual(
    Array(3).fill('tiles 64x64'),
  );
  expect(chooseGramVariant(64, lanes8)).toEqual(lanes8);
  expect([chooseGramVariant(96, lanes8), chooseGramVariant(64, { family: 'direct' })]).toEqual([
    { family: 'direct' },
    { family: 'direct' },
  ]);
});

describe('shapes', () => {
  it.each([
    [{}, [16, 12]],
    [{ stride: 2 }, [8, 6]],
    [{ stride: 2, padding: 0 }, [7, 5]],
    [{ kernelHeight: 1, kernelWidth: 7, padding: 3 }, [22, 12]],
    [{ padding: 0, inHeight: 3, inWidth: 3 }, [1, 1]],
  ] as const)('conv2d with %j gives %j', (change, expected) => {
    const { height, width } = conv2dOutputSize({ ...vgg, ...change });
    expect([height, width]).toEqual(expected);
  });

  it('conv2d refuses a kernel that does not fit', () => {
    expect(() => conv2dOutputSize({ ...vgg, padding: 0, inWidth: 2 })).toThrow(
      'conv2d: a 3x3 kernel does not fit an input of 16x2 with padding 0',
    );
  });

  it('conv2d refuses Winograd without scratch buffers', () => {
    using program = new Program(gpu(), 'no scratch');
    const slice = gpu().buffers.allocate('stand-in', 4);
    const buffers = { weight: slice, input: slice, bias: slice, output: slice };
    const variant = { family: 'winograd', kernels: lanes8, tile: 4 } as const;
    const record = (): void =>
      recordConv2dForward(program, { label: 'conv1_2', variant, shape: vgg, relu: true, ...buffers });
    expect(record).toThrow(ShapeError);
    expect(record).toThrow('conv1_2: the winograd variant lacks scratch buffer 1');
    gpu().buffers.release(slice);
  });

  it('pool2d rounds down, and refuses maps without a whole window or with unpadded channels', () => {
    const shape = { inHeight: 7, inWidth: 9, channels: 4, kernelSize: 2 };
    expect(pool2dOutputSize(shape)).toEqual({ height: 3, width: 4 });
    expect(() => pool2dOutputSize({ ...shape, inHeight: 1 })).toThrow(ShapeError);
    expect(() => pool2dOutputSize({ ...shape, channels: 3 })).toThrow('multiple of 4 channels');
  });

  it('packed weights: [tap][in][out] or [tap][out][in], channels padded with zeros', () => {
    const shape = { inChannels: 1, outChannels: 2, kernelHeight: 1, kernelWidth: 2 };
    const weight = Float32Array.of(1, 2, 3, 4); // [out, in, tap]
    const plain = packConv2dWeight(weight, shape);
    expect(plain.byteLength).toBe(packedWeightBytes(1, 2, 2));
    expect([...plain.entries()].filter(([, value]) => value !== 0)).toEqual([
      [0, 1],
      [1, 3],
      [16, 2],
      [17, 4],
    ]);
    const transposed = packConv2dWeight(weight, shape, true);
    expect([...transposed.entries()].filter(([, value]) => value !== 0)).toEqual([
      [0, 1],
      [4, 3],
      [16, 2],
      [20, 4],
    ]);
  });

  it.each([
    ['lanes', lanes8, 9.1],
    ['tiles', { family: 'tiles', tile: defaultTile }, 33],
  ] as const)(
    'Winograd on %s keeps its scratch small at any picture that has rows to cut',
    (_name, kernels, mostMiB) => {
      const sizes = [64, 256, 512, 1024, 2048, 4096].map((edge) =>
        winogradScratchBytes({ tile: 4, height: edge, width: edge, inChannels: 64, outChannels: 64 }, kernels),
      );
      expect(Math.max(...sizes) / 2 ** 20).toBeLessThan(mostMiB);
    },
  );

  it('Winograd bands of a deep layer have tiles enough to share its weights', () => {
    const deep = { tile: 4, height: 64, width: 64, inChannels: 512, outChannels: 512 } as const;
    const tileBytes = 36 * 512 * 4;
    expect(Math.floor(winogradScratchBytes(deep, lanes8) / tileBytes)).toBe(128);
  });
});
