/** Which variant a shape gets, and which shapes are refused. */

import { describe, expect, it } from 'vitest';

import { BufferScope, type BufferSlice } from '../../src/core/buffers.ts';
import { ShapeError } from '../../src/core/errors.ts';
import { Program } from '../../src/core/program.ts';
import {
  type Conv2dShape,
  chooseConv2dVariant,
  conv2dOutputSize,
  type Direction,
  recordConv2d,
} from '../../src/kernels/conv2d.ts';
import { packConv2dWeight, packedWeightBytes } from '../../src/kernels/conv2d-direct.ts';
import { type Backend, backendOf } from '../../src/kernels/family.ts';
import { chooseGramVariant } from '../../src/kernels/gram.ts';
import { pool2dOutputSize } from '../../src/kernels/pool2d.ts';
import { defaultTile } from '../../src/kernels/tiles.ts';
import { winogradLanes } from '../../src/kernels/winograd-lanes.ts';
import { winogradTiles } from '../../src/kernels/winograd-tiles.ts';
import { buildPass } from '../../src/models/build-pass.ts';
import { chooseKernels } from '../../src/models/chosen-kernels.ts';
import { deviceWeightBytes } from '../../src/models/device-weights.ts';
import { useGpu } from '../support/gpu.ts';
import { always } from '../support/measured.ts';

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

const gramName = (channels: number, backend: Backend): string =>
  chooseGramVariant({ positions: 192, channels }, backend).name;

describe('chooseConv2dVariant on lanes', () => {
  const name = (change: Partial<Conv2dShape>, direction: Direction = 'forward', lanes: number = 8): string =>
    chooseConv2dVariant({ shape: { ...vgg, ...change }, direction }, { family: 'lanes', lanes }).name;

  it('takes Winograd for 3x3, stride 1, padding of up to 2 by zeros, and a plain product for all else', () => {
    expect(name({})).toBe('winograd lanes');
    const padded: readonly Conv2dShape['padding'][] = [0, 2, [1, 0]];
    expect(padded.map((padding) => name({ padding }))).toEqual(padded.map(() => 'winograd lanes'));
    expect(name({ place: { first: 0, of: 96 } })).toBe('winograd lanes');
    const others: readonly Partial<Conv2dShape>[] = [
      { kernelHeight: 1 },
      { kernelWidth: 1 },
      { kernelHeight: 5, kernelWidth: 5 },
      { stride: 2 },
      { padding: 3 },
      { paddingMode: 'replicate' },
    ];
    for (const direction of ['forward', 'backward'] as const) {
      expect(others.map((change) => name(change, direction))).toEqual(others.map(() => 'im2col lanes'));
    }
  });

  it('wants whole vectors of channels, or few of them', () => {
    expect(name({ inChannels: 8 })).toBe('winograd lanes');
    expect(name({ inChannels: 3 })).toBe('im2col lanes');
    expect(name({ outChannels: 96 })).toBe('winograd lanes');
    expect(name({ outChannels: 12 })).toBe('direct');
    expect(name({ inChannels: 8 }, 'backward')).toBe('winograd lanes');
    expect(name({ outChannels: 8 }, 'backward')).toBe('winograd lanes');
    expect(name({ inChannels: 3 }, 'backward')).toBe('im2col lanes');
  });

  it('takes the same blocks of columns on any lane count, whole vectors of each', () => {
    expect([4, 8, 16].map((lanes) => name({}, 'forward', lanes))).toEqual([
      'winograd lanes',
      'winograd lanes',
      'winograd lanes',
    ]);
    expect([4, 8, 16].map((lanes) => name({ inChannels: 8 }, 'forward', lanes))).toEqual([
      'winograd lanes',
      'winograd lanes',
      'im2col lanes',
    ]);
  });

  it('lets no sum rest in an output of f16', () => {
    const half = (change: Partial<Conv2dShape>): string =>
      chooseConv2dVariant({ shape: { ...vgg, ...change }, direction: 'forward', makesHalf: true }, lanes8).name;
    expect(half({})).toBe('winograd lanes');
    expect(half({ inChannels: 3 })).toBe('im2col lanes');
    expect(half({ kernelHeight: 1 })).toBe('direct');
    expect(half({ kernelHeight: 1, kernelWidth: 1, padding: 0 })).toBe('direct');
  });

  it('is direct everywhere on direct', () => {
    expect(chooseConv2dVariant({ shape: vgg, direction: 'forward' }, { family: 'direct' }).name).toBe('direct');
  });
});

describe('chooseConv2dVariant on tiles', () => {
  const name = (change: Partial<Conv2dShape>, direction: Direction = 'forward'): string =>
    chooseConv2dVariant({ shape: { ...vgg, ...change }, direction }, { family: 'tiles' }).name;

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
    ['conv2d_forward conv3_1', always('tiles 32x32')],
    ['conv2d_backward conv3_1', always('winograd tiles 128x64')],
    ['conv2d_forward conv3_2', always('a kernel of last year')],
    ['gram 64', always('direct')],
    ['gram 128', always('tiles 128x64')],
  ]);
  const backend = { family: 'lanes', lanes: 8, measured } as const;
  const name = (direction: Direction, layer: string, change: Partial<Conv2dShape> = {}): string =>
    chooseConv2dVariant({ shape: { ...vgg, ...change }, direction }, backend, layer).name;

  it('is taken for its layer and direction', () => {
    expect(name('forward', 'conv3_1')).toBe('tiles 32x32');
    expect(name('backward', 'conv3_1')).toBe('winograd tiles 128x64');
    expect(gramName(64, backend)).toBe('direct');
    expect(gramName(128, backend)).toBe('tiles 128x64');
  });

  it('is not taken where it is unknown, cannot run the shape, or nothing was measured', () => {
    expect(name('forward', 'conv3_2')).toBe('winograd lanes');
    expect(name('backward', 'conv3_1', { stride: 2 })).toBe('im2col lanes');
    expect(name('forward', 'conv3_3')).toBe('winograd lanes');
    expect(gramName(256, backend)).toBe('lanes');
  });

  it('is that of the smallest size at least as large as the map; larger maps get what the family takes', () => {
    const bySize = new Map([
      [
        'conv2d_forward conv3_1',
        [
          { variant: 'direct', mostPositions: 100 },
          { variant: 'winograd2 lanes', mostPositions: 192 },
        ],
      ],
      ['gram 64', [{ variant: 'direct', mostPositions: 191 }]],
    ]);
    const at = (inHeight: number, inWidth: number): string => {
      const shape = { ...vgg, inHeight, inWidth };
      return chooseConv2dVariant({ shape, direction: 'forward' }, { ...lanes8, measured: bySize }, 'conv3_1').name;
    };
    expect([at(10, 10), at(101, 1), at(12, 16), at(193, 1)]).toEqual([
      'direct',
      'winograd2 lanes',
      'winograd2 lanes',
      'winograd lanes',
    ]);
    const gramAt = (positions: number): string =>
      chooseGramVariant({ positions, channels: 64 }, { ...lanes8, measured: bySize }).name;
    expect([gramAt(191), gramAt(192)]).toEqual(['direct', 'lanes']);
  });
});

describe('low memory', () => {
  const name = (backend: Backend, layer: string): string =>
    chooseConv2dVariant({ shape: vgg, direction: 'forward' }, { ...backend, lowMemory: true }, layer).name;

  it('takes F(2x2, 3x3) on lanes and the implicit product on tiles', () => {
    expect(name(lanes8, 'conv3_1')).toBe('winograd2 lanes');
    expect(name({ family: 'tiles' }, 'conv3_1')).toBe(`tiles ${defaultTile}`);
    expect(name({ family: 'direct' }, 'conv3_1')).toBe('direct');
  });

  it('goes before what was measured, where that takes more', () => {
    const measured = new Map([
      ['conv2d_forward conv3_1', always('winograd tiles 128x64')],
      ['conv2d_forward conv3_2', always('tiles 32x32')],
    ]);
    expect(name({ ...lanes8, measured }, 'conv3_1')).toBe('winograd2 lanes');
    expect(name({ ...lanes8, measured }, 'conv3_2')).toBe('tiles 32x32');
  });

  it('halves the weights of VGG16 and more', () => {
    const pass = buildPass({ network: 'vgg16', height: 256, width: 256, taps: ['relu5_3'], backward: true });
    const bytes = (backend: Backend): number => deviceWeightBytes(chooseKernels(pass, backend));
    expect(bytes({ ...lanes8, lowMemory: true })).toBeLessThan(bytes(lanes8) / 2);
    expect(bytes({ family: 'tiles', lowMemory: true })).toBeLessThan(0.3 * bytes({ family: 'tiles' }));
  });
});

it.each([
  ['SwiftShader', { vendor: 'google', architecture: 'swiftshader', description: 'SwiftShader driver 5.0.0' }, 4],
  ['llvmpipe', { vendor: 'mesa', architecture: 'software', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' }, 8],
] as const)('the variants known of %s are ones that can run', (_name, adapter, subgroupSize) => {
  const backend = backendOf({ profile: { ...adapter, isSoftware: true, subgroupSize }, kernelPreference: undefined });
  expect(backend.measured?.size).toBeGreaterThan(0);
  for (const [operation, sizes] of backend.measured ?? []) {
    const [op, layer = ''] = operation.split(' ');
    for (const { variant, mostPositions } of sizes) {
      const inWidth = Math.min(mostPositions, 192);
      if (op === 'gram') {
        const shape = { positions: inWidth, channels: Number(layer) };
        expect(chooseGramVariant(shape, backend).name, operation).toBe(variant);
        continue;
      }
      const shape = { ...vgg, inHeight: 1, inWidth, inChannels: layer === 'conv1_1' ? 3 : 64 };
      const direction = op === 'conv2d_forward' ? 'forward' : 'backward';
      expect(chooseConv2dVariant({ shape, direction }, backend, layer).name, operation).toBe(variant);
    }
  }
});

it('llvmpipe runs F(2x2, 3x3) where a map has few patches, and F(4x4, 3x3) above that', () => {
  const llvmpipe = { vendor: 'mesa', architecture: 'software', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' };
  const backend = backendOf({
    profile: { ...llvmpipe, isSoftware: true, subgroupSize: 8 },
    kernelPreference: undefined,
  });
  const runs = (width: number, height: number) => {
    const pass = buildPass({ network: 'vgg16', height, width, taps: ['relu5_1'], backward: true });
    const kernels = chooseKernels(pass, backend);
    const names = (layer: string) => [kernels.conv2d(layer, 'forward').name, kernels.conv2d(layer, 'backward').name];
    return ['conv2_2', 'conv3_3', 'conv4_2', 'conv5_1'].flatMap(names);
  };
  const [f4, f2] = ['winograd lanes', 'winograd2 lanes'];
  expect(runs(64, 64)).toEqual([f4, f4, f4, f4, f2, f2, f2, f2]);
  expect(runs(128, 96)).toEqual([f4, f4, f4, f4, f4, f4, f2, f2]);
  expect(runs(256, 192)).toEqual([f4, f4, f4, f4, f4, f4, f2, f2]);
});

it('chooseGramVariant takes the product of its family for any channels', () => {
  expect([4, 64, 96].map((channels) => gramName(channels, { family: 'tiles' }))).toEqual(Array(3).fill('tiles 64x64'));
  expect([64, 96].map((channels) => gramName(channels, lanes8))).toEqual(['lanes', 'lanes']);
  expect(gramName(64, { family: 'direct' })).toBe('direct');
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

  it('conv2d refuses weights of another form, and Winograd without scratch buffers', () => {
    using program = new Program(gpu(), 'no scratch');
    using scope = new BufferScope(gpu().buffers);
    const slice = scope.allocate('stand-in', 4);
    const record = (weight: BufferSlice) => (): void =>
      recordConv2d(program, winogradLanes, {
        label: 'conv1_2',
        shape: vgg,
        source: slice,
        output: slice,
        weight,
        scratch: [],
        epilogue: { direction: 'forward', bias: slice, relu: true },
      });
    expect(record(slice)).toThrow(ShapeError);
    expect(record(slice)).toThrow('conv1_2: winograd lanes reads 592128 bytes of weights, got 4');
    const weights = scope.allocate('weights', 592_128);
    expect(record(weights)).toThrow(ShapeError);
    expect(record(weights)).toThrow('conv1_2: winograd lanes lacks scratch buffer 1');
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
    expect(plain.byteLength).toBe(packedWeightBytes(shape));
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
    ['lanes', winogradLanes, 9.1],
    ['tiles', winogradTiles[0], 33],
  ] as const)(
    'Winograd on %s keeps its scratch small at any picture that has rows to cut',
    (_name, variant, mostMiB) => {
      const sizes = [64, 256, 512, 1024, 2048, 4096].map((edge) => {
        const shape = { ...vgg, inHeight: edge, inWidth: edge };
        return variant?.scratchBytes({ shape, direction: 'forward' })[0] ?? Number.NaN;
      });
      expect(Math.max(...sizes) / 2 ** 20).toBeLessThan(mostMiB);
    },
  );

  it('Winograd bands of a deep layer have patches enough to share its weights', () => {
    const deep = { ...vgg, inHeight: 64, inWidth: 64, inChannels: 512, outChannels: 512 };
    const patchBytes = 36 * 512 * 4;
    const [bytes = 0] = winogradLanes.scratchBytes({ shape: deep, direction: 'forward' });
    expect(Math.floor(bytes / patchBytes)).toBe(128);
  });
});
