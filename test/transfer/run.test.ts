/** Whole runs: optimiser traces against PyTorch, memory against the plan, early ends. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/core/gpu.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import type { HostWeights } from '../../src/models/device-weights.ts';
import { resolveSettings, type SettingsOverrides } from '../../src/settings/presets.ts';
import { planStylize, preparePictures } from '../../src/transfer/prepare.ts';
import type { RunHooks } from '../../src/transfer/run.ts';
import { stylize } from '../../src/transfer/stylize.ts';
import { useGpu, withKernels } from '../support/gpu.ts';
import { readBundledWeights, readFixturePictures, readObjectiveFixture } from '../support/network.ts';

const gpu = useGpu();
let weights: HostWeights;
let pictures: { readonly content: RgbImage; readonly style: RgbImage; readonly image: RgbImage };
beforeAll(async () => {
  weights = await readBundledWeights();
  pictures = await readFixturePictures('wave_cat_64x48');
});

/** A run of the lecture's preset on the fixture, at the pictures' own size. */
function run(overrides: SettingsOverrides, hooks: RunHooks = {}) {
  const settings = resolveSettings('lecture', overrides);
  const start = { kind: 'content' } as const;
  return stylize({ gpu: gpu(), weights, ...pictures, settings, start, size: undefined, ...hooks });
}

/** Bounds on |ours / PyTorch − 1| for evaluations counted from 1, and at the end. */
interface TraceCase {
  readonly name: string;
  readonly settings: SettingsOverrides;
  readonly bounds: readonly { readonly upTo: number; readonly most: number }[];
  readonly end: number | undefined;
}

/**
 * L-BFGS is chaotic, and f32 alone decides how soon a run leaves one in f64. PyTorch in f32 on this very problem leaves
 * PyTorch in f64 by: strong Wolfe 7.2e-6 at evaluation 6, 8.8e-5 at 7, 4.0e-4 at 9, 5.5e-4 at 10; lr 1 by 1.8e-3 at 8; Adam by
 * 1.6e-7 throughout. Ours with 8 lanes left it by the same figures to two digits, with 16 lanes strong Wolfe by 5.2e-5 at 10.
 * A ReLU whose input lies within rounding of 0 may fall the other way in one order of summation and not in another; Adam's trace then
 * steps off by 1e-6 and drifts (seen: 1.6e-6 from evaluation 10 on, 2.8e-5 at 20).
 */
const traces: readonly TraceCase[] = [
  {
    name: 'lbfgs_wolfe_m10',
    settings: { iterations: 60, lineSearch: 'strong-wolfe' },
    bounds: [
      { upTo: 5, most: 1e-6 },
      { upTo: 6, most: 1e-5 },
      { upTo: 8, most: 1e-4 },
      { upTo: 10, most: 1e-3 },
    ],
    end: 0.1,
  },
  {
    name: 'lbfgs_lr0.5_m10',
    settings: { iterations: 60, learningRate: 0.5 },
    bounds: [
      { upTo: 2, most: 1e-5 },
      { upTo: 8, most: 1e-2 },
    ],
    end: 0.1,
  },
  {
    name: 'lbfgs_lr1_m10',
    settings: { iterations: 60 },
    bounds: [
      { upTo: 2, most: 1e-5 },
      { upTo: 8, most: 5e-2 },
    ],
    end: 0.1,
  },
  {
    name: 'adam_lr0.02',
    settings: { iterations: 20, optimizer: 'adam', learningRate: 0.02 },
    bounds: [
      { upTo: 9, most: 1e-6 },
      { upTo: 20, most: 1e-4 },
    ],
    end: undefined,
  },
];

describe('a run', () => {
  it.each(traces)('follows PyTorch: $name', async ({ name, settings, bounds, end }) => {
    const reference = readObjectiveFixture('wave_cat_64x48').traces?.[name] ?? [];
    const result = await run(settings);
    expect(result.evaluations).toHaveLength(settings.iterations ?? 0);
    const errors = result.evaluations.map(({ total }, index) => total / (reference[index]?.[0] ?? Number.NaN) - 1);
    for (const { upTo, most } of bounds) {
      expect(Math.max(...errors.slice(0, upTo).map(Math.abs)), `first ${upTo}`).toBeLessThan(most);
    }
    if (end !== undefined) expect(errors.at(-1), 'above PyTorch at the end').toBeLessThan(end);
  });

  it.each([
    ['lecture', 'lbfgs', 'f32', undefined],
    ['lecture', 'lbfgs', 'f16', undefined],
    ['default', 'lbfgs', 'f32', undefined],
    ['gram', 'adam', 'f32', undefined],
    ['gram', 'adam', 'f32', 'tiles'],
  ] as const)(
    'takes the memory that was planned: %s, %s, %s, kernels %s',
    async (preset, optimizer, storage, family) => {
      const device = family === undefined ? gpu() : withKernels(gpu(), family);
      const settings = resolveSettings(preset, { optimizer, iterations: 2, objective: { storage } });
      const request = { ...pictures, settings, start: { kind: 'content' } as const, size: undefined };
      const plan = planStylize(preparePictures(request), settings, device);
      using meter = device.buffers.meter();
      await stylize({ gpu: device, weights, ...request });
      expect(meter.peakBytes / plan.peakBytes).toBeGreaterThan(0.95);
      expect(meter.peakBytes / plan.peakBytes).toBeLessThan(1.05);
    },
  );

  it.each([
    ['lecture', 'f32', 1700],
    ['lecture', 'f16', 1300],
    ['default', 'f32', 1400],
    ['default', 'f16', 1300],
    ['gram', 'f32', 1400],
    ['gram', 'f16', 1300],
  ] as const)(
    'is planned to take few bytes a pixel besides the weights, 512x512, lanes: %s, %s, %d',
    (preset, storage, most) => {
      const settings = resolveSettings(preset, { objective: { storage } });
      const size = { width: 512, height: 512 };
      const { peakBytes, weightBytes } = planStylize(
        { content: size, style: size },
        settings,
        withKernels(gpu(), 'lanes'),
      );
      expect((peakBytes - weightBytes) / 512 ** 2).toBeLessThan(most);
    },
  );

  it('refuses f16 storage where the adapter has none', () => {
    const settings = resolveSettings('gram', { objective: { storage: 'f16' } });
    const size = { width: 64, height: 64 };
    const { device } = gpu();
    const bare: Gpu = Object.create(gpu(), { device: { value: { features: new Set(), limits: device.limits } } });
    expect(() => planStylize({ content: size, style: size }, settings, bare)).toThrow(/shader-f16 .*choose f32/);
  });

  it('ends early with the best picture when asked to', async () => {
    const abort = new AbortController();
    const onEvaluation = ({ evaluation }: { readonly evaluation: number }): void => {
      if (evaluation === 3) abort.abort();
    };
    const result = await run({ iterations: 50 }, { signal: abort.signal, onEvaluation });
    expect(result.end).toBe('aborted');
    expect(result.evaluations.length).toBeGreaterThanOrEqual(3);
    expect(result.evaluations.length).toBeLessThan(10);
    expect(result.picture.pixels).not.toEqual(pictures.content.pixels);
  });

  it('ends within a line search when asked to', async () => {
    const abort = new AbortController();
    const onEvaluation = ({ evaluation }: { readonly evaluation: number }): void => {
      if (evaluation === 4) abort.abort();
    };
    const result = await run({ iterations: 50, lineSearch: 'strong-wolfe' }, { signal: abort.signal, onEvaluation });
    expect(result.end).toBe('aborted');
    expect(result.evaluations).toHaveLength(4);
  });

  it('saves snapshots on the way, all different', async () => {
    const saved: { evaluation: number; picture: RgbImage }[] = [];
    const save = async (picture: RgbImage, evaluation: number): Promise<void> => {
      saved.push({ evaluation, picture });
    };
    await run({ iterations: 7 }, { snapshots: [{ every: 3, save }] });
    expect(saved.map(({ evaluation }) => evaluation)).toEqual([3, 6]);
    expect(saved[0]?.picture.pixels).not.toEqual(saved[1]?.picture.pixels);
  });

  it('shows pictures to several, each at its own evaluations', async () => {
    const saved: string[] = [];
    const every = (steps: number) => ({
      every: steps,
      save: async (_: RgbImage, evaluation: number) => {
        saved.push(`${steps}: ${evaluation}`);
      },
    });
    await run({ iterations: 7 }, { snapshots: [every(2), every(3)] });
    expect(saved).toEqual(['2: 2', '3: 3', '2: 4', '2: 6', '3: 6']);
  });

  it('stops at a loss that is not finite, names the term and keeps the last good picture', async () => {
    const result = await run({ iterations: 5, objective: { styleLoss: 'gram', gramFactor: 1e30 } });
    expect(result.end).toBe('non-finite');
    expect(result.error?.term).toMatch(/^style relu\d_\d$/);
    expect(result.picture.pixels.every(Number.isFinite)).toBe(true);
  });

  it('searches back from trials whose loss is not finite', async () => {
    // The first step leaves f32; its search needs some twenty trials to come down to one that lowers the loss.
    const overrides = { iterations: 26, lineSearch: 'strong-wolfe', learningRate: 1e10 } as const;
    const { end, evaluations, picture } = await run(overrides);
    expect(end).toBe('complete');
    expect(evaluations).toHaveLength(26);
    const lost = evaluations.filter(({ total }) => !Number.isFinite(total));
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.every(({ isTrial }) => isTrial)).toBe(true);
    expect(Math.min(...evaluations.map(({ total }) => total))).toBeLessThan(0.9 * (evaluations[0]?.total ?? 0));
    expect(picture.pixels.every(Number.isFinite)).toBe(true);
    expect(picture.pixels).not.toEqual(pictures.content.pixels);
  });

  it('gives the same picture twice', async () => {
    const first = await run({ iterations: 4 });
    const second = await run({ iterations: 4 });
    expect(second.picture.pixels).toEqual(first.picture.pixels);
  });
});
