/**
 * Losses seen in windows, which is what exact tiling rests on: (a) sums in each window, added up, (b) value and coefficients once, (c) the
 * gradient in each window, against the loss of the whole.
 */

import { describe, expect, it } from 'vitest';
import { BufferScope, bytesPerFloat } from '../../src/core/buffers.ts';
import type { Gpu } from '../../src/core/gpu.ts';
import { backendOf } from '../../src/kernels/family.ts';
import { chooseGramVariant } from '../../src/kernels/gram.ts';
import { partialsPerTerm } from '../../src/kernels/mse.ts';
import type { MapLoss, MapShape, PictureLoss, PointwiseLoss, SummedLoss, TapKernels } from '../../src/losses/loss.ts';
import { LossWorkspace, WholeMapLoss } from '../../src/objective/tap-losses.ts';
import { isTapTerm, type LossTerm, termsOf } from '../../src/objective/terms.ts';
import { namesOf } from '../../src/settings/names.ts';
import { presetSettings } from '../../src/settings/presets.ts';
import type { ObjectiveOptions } from '../../src/settings/settings.ts';
import { norm } from '../support/derivatives.ts';
import { runProgram, useGpu } from '../support/gpu.ts';
import { floats, rectified, seededRandom, signed } from '../support/random.ts';

type Floats = Float32Array<ArrayBuffer>;

/** What a loss leaves: its weighted value, and the old gradient with its own added. */
interface Seen {
  readonly value: number;
  readonly gradient: Float32Array;
}

/** f32 sums over a hundred positions in another order. */
const usualRoundings = 1e-6;

/** W2's root makes them as many times larger as the sums' eigenvalues lie below the largest: seen 4e-6 and 1.5e-5. */
const roundingsOf = (loss: MapLoss): number => (loss.form === 'summed' && loss.name === 'w2' ? 1e-4 : usualRoundings);

function expectEqual(found: Seen, expected: Seen, before: Float32Array, roundings = usualRoundings): void {
  expect(Math.abs(found.value / expected.value - 1)).toBeLessThan(roundings);
  const added = expected.gradient.map((value, index) => value - (before[index] ?? Number.NaN));
  const difference = expected.gradient.map((value, index) => value - (found.gradient[index] ?? Number.NaN));
  expect(norm(added)).toBeGreaterThan(0.3 * norm(before));
  expect(norm(difference)).toBeLessThan(roundings * norm(expected.gradient));
}

/** The losses of the default preset, and every other style loss, weighted so that their gradients show beside old ones of about 1. */
const styleWeights = { gram: 1e9, w2: 3e5, covariance: 3e5 } as const satisfies Readonly<
  Record<ObjectiveOptions['styleLoss'], number>
>;
const options: ObjectiveOptions = {
  ...presetSettings('default').objective,
  contentLayers: [{ name: 'relu4_2', weight: 1 }],
  styleLayers: [{ name: 'relu3_1', weight: 1 }],
  contentWeight: 1e4,
  styleWeight: styleWeights.gram,
  tvWeight: 1e3,
};
const terms: readonly LossTerm[] = namesOf(styleWeights).flatMap((styleLoss) =>
  termsOf({
    ...options,
    ...(styleLoss === 'gram' ? {} : { contentLayers: [], tvWeight: 0 }),
    styleLoss,
    styleWeight: styleWeights[styleLoss],
  }),
);

const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);

/** A device's buffers for one loss. */
class Bench extends BufferScope {
  readonly gpu: Gpu;

  constructor(gpu: Gpu) {
    super(gpu.buffers);
    this.gpu = gpu;
  }

  bytes(sizes: readonly number[]) {
    return sizes.map((size, index) => this.allocate(`buffer ${index}`, size));
  }

  partials() {
    return this.allocate('partials', partialsPerTerm * bytesPerFloat);
  }
}

const width = 14;
const channels = 64;
const whole: MapShape = { positions: 10 * width, channels };

/** Positions of a map, row by row. */
type Window = readonly number[];

const rectangle = (left: number, top: number, right: number, bottom: number): Window =>
  Array.from({ length: 10 * width }, (_, at) => at).filter((at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return x >= left && x < right && y >= top && y < bottom;
  });

const windowings = {
  'one window': [rectangle(0, 0, 14, 10)],
  'two bands': [rectangle(0, 0, 14, 3), rectangle(0, 3, 14, 10)],
  'four windows': [rectangle(0, 0, 6, 4), rectangle(6, 0, 14, 4), rectangle(0, 4, 6, 10), rectangle(6, 4, 14, 10)],
  'a position and the rest': [rectangle(0, 0, 1, 1), [...rectangle(1, 0, 14, 1), ...rectangle(0, 1, 14, 10)]],
} as const satisfies Readonly<Record<string, readonly Window[]>>;

/** [positions, channels] of a window of a map. */
const pick = (values: Float32Array, window: Window): Floats =>
  Float32Array.from({ length: window.length * channels }, (_, index) => {
    const at = (window[Math.floor(index / channels)] ?? Number.NaN) * channels + (index % channels);
    return values[at] ?? Number.NaN;
  });

function put(values: Float32Array, window: Window, into: Float32Array): void {
  window.forEach((at, index) => {
    into.set(values.subarray(index * channels, (index + 1) * channels), at * channels);
  });
}

const kernelsOf = (gpu: Gpu): TapKernels => ({ gram: chooseGramVariant(whole, backendOf(gpu)) });

/** What a loss compares with, from its sums. */
async function targetOf(loss: SummedLoss, bench: Bench, sums: Floats): Promise<Floats> {
  const { gpu } = bench;
  const { preparation } = loss;
  if (preparation === undefined) return sums;
  const kernels = kernelsOf(gpu);
  const scratch = bench.bytes(loss.scratchBytes(whole, kernels));
  const [uploaded, target] = [bench.upload('sums', sums), bench.allocate('target', preparation.bytes(whole))];
  await runProgram(gpu, 'target', (program) =>
    preparation.record(program, { label: 'test', whole, scratch, kernels, sums: uploaded, target }),
  );
  return Float32Array.from(await gpu.read(target));
}

/** (a) of a map's window. */
async function sumsOf(loss: SummedLoss, bench: Bench, feature: Floats): Promise<Floats> {
  const { gpu } = bench;
  const positions = feature.length / channels;
  const kernels = kernelsOf(gpu);
  const [sums, ...scratch] = bench.bytes([
    loss.sumBytes(whole),
    ...loss.scratchBytes({ positions, channels }, kernels),
  ]);
  if (sums === undefined) throw new Error('a loss without sums');
  const part = { positions, feature: bench.upload('feature', feature) };
  await runProgram(gpu, 'sums', (program) =>
    loss.recordSums(program, { label: 'test', whole, part, scratch, sums, kernels }),
  );
  return Float32Array.from(await gpu.read(sums));
}

describe('a loss at a tap', () => {
  const gpu = useGpu();
  const random = seededRandom('windows of a map');
  const values = whole.positions * channels;
  const feature = floats(values, rectified(random));
  const other = floats(values, rectified(random));
  const old = floats(values, signed(random));

  async function ofWhole(loss: MapLoss, target: Floats, bench: Bench): Promise<Seen> {
    const isSummed = loss.form === 'summed';
    const scratch = isSummed ? loss.scratchBytes(whole, kernelsOf(gpu())) : [];
    const bytes = isSummed ? [loss.sumBytes(whole), loss.coefficientBytes(whole), ...scratch] : [];
    using workspace = new LossWorkspace(gpu(), bytes);
    const [map, gradient] = [bench.upload('feature', feature), bench.upload('gradient', old)];
    const partial = bench.partials();
    const options = { loss, layer: 'tap', whole, target: bench.upload('target', target), partial };
    await runProgram(gpu(), 'whole', (program) =>
      new WholeMapLoss({ ...options, workspace, kernels: kernelsOf(gpu()) }).record(program, {
        feature: map,
        gradient,
        accumulate: true,
      }),
    );
    return { value: loss.factor(whole) * sum(await gpu().read(partial)), gradient: await gpu().read(gradient) };
  }

  async function pointwiseInWindows(loss: PointwiseLoss, windows: readonly Window[], target: Floats, bench: Bench) {
    const gathered = new Float32Array(values);
    let total = 0;
    for (const window of windows) {
      const part = { positions: window.length, feature: bench.upload('feature', pick(feature, window)) };
      const [partial, gradient] = [bench.partials(), bench.upload('gradient', pick(old, window))];
      const at = { whole, part, target: bench.upload('target', pick(target, window)), partial };
      await runProgram(gpu(), 'window', (program) => loss.record(program, { ...at, gradient, accumulate: true }));
      total += sum(await gpu().read(partial));
      put(await gpu().read(gradient), window, gathered);
    }
    return { value: loss.factor(whole) * total, gradient: gathered };
  }

  async function summedInWindows(loss: SummedLoss, windows: readonly Window[], target: Floats, bench: Bench) {
    const added = new Float64Array(loss.sumBytes(whole) / bytesPerFloat);
    for (const window of windows) {
      (await sumsOf(loss, bench, pick(feature, window))).forEach((value, index) => {
        added[index] = (added[index] ?? 0) + value;
      });
    }
    const [sums, reference] = [bench.upload('sums', Float32Array.from(added)), bench.upload('target', target)];
    const kernels = kernelsOf(gpu());
    const common = { label: 'test', whole, scratch: bench.bytes(loss.scratchBytes(whole, kernels)), kernels };
    const coefficients = bench.allocate('coefficients', loss.coefficientBytes(whole));
    const partial = bench.partials();
    await runProgram(gpu(), 'coefficients', (program) =>
      loss.recordCoefficients(program, { ...common, sums, target: reference, partial, coefficients }),
    );
    const gathered = new Float32Array(values);
    for (const window of windows) {
      const part = { positions: window.length, feature: bench.upload('feature', pick(feature, window)) };
      const gradient = bench.upload('gradient', pick(old, window));
      await runProgram(gpu(), 'window', (program) =>
        loss.recordGradient(program, { ...common, part, coefficients, gradient, accumulate: true }),
      );
      put(await gpu().read(gradient), window, gathered);
    }
    return { value: loss.factor(whole) * sum(await gpu().read(partial)), gradient: gathered };
  }

  const cases = terms.filter(isTapTerm).flatMap(({ kind, loss }) =>
    Object.entries(windowings).map(([name, windows]) => {
      return { kind: loss.form === 'summed' ? loss.name : kind, loss, name, windows };
    }),
  );
  it.each(cases)('$kind, $name', async ({ loss, windows }) => {
    using bench = new Bench(gpu());
    if (loss.form === 'pointwise') {
      const found = await pointwiseInWindows(loss, windows, other, bench);
      expectEqual(found, await ofWhole(loss, other, bench), old);
    } else {
      const target = await targetOf(loss, bench, await sumsOf(loss, bench, other));
      const found = await summedInWindows(loss, windows, target, bench);
      expectEqual(found, await ofWhole(loss, target, bench), old, roundingsOf(loss));
    }
  });
});

describe('a loss on the picture', () => {
  const gpu = useGpu();
  const shape = { width: 9, height: 13 };
  const row = 3 * shape.width;
  const random = seededRandom('bands of a picture');
  const picture = floats(row * shape.height, random);
  const old = floats(row * shape.height, signed(random));
  const channelScale = [0.229, 0.224, 0.225] as const;

  /** The rows from `top` on, recorded from a buffer that holds these and the neighbours above and below alone. */
  async function ofBand(loss: PictureLoss, top: number, count: number): Promise<Seen> {
    using bench = new Bench(gpu());
    const [from, to] = [Math.max(top - 1, 0), Math.min(top + count + 1, shape.height)];
    const held = (all: Floats): Floats => all.slice(from * row, to * row);
    const [input, gradient] = [bench.upload('picture', held(picture)), bench.upload('gradient', held(old))];
    const partial = bench.partials();
    await runProgram(gpu(), 'band', (program) =>
      loss.record(program, {
        whole: shape,
        picture: input,
        height: to - from,
        rows: { first: top - from, count },
        gradient,
        partial,
        channelScale,
      }),
    );
    const left = await gpu().read(gradient);
    const [first, end] = [(top - from) * row, (top - from + count) * row];
    // The neighbours' gradient belongs to other bands.
    expect(left.slice(0, first)).toEqual(held(old).slice(0, first));
    expect(left.slice(end)).toEqual(held(old).slice(end));
    return { value: loss.factor(shape) * sum(await gpu().read(partial)), gradient: left.slice(first, end) };
  }

  async function ofWhole(loss: PictureLoss): Promise<Seen> {
    using bench = new Bench(gpu());
    const [input, gradient] = [bench.upload('picture', picture), bench.upload('gradient', old)];
    const partial = bench.partials();
    const { height } = shape;
    await runProgram(gpu(), 'picture', (program) =>
      loss.record(program, { whole: shape, picture: input, height, gradient, partial, channelScale }),
    );
    return { value: loss.factor(shape) * sum(await gpu().read(partial)), gradient: await gpu().read(gradient) };
  }

  const losses = (['four', 'nine'] as const).flatMap((tvLoss) =>
    termsOf({ ...options, tvLoss }).flatMap(({ kind, loss }) =>
      loss.form === 'picture' ? { kind: `${kind} (${tvLoss})`, loss } : [],
    ),
  );
  const bands = [[13], [6, 7], [1, 1, 11], [5, 5, 3]] as const;
  const cases = losses.flatMap((one) => bands.map((rows) => ({ ...one, rows })));
  it.each(cases)('$kind, bands of $rows rows', async ({ loss, rows }) => {
    const seen: Seen[] = [];
    let top = 0;
    for (const count of rows) {
      seen.push(await ofBand(loss, top, count));
      top += count;
    }
    const value = seen.reduce((total, one) => total + one.value, 0);
    const gradient = Float32Array.from(seen.flatMap((one) => [...one.gradient]));
    expectEqual({ value, gradient }, await ofWhole(loss), old);
  });
});

it('the losses above are of every form', () => {
  expect(new Set(terms.map(({ loss }) => loss.form))).toEqual(new Set(['pointwise', 'summed', 'picture']));
});
