/**
 * Identities that the device must keep at the sizes of real pictures, where no reference is needed: a backward pass is the
 * adjoint of its forward pass, ⟨A x, y⟩ = ⟨x, Aᵀ y⟩, and the gradient of a quadratic value is its polar form,
 * f(x + v) − f(x − v) = 2 ⟨∇f(x), v⟩.
 */

import { describe, expect, it } from 'vitest';

import { type Conv2dShape, conv2dOutputSize } from '../../src/kernels/conv2d.ts';
import { paddedChannels } from '../../src/kernels/elementwise.ts';
import { backendOf } from '../../src/kernels/family.ts';
import { chooseGramVariant, recordGramBackward, recordGramForward } from '../../src/kernels/gram.ts';
import { partialsPerTerm, recordMse } from '../../src/kernels/mse.ts';
import { recordNormaliseBackward, recordNormaliseForward } from '../../src/kernels/normalise.ts';
import {
  type Pooling,
  pool2dOutputSize,
  pool2dRoutesBytes,
  recordPool2dBackward,
  recordPool2dForward,
} from '../../src/kernels/pool2d.ts';
import { fourNeighbours, ninePoints, recordTotalVariation } from '../../src/kernels/total-variation.ts';
import {
  recordWindowPoolBackward,
  recordWindowPoolForward,
  type WindowPoolShape,
} from '../../src/kernels/window-pool2d.ts';
import { conv2dBackwardCase, conv2dForwardCase, conv2dSignature } from '../cases/conv2d.ts';
import { exact, type KernelVariant, type Recording, unwrittenBuffer } from '../cases/kernel-case.ts';
import { sumOfPartials } from '../cases/mse.ts';
import { dot, norm } from '../support/derivatives.ts';
import { useGpu } from '../support/gpu.ts';
import { padChannels } from '../support/layout.ts';
import { floats, rectified, seededRandom, signed } from '../support/random.ts';
import { runVariant } from '../support/run-case.ts';

const gpu = useGpu();

type Floats = Float32Array<ArrayBuffer>;

/** Runs kernels on inputs and returns what they leave in `outputs`, given by their initial contents. */
async function run(
  record: KernelVariant['record'],
  inputs: Readonly<Record<string, Floats>>,
  outputs: Readonly<Record<string, Floats>>,
  host: Readonly<Record<string, Floats>> = {},
): Promise<(name: string) => Float32Array> {
  const described = Object.entries(outputs).map(([name, initial]) => {
    return [name, { initial, expected: new Float64Array(0), tolerance: exact('not compared') }] as const;
  });
  const values = { host, inputs, outputs: Object.fromEntries(described) };
  const ran = await runVariant(gpu(), values, { name: 'identity', record });
  expect(ran.damaged).toEqual([]);
  return (name) => {
    const output = ran.outputs.get(name);
    if (output === undefined) throw new Error(`no output '${name}'`);
    return output;
  };
}

/** f32 roundings, of random sign, in sums over thousands of values; a wrong adjoint is off by about 1e-2. */
const limit = 1e-6;

/** |⟨Ax, y⟩ − ⟨x, Aᵀy⟩| / (‖Ax‖ ‖y‖). */
function mismatch(ax: ArrayLike<number>, y: ArrayLike<number>, x: ArrayLike<number>, aty: ArrayLike<number>): number {
  return Math.abs(dot(ax, y) - dot(x, aty)) / (norm(ax) * norm(y));
}

describe('conv2d without bias', () => {
  const vgg = { kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 1, paddingMode: 'zeros' } as const;
  const shapes: readonly Conv2dShape[] = [
    { ...vgg, inHeight: 127, inWidth: 95, inChannels: 3, outChannels: 64 },
    { ...vgg, inHeight: 127, inWidth: 95, inChannels: 64, outChannels: 64 },
    { ...vgg, inHeight: 31, inWidth: 24, inChannels: 256, outChannels: 128 },
    { ...vgg, inHeight: 15, inWidth: 11, inChannels: 512, outChannels: 512 },
    { ...vgg, inHeight: 61, inWidth: 46, inChannels: 32, outChannels: 64, stride: 2, padding: 0 },
    { ...vgg, inHeight: 40, inWidth: 33, inChannels: 64, outChannels: 96, kernelHeight: 1, kernelWidth: 7, padding: 3 },
    { ...vgg, inHeight: 40, inWidth: 33, inChannels: 64, outChannels: 64, paddingMode: 'replicate' },
    { ...vgg, inHeight: 41, inWidth: 30, inChannels: 80, outChannels: 48, padding: 0 },
  ];

  it.each(shapes.map((shape) => [conv2dSignature(shape), shape] as const))('%s', async (name, shape) => {
    const random = seededRandom(name);
    const { inChannels, outChannels } = shape;
    const { height, width } = conv2dOutputSize(shape);
    const map = (pixels: number, channels: number): Floats =>
      padChannels(floats(pixels * channels, signed(random)), channels, paddedChannels(channels));
    const x = map(shape.inHeight * shape.inWidth, inChannels);
    const y = map(height * width, outChannels);
    const filters = inChannels * outChannels * shape.kernelHeight * shape.kernelWidth;
    const weights = { weight: floats(filters, signed(random)), bias: new Float32Array(outChannels) };
    const bias = new Float32Array(paddedChannels(outChannels));
    const forward = conv2dForwardCase({ shape, relu: false }).variants(gpu());
    const backward = conv2dBackwardCase({ shape, accumulate: false, mask: false }).variants(gpu());

    const images = new Map<string, Float32Array>();
    for (const variant of forward) {
      const output = await run(variant.record, { input: x, bias }, { output: unwrittenBuffer(y.length) }, weights);
      images.set(variant.name, output('output'));
    }
    for (const variant of backward) {
      const made = { gradInput: unwrittenBuffer(x.length) };
      const output = await run(variant.record, { gradOutput: y }, made, weights);
      // Every forward variant with every backward variant: any mixture of them is a gradient.
      for (const [forwardName, image] of images) {
        const pair = `forward ${forwardName}, backward ${variant.name}`;
        expect(mismatch(image, y, x, output('gradInput')), pair).toBeLessThan(limit);
      }
    }
  });
});

describe('pooling', () => {
  const shape = { inHeight: 127, inWidth: 95, channels: 64, kernelSize: 2 };
  const { height, width } = pool2dOutputSize(shape);
  const inputValues = shape.inHeight * shape.inWidth * shape.channels;
  const outputValues = height * width * shape.channels;

  const forward = async (pooling: Pooling, input: Floats): Promise<Float32Array> => {
    const record = ({ program, buffer }: Recording): void => {
      recordPool2dForward(program, { pooling, shape, input: buffer('input'), output: buffer('output') });
    };
    return (await run(record, { input }, { output: unwrittenBuffer(outputValues) }))('output');
  };

  const backward = async (pooling: Pooling, input: Floats, gradOutput: Floats): Promise<Float32Array> => {
    const record = ({ program, buffer, scratch }: Recording): void => {
      const routes = scratch('routes', pool2dRoutesBytes(shape));
      const maps = { input: buffer('input'), output: scratch('output', 4 * outputValues) };
      recordPool2dForward(program, { pooling, shape, ...maps, routes });
      const gradients = { gradOutput: buffer('gradOutput'), gradInput: buffer('gradInput') };
      recordPool2dBackward(program, { pooling, shape, routes, ...gradients, accumulate: false });
    };
    return (await run(record, { input, gradOutput }, { gradInput: unwrittenBuffer(inputValues) }))('gradInput');
  };

  it('avgpool2d x=[127,95,64] k=2', async () => {
    const random = seededRandom('avgpool2d adjoint');
    // Positive: the backward pass is that of the pool behind a ReLU, which lets them all through.
    const x = floats(inputValues, () => 1 + random());
    const y = floats(outputValues, signed(random));
    expect(mismatch(await forward('average', x), y, x, await backward('average', x, y))).toBeLessThan(limit);
  });

  it('maxpool2d x=[127,95,64] k=2, linearised', async () => {
    const random = seededRandom('maxpool2d adjoint');
    // Multiples of 4, distinct within a window, and a direction of ±1: the maxima stay where they are, all is exact.
    const x = floats(inputValues, () => 0);
    for (let i = 0; i < inputValues; i++) {
      const pixel = Math.floor(i / shape.channels);
      const place = 2 * (Math.floor(pixel / shape.inWidth) % 2) + ((pixel % shape.inWidth) % 2);
      x[i] = 16 * (1 + Math.floor(100 * random())) + 4 * place;
    }
    const v = floats(inputValues, () => (random() < 0.5 ? -1 : 1));
    const y = floats(outputValues, signed(random));
    const [before, after] = [
      await forward('max', x),
      await forward(
        'max',
        x.map((value, i) => value + (v[i] ?? 0)),
      ),
    ];
    const image = after.map((value, i) => value - (before[i] ?? 0));
    expect(image.every((value) => Math.abs(value) === 1)).toBe(true);
    expect(mismatch(image, y, v, await backward('max', x, y))).toBeLessThan(limit);
  });
});

it('avgpool2d x=[61,46,64] k=3 s=1 p=1, padding left out', async () => {
  const random = seededRandom('avgpool2d windows adjoint');
  const shape: WindowPoolShape = {
    ...{ inHeight: 61, inWidth: 46, channels: 64, kernelSize: 3, stride: 1, padding: 1 },
    ...{ ceil: false, countsPadding: false },
  };
  const values = shape.inHeight * shape.inWidth * shape.channels;
  const [x, y] = [floats(values, signed(random)), floats(values, signed(random))];
  const output = await run(
    ({ program, buffer }) => {
      const common = { pooling: 'average', shape, routes: undefined } as const;
      recordWindowPoolForward(program, { ...common, input: buffer('x'), output: buffer('image') });
      const gradients = { gradOutput: buffer('y'), gradInput: buffer('adjoint') };
      recordWindowPoolBackward(program, { ...common, ...gradients, accumulate: false });
    },
    { x, y },
    { image: unwrittenBuffer(values), adjoint: unwrittenBuffer(values) },
  );
  expect(mismatch(output('image'), y, x, output('adjoint'))).toBeLessThan(limit);
});

it('normalise x=[12065,3]', async () => {
  const random = seededRandom('normalise adjoint');
  const pixels = 127 * 95;
  const scale = [1 / 0.229, 1 / 0.224, 1 / 0.225] as const;
  const x = floats(3 * pixels, signed(random));
  const y = floats(4 * pixels, signed(random));
  const output = await run(
    ({ program, buffer }) => {
      const [input, result] = [buffer('x'), buffer('image')];
      recordNormaliseForward(program, { input, output: result, pixels, scale, offset: [0, 0, 0] });
      recordNormaliseBackward(program, { gradOutput: buffer('y'), gradInput: buffer('adjoint'), pixels, scale });
    },
    { x, y },
    { image: unwrittenBuffer(4 * pixels), adjoint: unwrittenBuffer(3 * pixels) },
  );
  expect(mismatch(output('image'), y, x, output('adjoint'))).toBeLessThan(limit);
});

describe('polar forms', () => {
  /** x + v and x − v, and v as f32 really took it. */
  function around(x: Floats, v: Floats): { readonly above: Floats; readonly below: Floats; readonly v: Float64Array } {
    const above = x.map((value, i) => value + (v[i] ?? 0));
    const below = x.map((value, i) => value - (v[i] ?? 0));
    return { above, below, v: Float64Array.from(above, (value, i) => (value - (below[i] ?? 0)) / 2) };
  }

  const grams = (['usual', 'tiles'] as const).flatMap((kernels) => [
    { kernels, positions: 127 * 95, channels: 64 },
    { kernels, positions: 31 * 23, channels: 256 },
    { kernels, positions: 15 * 11, channels: 512 },
    { kernels, positions: 35, channels: 12 },
  ]);

  it.each(grams)(
    'gram x=[$positions,$channels] on $kernels kernels: ⟨D, G(F + V) − G(F − V)⟩ = 2 ⟨2 · scale · F D, V⟩, G symmetric',
    async ({ kernels, positions, channels }) => {
      const random = seededRandom(`gram ${positions} ${channels}`);
      const shape = { positions, channels };
      const scale = 1 / positions;
      const variant = chooseGramVariant(shape, kernels === 'usual' ? backendOf(gpu()) : { family: 'tiles' });
      const d = floats(channels ** 2, () => 0);
      for (let i = 0; i < channels; i++) {
        for (let j = 0; j <= i; j++) d[i * channels + j] = d[j * channels + i] = 2 * random() - 1;
      }
      const feature = floats(positions * channels, rectified(random));
      const { above, below, v } = around(feature, floats(feature.length, signed(random)));
      const output = await run(
        ({ program, buffer, scratch }) => {
          const common = { shape, scale };
          for (const side of ['above', 'below']) {
            const partial = scratch(side, variant.scratchBytes(shape));
            recordGramForward(program, variant, {
              ...common,
              feature: buffer(side),
              scratch: partial,
              output: buffer(`G ${side}`),
            });
          }
          const [map, gradGram, gradFeature] = [buffer('feature'), buffer('d'), buffer('gradient')];
          recordGramBackward(program, variant, { shape, feature: map, gradGram, gradFeature, accumulate: false });
        },
        { feature, above, below, d },
        {
          'G above': unwrittenBuffer(channels ** 2),
          'G below': unwrittenBuffer(channels ** 2),
          gradient: unwrittenBuffer(feature.length),
        },
      );
      const [gAbove, gBelow] = [output('G above'), output('G below')];
      const difference = Float64Array.from(gAbove, (value, i) => value - (gBelow[i] ?? 0));
      const direction = v.map((value) => 4 * scale * value);
      // Relative to the Gram matrices themselves, of which the difference is a part.
      const error = Math.abs(dot(d, difference) - dot(output('gradient'), direction)) / (norm(gAbove) * norm(d));
      expect(error).toBeLessThan(limit);
      const isSymmetric = gAbove.every(
        (value, i) => value === gAbove[(i % channels) * channels + Math.floor(i / channels)],
      );
      expect(isSymmetric, 'symmetric to the last bit').toBe(true);
    },
  );

  it.each(['mse', 'total variation', 'total variation of nine points'])('%s x=[96,128,3]', async (loss) => {
    const random = seededRandom(loss);
    const [height, width] = [96, 128];
    const values = height * width * 3;
    const x = floats(values, random);
    const reference = floats(values, random);
    const { above, below, v } = around(x, floats(values, signed(random)));
    const at = async (input: Floats): Promise<(name: string) => Float32Array> =>
      run(
        ({ program, buffer }) => {
          const buffers = { input: buffer('input'), gradient: buffer('gradient'), partial: buffer('partial') };
          const mse = { ...buffers, reference: buffer('reference'), values, scale: 2, accumulate: true };
          const weights = loss.endsWith('nine points') ? ninePoints({ height, width }) : fourNeighbours;
          const variation = { ...buffers, height, width, weights, scale: 1, channelScale: [0.2, 1, 0.5] } as const;
          if (loss === 'mse') recordMse(program, mse);
          else recordTotalVariation(program, variation);
        },
        { input, reference },
        { gradient: new Float32Array(values), partial: unwrittenBuffer(partialsPerTerm) },
      );
    const value = (output: (name: string) => Float32Array): number => sumOfPartials(output('partial'))[0] ?? Number.NaN;
    const [atAbove, atBelow] = [value(await at(above)), value(await at(below))];
    const slope = 2 * dot((await at(x))('gradient'), v);
    expect(Math.abs(atAbove - atBelow - slope) / atAbove).toBeLessThan(limit);
  });
});
