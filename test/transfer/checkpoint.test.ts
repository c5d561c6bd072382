/** Checkpoints of a run: what is resumed is, bit for bit, what would have followed. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import type { HostWeights } from '../../src/models/device-weights.ts';
import type { ListedPhase as Phase } from '../../src/settings/phase.ts';
import { resolveSettings, type SettingsOverrides } from '../../src/settings/presets.ts';
import type { Checkpoint, CheckpointHooks } from '../../src/transfer/checkpoint.ts';
import type { RunHooks } from '../../src/transfer/run.ts';
import { stylize } from '../../src/transfer/stylize.ts';
import { useGpu } from '../support/gpu.ts';
import { readBundledWeights, readFixturePictures } from '../support/network.ts';

const gpu = useGpu();
let weights: HostWeights;
let pictures: { readonly content: RgbImage; readonly style: RgbImage };
beforeAll(async () => {
  weights = await readBundledWeights();
  pictures = await readFixturePictures('wave_cat_64x48');
});

const objective = {
  contentLayers: [{ name: 'relu2_1', weight: 1 }],
  styleLayers: [{ name: 'relu1_1', weight: 1 }],
} as const;

/** A run with a small objective; of the lecture's preset, where nothing else is said, whose variable is the normalised picture and free. */
function run(phases: readonly Phase[], hooks: RunHooks, { preset = 'lecture', ...overrides }: Told = {}) {
  const settings = resolveSettings(preset, { phases, ...overrides, objective: { ...objective } });
  const start = { kind: preset === 'lecture' ? 'content' : 'matched' } as const;
  return stylize({ gpu: gpu(), weights, ...pictures, settings, start, size: 32, ...hooks });
}

type Told = SettingsOverrides & { readonly preset?: 'lecture' | 'gram' };

/** The run and its checkpoints, one before each step and one at the end where nothing else is said. */
async function runWithCheckpoints(
  phases: readonly Phase[],
  told: Told = {},
  often: Partial<CheckpointHooks> = { every: 1 },
) {
  const kept: Checkpoint[] = [];
  const checkpoints: CheckpointHooks = { ...often, keep: (checkpoint) => void kept.push(checkpoint) };
  return { kept, ...(await run(phases, { checkpoints }, told)) };
}

const lbfgs: Phase = { steps: 7, optimizer: 'lbfgs', learningRate: 0.5 };
const adam: Phase = { steps: 3, optimizer: 'adam', learningRate: { start: 0.05, end: 0.02, decay: 'cosine' } };
const sgd: Phase = { steps: 2, optimizer: 'sgd', learningRate: 1e-9, momentum: 0.9, nesterov: true };
const rmsprop: Phase = { steps: 2, optimizer: 'rmsprop', learningRate: 0.02, momentum: 0.5 };

const runs: readonly (readonly [string, readonly Phase[], Told])[] = [
  ['L-BFGS whose ring goes round', [lbfgs], { history: 2 }],
  [
    'L-BFGS with strong Wolfe',
    [{ ...lbfgs, steps: 14, learningRate: 3000 }],
    { lineSearch: 'strong-wolfe', history: 3 },
  ],
  ['phases of every optimiser', [adam, { ...adam, weightDecay: 0.01 }, sgd, rmsprop, { ...lbfgs, steps: 3 }], {}],
  [
    'scales, the detail of a matched photograph put back, moments resized and pairs forgotten',
    [
      { ...adam, scale: 16 },
      { ...adam, scale: 24 },
      { ...lbfgs, steps: 2, scale: 24 },
      { ...lbfgs, steps: 3 },
    ],
    { preset: 'gram', detail: 0.7 },
  ],
  [
    'frequencies at two scales',
    [{ ...lbfgs, steps: 3, scale: 24 }, { ...lbfgs, steps: 4 }, adam],
    { preset: 'gram', variable: 'fourier' },
  ],
];

describe('a checkpoint', () => {
  it.each(runs)('of %s: the run goes on bit for bit from each', async (_name, phases, told) => {
    const whole = await runWithCheckpoints(phases, told);
    expect((await run(phases, {}, told)).evaluations).toEqual(whole.evaluations);
    expect(whole.kept.at(-1)?.place.evaluation).toBe(whole.evaluations.length);
    const some = whole.kept.filter((_, index) => index % 3 === 0);
    for (const resume of [...some, whole.kept.at(-1)]) {
      const rest = await run(phases, { resume }, told);
      expect(rest.evaluations).toEqual(whole.evaluations);
      expect(rest.picture).toEqual(whole.picture);
      expect(rest.end).toBe(whole.end);
    }
  });

  it('holds the free variable, with values no picture has', async () => {
    const { kept } = await runWithCheckpoints([{ ...adam, learningRate: 1 }]);
    // Black and white, normalised, lie within 2.7 of 0.
    expect(Math.max(...(kept.at(-1)?.variable ?? []).map(Math.abs))).toBeGreaterThan(2.7);
  });

  it('holds the loss at a point that a line search accepted', async () => {
    const lineSearch = 'strong-wolfe';
    const { kept, evaluations } = await runWithCheckpoints([{ ...lbfgs, steps: 14, learningRate: 3000 }], {
      lineSearch,
    });
    const { evaluation } = kept[1]?.place ?? { evaluation: Number.NaN };
    const trials = evaluations.slice(0, evaluation).map(({ total }) => total);
    expect(trials.length).toBeGreaterThan(2);
    expect(kept[1]?.optimizer.numbers?.['loss']).toBe(Math.min(...trials));
  });

  it('is made before the first step, after so many evaluations, and at the end; a resumed run counts on', async () => {
    const { kept } = await runWithCheckpoints([lbfgs], {}, { every: 3 });
    expect(kept.map(({ place }) => place.evaluation)).toEqual([0, 3, 6, 7]);
    const later: number[] = [];
    const keep = ({ place, evaluations }: Checkpoint): void => {
      expect(evaluations).toHaveLength(place.evaluation);
      later.push(place.evaluation);
    };
    await run([lbfgs], { resume: kept[1], checkpoints: { every: 3, keep } });
    expect(later).toEqual([6, 7]);
  });

  it('is made when the run is stopped, between two steps: no line search is cut', async () => {
    const told: Told = { lineSearch: 'strong-wolfe' };
    const phase = { ...lbfgs, steps: 14, learningRate: 3000 };
    const whole = await runWithCheckpoints([phase], told);
    const [, first] = whole.kept;
    const abort = new AbortController();
    const kept: Checkpoint[] = [];
    const { end } = await run(
      [phase],
      {
        signal: abort.signal,
        onEvaluation: () => abort.abort(),
        checkpoints: { keep: (checkpoint) => void kept.push(checkpoint) },
      },
      told,
    );
    expect([end, kept.at(-1)?.place]).toEqual(['aborted', first?.place]);
    expect((await run([phase], { resume: kept.at(-1) }, told)).evaluations).toEqual(whole.evaluations);
  });

  it('of another size is refused', async () => {
    const { kept } = await runWithCheckpoints([{ ...lbfgs, steps: 1 }], {}, {});
    const [first] = kept;
    if (first === undefined) throw new Error('no checkpoint was made');
    const resume = { ...first, variable: new Float32Array(12) };
    await expect(run([lbfgs], { resume })).rejects.toThrow(
      'a variable of 32x24 has 2304 values, got 12, 2304 of the best',
    );
  });
});
