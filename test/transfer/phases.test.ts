/** Runs of several phases and scales: what is kept from one to the next, what is reported, and how they end. */

import { beforeAll, describe, expect, it, vi } from 'vitest';
import { LimitError } from '../../src/core/errors.ts';
import { Gpu } from '../../src/core/gpu.ts';
import { resizeImage, type Size } from '../../src/images/resize.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import type { HostWeights } from '../../src/models/device-weights.ts';
import { leadOf } from '../../src/objective/style-mix.ts';
import { FirstOrderOptimizer } from '../../src/optimizers/first-order.ts';
import { Lbfgs } from '../../src/optimizers/lbfgs.ts';
import type { OptimizerState } from '../../src/optimizers/optimizer.ts';
import { readShader } from '../../src/platform/node/gpu.ts';
import { optimizerNames } from '../../src/settings/optimizers.ts';
import type { ListedPhase as Phase } from '../../src/settings/phase.ts';
import { resolveSettings } from '../../src/settings/presets.ts';
import { multiScale } from '../../src/settings/recipes.ts';
import { enlargedWithDetail } from '../../src/transfer/between-scales.ts';
import { prepareRun } from '../../src/transfer/prepare.ts';
import { resizeState } from '../../src/transfer/resize-state.ts';
import type { RunHooks } from '../../src/transfer/run.ts';
import { matchedPicture } from '../../src/transfer/start.ts';
import { runPrepared, stylize } from '../../src/transfer/stylize.ts';
import { largestDifference, pictureOf } from '../images/pictures.ts';
import { useGpu } from '../support/gpu.ts';
import { readBundledWeights, readFixturePictures } from '../support/network.ts';

const gpu = useGpu();
let weights: HostWeights;
let pictures: { readonly content: RgbImage; readonly style: RgbImage };
beforeAll(async () => {
  weights = await readBundledWeights();
  pictures = await readFixturePictures('wave_cat_64x48');
});

/** A small objective in the space of pixels. */
function settingsWith(phases: readonly Phase[]) {
  return resolveSettings('gram', {
    phases,
    detail: 0,
    objective: { contentLayers: [{ name: 'relu2_1', weight: 1 }], styleLayers: [{ name: 'relu1_1', weight: 1 }] },
  });
}

function requestOf(phases: readonly Phase[], device: Gpu = gpu()) {
  const start = { kind: 'lecture-noise', seed: 3 } as const;
  return { gpu: device, weights, ...pictures, settings: settingsWith(phases), start, size: 64 };
}

const run = (phases: readonly Phase[], hooks: RunHooks = {}) => stylize({ ...requestOf(phases), ...hooks });

const adam = (steps: number, learningRate = 0.02): Phase => ({ steps, optimizer: 'adam', learningRate });

describe('phases', () => {
  it.each<[string, Partial<Phase>]>([
    ['lbfgs', { optimizer: 'lbfgs', learningRate: 1 }],
    ['sgd', { optimizer: 'sgd', learningRate: 0.5, momentum: 0.9 }],
    ['rmsprop', { optimizer: 'rmsprop', learningRate: 0.01, momentum: 0.5 }],
    ['adam', { optimizer: 'adam', learningRate: 0.02 }],
  ])('of one optimiser, %s, are as good as one phase', async (_name, of) => {
    const phase = { ...adam(6), ...of };
    const whole = await run([phase]);
    const parts = await run([2, 1, 3].map((steps) => ({ ...phase, steps })));
    expect(parts.picture.pixels).toEqual(whole.picture.pixels);
    expect(parts.evaluations.map(({ total }) => total)).toEqual(whole.evaluations.map(({ total }) => total));
    expect(whole.evaluations.at(-1)?.total).toBeLessThan(0.9 * (whole.evaluations[0]?.total ?? 0));
  });

  it('of another optimiser begin anew: the first step of Adam is its learning rate', async () => {
    let before: RgbImage | undefined;
    const save = async (picture: RgbImage): Promise<void> => {
      before ??= picture;
    };
    const still: Phase = { steps: 1, optimizer: 'sgd', learningRate: 1e-30 };
    const { picture } = await run([adam(4), still, adam(1, 0.01)], { snapshots: [{ every: 5, save }] });
    const moves = picture.pixels.map((value, i) => Math.abs(value - (before?.pixels[i] ?? Number.NaN)));
    const isAtBorder = (i: number): boolean => picture.pixels[i] === 0 || picture.pixels[i] === 1;
    const odd = moves.filter((move, i) => Math.abs(move - 0.01) > 1e-5 && !isAtBorder(i));
    // A few values have a gradient so small that Adam's ε shows.
    expect(odd.length).toBeLessThan(moves.length / 100);
  });

  it('take a momentum that is not said from the default, not from the phase before', async () => {
    const still = { steps: 1, optimizer: 'sgd', learningRate: 1e-30 } as const;
    const free: Phase = { steps: 2, optimizer: 'sgd', learningRate: 0.05 };
    const withMomentum = await run([
      { ...still, momentum: 0.9 },
      { ...free, momentum: 0 },
    ]);
    expect((await run([{ ...still, momentum: 0.9 }, free])).picture.pixels).toEqual(withMomentum.picture.pixels);
  });

  it('report phase, scale and the rate of every evaluation', async () => {
    const { evaluations, end } = await run([
      { steps: 4, optimizer: 'adam', learningRate: { start: 0.04, end: 0.02, decay: 'linear' }, scale: 32 },
      adam(2, 0.01),
    ]);
    expect(end).toBe('complete');
    expect(evaluations.map(({ evaluation, phase, scale }) => [evaluation, phase, scale])).toEqual([
      ...[1, 2, 3, 4].map((evaluation) => [evaluation, 1, 32]),
      ...[5, 6].map((evaluation) => [evaluation, 2, 64]),
    ]);
    const rates = [0.04, 0.035, 0.03, 0.025, 0.01, 0.01];
    expect(evaluations.map(({ learningRate }) => learningRate)).toEqual(rates.map((rate) => expect.closeTo(rate, 12)));
  });

  it.each(optimizerNames)('lower the loss: %s', async (optimizer) => {
    const learningRate = { lbfgs: 1, sgd: 0.5, rmsprop: 0.01, adam: 0.02 }[optimizer];
    const { evaluations, picture } = await run([{ steps: 12, optimizer, learningRate }]);
    expect(evaluations.at(-1)?.total).toBeLessThan(0.5 * (evaluations[0]?.total ?? 0));
    expect(picture.pixels.every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});

describe('scales', () => {
  it('begin with the enlarged picture of the one before, at pictures of their own', async () => {
    const sizes: Size[] = [];
    const objectives: (string | undefined)[] = [];
    const first = await run([{ ...adam(3), scale: 32 }]);
    let start: RgbImage | undefined;
    const prepared = prepareRun(requestOf([{ ...adam(3), scale: 32 }, adam(1, 1e-30)]));
    for (const { content, style } of prepared.scales) sizes.push(content, leadOf(style));
    expect(sizes.map(({ width, height }) => [width, height])).toEqual([
      [32, 24],
      [32, 24],
      [64, 48],
      [64, 48],
    ]);
    const { picture } = await runPrepared(prepared, {
      gpu: gpu(),
      weights,
      onObjective: (objective) => objectives.push(objective && `${objective.pictureSize.width}`),
      snapshots: [
        {
          every: 3,
          save: async (saved) => {
            start = saved;
          },
        },
      ],
    });
    expect(objectives).toEqual(['32', undefined, '64', undefined]);
    expect(start?.pixels).toEqual(first.picture.pixels);
    expect(picture.pixels).toEqual(resizeImage(first.picture, 64, 48).pixels);
  });

  it("put back a share of the photograph's detail, in the colours of the start", async () => {
    const phases = [{ ...adam(3), scale: 32 }, adam(1, 1e-30)];
    for (const kind of ['content', 'matched'] as const) {
      const request = { ...requestOf(phases), start: { kind } };
      const prepared = prepareRun({ ...request, settings: { ...request.settings, detail: 0.5 } });
      let smaller: RgbImage | undefined;
      const save = async (saved: RgbImage) => {
        smaller = saved;
      };
      const snapshots = { every: 3, save };
      const { picture } = await runPrepared(prepared, { gpu: gpu(), weights, snapshots: [snapshots] });
      const [before, after] = prepared.scales.map((scale) =>
        kind === 'matched' ? matchedPicture({ ...scale, strength: 0.72 }) : scale.content,
      );
      if (smaller === undefined || before === undefined || after === undefined) throw new Error('no second scale');
      // The one step there is 1e-30 long, which shows at values of 0.
      const expected = enlargedWithDetail(smaller, { smaller: before, larger: after }, 0.5);
      expect(largestDifference(picture.pixels, expected.pixels)).toBeLessThan(1e-29);
    }
  });

  it('enlarge the state of Adam and forget the pairs of L-BFGS', async () => {
    using create = vi.spyOn(FirstOrderOptimizer, 'create');
    using createLbfgs = vi.spyOn(Lbfgs, 'create');
    const lbfgs: Phase = { steps: 2, optimizer: 'lbfgs', learningRate: 1 };
    const phases = [{ ...adam(3), scale: 32 }, { ...adam(2), scale: 48 }, { ...lbfgs, scale: 48 }, lbfgs];
    await run(phases);
    const [first, second] = create.mock.calls.map(([, , , options]) => options?.state);
    expect(first).toBeUndefined();
    expect(second).toMatchObject({ optimizer: 'adam', steps: 3 });
    expect(second?.vectors).toHaveLength(2);
    for (const { values } of second?.vectors ?? []) {
      expect(values).toHaveLength(48 * 36 * 3);
      expect(values.some((value) => value !== 0)).toBe(true);
    }
    expect(create).toHaveBeenCalledTimes(2);
    // One at each of the two scales.
    expect(createLbfgs).toHaveBeenCalledTimes(2);
  });

  it('that are larger than the content picture are one', () => {
    const { scales } = prepareRun(requestOf(multiScale({ steps: 100 }, { size: 256, least: 32 })));
    expect(scales.map(({ content, phases }) => [content.width, phases.length])).toEqual([
      [32, 1],
      [45, 1],
      [64, 5],
    ]);
  });

  it('take the memory that was planned, and give it back at each scale', async () => {
    const prepared = prepareRun(requestOf([{ ...adam(2), scale: 32 }, adam(2)]));
    using meter = gpu().buffers.meter();
    const peaks: number[] = [];
    await runPrepared(prepared, { gpu: gpu(), weights, onEvaluation: () => peaks.push(gpu().buffers.bytesInUse) });
    expect(meter.peakBytes / prepared.plan.peakBytes).toBeGreaterThan(0.95);
    expect(meter.peakBytes / prepared.plan.peakBytes).toBeLessThan(1.05);
    expect(peaks[0]).toBeLessThan(0.9 * prepared.plan.peakBytes);
  });

  it('that the adapter cannot hold are refused before anything is allocated', async () => {
    // Bands of 64x48 would have to be of fewer rows than they begin at multiples of.
    const limits = { maxStorageBufferBindingSize: 3 * 2 ** 16, maxBufferSize: 2 ** 28 };
    const device = new Proxy(gpu().device, {
      get: (target, key): unknown => {
        if (key === 'limits') return limits;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const small = new Gpu({ device, profile: gpu().profile, shaders: readShader, instance: device });
    const phases = [{ ...adam(2), scale: 32 }, adam(2)];
    const request = { ...requestOf(phases, small), tile: 'none' as const };
    await expect(stylize(request)).rejects.toThrow(LimitError);
    await expect(stylize(request)).rejects.toThrow('a content picture of 64x48 needs');
    expect(small.buffers.count).toBe(0);
    expect(() => prepareRun(requestOf(phases.slice(0, 1), small))).not.toThrow();
  });

  it('end early with the best picture of the scale at work', async () => {
    const abort = new AbortController();
    const { end, picture, evaluations } = await run([{ ...adam(50), scale: 32 }, adam(50)], {
      signal: abort.signal,
      onEvaluation: ({ evaluation }) => evaluation === 3 && abort.abort(),
    });
    expect(end).toBe('aborted');
    expect(evaluations.length).toBeLessThan(10);
    expect(picture).toMatchObject({ width: 32, height: 24 });
  });

  it('stop at a loss that is not finite, with the last good picture of that scale', async () => {
    const burst: Phase = { steps: 5, optimizer: 'lbfgs', learningRate: 1e30 };
    const { end, error, picture } = await run([{ ...adam(2), scale: 32 }, burst, adam(5)]);
    expect(end).toBe('non-finite');
    expect(error?.message).toMatch(/loss became \S+ at evaluation [45]/);
    expect(picture).toMatchObject({ width: 64, height: 48 });
    expect(picture.pixels.every(Number.isFinite)).toBe(true);
  });
});

describe('a gate', () => {
  it('is awaited before every step', async () => {
    let passed = 0;
    const { evaluations } = await run([adam(2), adam(3)], {
      gate: async () => {
        passed += 1;
      },
    });
    expect([passed, evaluations.length]).toEqual([5, 5]);
  });

  it('holds the run, and an abort that lets it go spends nothing more', async () => {
    const abort = new AbortController();
    let passed = 0;
    const gate = (): Promise<void> => {
      passed += 1;
      if (passed < 3) return Promise.resolve();
      return new Promise((resolve) => {
        setTimeout(() => {
          abort.abort();
          resolve();
        }, 20);
      });
    };
    const { end, evaluations } = await run([adam(10)], { gate, signal: abort.signal });
    expect(end).toBe('aborted');
    expect(evaluations).toHaveLength(2);
  });
});

describe('resizeState', () => {
  const from = { width: 4, height: 3 };
  const to = { width: 7, height: 5 };
  const edge = pictureOf(4, 3, (x) => (x < 2 ? 0 : 1)).pixels;
  const state: OptimizerState = {
    optimizer: 'adam',
    steps: 12,
    vectors: [
      { name: 'first', isNonNegative: false, values: edge },
      { name: 'second', isNonNegative: true, values: edge },
    ],
  };

  it('enlarges the first moment bicubically, the second without leaving its range, and keeps the steps', () => {
    const { steps, vectors } = resizeState(state, from, to);
    const [first, second] = vectors.map(({ values }) => values);
    expect(steps).toBe(12);
    expect([first?.length, second?.length]).toEqual([105, 105]);
    expect(Math.min(...(first ?? []))).toBeLessThan(-0.01);
    expect(Math.max(...(first ?? []))).toBeGreaterThan(1.01);
    expect([Math.min(...(second ?? [])), Math.max(...(second ?? []))]).toEqual([0, 1]);
    const clamped = first?.map((value) => Math.min(Math.max(value, 0), 1)) ?? [];
    expect(largestDifference(clamped, resizeImage({ ...from, pixels: edge }, 7, 5).pixels)).toBe(0);
  });

  it('leaves what is even as it is', () => {
    const even = {
      ...state,
      vectors: [{ name: 'second', isNonNegative: true, values: new Float32Array(36).fill(0.3) }],
    };
    for (const value of resizeState(even, from, to).vectors[0]?.values ?? []) expect(value).toBeCloseTo(0.3, 6);
  });
});
