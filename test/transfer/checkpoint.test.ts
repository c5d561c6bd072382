/** Checkpoints of a run: what is resumed is what was left. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import type { ConvWeights } from '../../src/models/device-weights.ts';
import type { ListedPhase as Phase } from '../../src/settings/phase.ts';
import { resolveSettings, type SettingsOverrides } from '../../src/settings/presets.ts';
import type { Checkpoint } from '../../src/transfer/checkpoint.ts';
import type { RunHooks } from '../../src/transfer/run.ts';
import { stylize } from '../../src/transfer/stylize.ts';
import { useGpu } from '../support/gpu.ts';
import { bundledLayers, readFixturePictures } from '../support/network.ts';

const gpu = useGpu();
let weights: ReadonlyMap<string, ConvWeights>;
let pictures: { readonly content: RgbImage; readonly style: RgbImage };
beforeAll(async () => {
  weights = await bundledLayers();
  pictures = await readFixturePictures('wave_cat_64x48');
});

const objective = {
  contentLayers: [{ name: 'relu2_1', weight: 1 }],
  styleLayers: [{ name: 'relu1_1', weight: 1 }],
} as const;

/** A run of the lecture's preset, whose variable is the normalised picture and free, with a small objective. */
function run(phases: readonly Phase[], hooks: RunHooks, overrides: SettingsOverrides = {}) {
  const settings = resolveSettings('lecture', { phases, ...overrides, objective: { ...objective } });
  return stylize({ gpu: gpu(), weights, ...pictures, settings, start: { kind: 'content' }, size: undefined, ...hooks });
}

/** The run, held at each step until the checkpoint of the one before is there. */
async function runWithCheckpoints(phases: readonly Phase[], overrides: SettingsOverrides = {}) {
  const kept: Checkpoint[] = [];
  let steps = 0;
  const gate = async (): Promise<void> => {
    while (kept.length < steps) await new Promise((resolve) => setTimeout(resolve, 1));
    steps += 1;
  };
  const checkpoints = { everyMs: 0, keep: (checkpoint: Checkpoint) => kept.push(checkpoint) };
  return { kept, ...(await run(phases, { checkpoints, gate }, overrides)) };
}

const lbfgs: Phase = { steps: 8, optimizer: 'lbfgs', learningRate: 0.5 };

describe('a checkpoint', () => {
  it('holds the free variable, with values no picture has, and the next loss is that of the whole run', async () => {
    const whole = await runWithCheckpoints([lbfgs]);
    const at = whole.kept[4];
    expect(at?.place).toEqual({ evaluation: 5, phase: 1, step: 5 });
    // Black and white, normalised, lie within 2.7 of 0.
    expect(Math.max(...(at?.variable ?? []).map(Math.abs))).toBeGreaterThan(2.7);
    const rest = await run([lbfgs], { resume: at });
    expect(rest.evaluations[0]).toEqual(whole.evaluations[5]);
    expect(rest.evaluations).toHaveLength(3);
  });

  it('holds a point that a line search accepted, not one it left', async () => {
    const lineSearch = 'strong-wolfe';
    const phase: Phase = { steps: 14, optimizer: 'lbfgs', learningRate: 100 };
    const whole = await runWithCheckpoints([phase], { lineSearch });
    // The gate holds each line search as one step.
    const [at] = whole.kept;
    const { evaluation } = at?.place ?? { evaluation: Number.NaN };
    const trials = whole.evaluations.slice(0, evaluation);
    const accepted = Math.min(...trials.map(({ total }) => total));
    expect(Math.max(...trials.map(({ total }) => total))).toBeGreaterThan(2 * accepted);
    const rest = await run([phase], { resume: at }, { lineSearch });
    expect(rest.evaluations[0]).toMatchObject({ evaluation: evaluation + 1, step: evaluation + 1, total: accepted });
  });

  it('is kept once the losses up to it are reported', async () => {
    let reported = 0;
    const late: number[] = [];
    await run([lbfgs], {
      onEvaluation: ({ evaluation }) => {
        reported = evaluation;
      },
      checkpoints: { everyMs: 0, keep: ({ place }) => late.push(place.evaluation - reported) },
    });
    expect(late.length).toBeGreaterThan(0);
    expect(Math.max(...late)).toBeLessThanOrEqual(0);
  });

  it('of a second scale is taken up there', async () => {
    const phases = [{ ...lbfgs, steps: 2, scale: 32 }, lbfgs];
    const whole = await runWithCheckpoints(phases);
    const at = whole.kept.find(({ place }) => place.evaluation === 5);
    expect(at?.place).toEqual({ evaluation: 5, phase: 2, step: 3 });
    const rest = await run(phases, { resume: at });
    expect(rest.evaluations[0]).toEqual(whole.evaluations[5]);
  });

  it('of another size is refused', async () => {
    const resume = { variable: new Float32Array(12), place: { evaluation: 1, phase: 1, step: 1 } };
    await expect(run([lbfgs], { resume })).rejects.toThrow('a variable of 64x48 has 9216 values, got 12 to begin at');
  });
});
