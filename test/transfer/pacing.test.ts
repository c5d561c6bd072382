/** Work in pieces and losses in batches: the same numbers as in one piece and one by one. */

import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Gpu } from '../../src/core/gpu.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import type { HostWeights } from '../../src/models/device-weights.ts';
import { readShader } from '../../src/platform/node/gpu.ts';
import { resolveSettings } from '../../src/settings/presets.ts';
import type { RunHooks, RunResult } from '../../src/transfer/run.ts';
import { stylize } from '../../src/transfer/stylize.ts';
import { useGpu } from '../support/gpu.ts';
import { readBundledWeights, readFixturePictures } from '../support/network.ts';

const gpu = useGpu();
let weights: HostWeights;
let pictures: { readonly content: RgbImage; readonly style: RgbImage };
beforeAll(async () => {
  weights = await readBundledWeights();
  pictures = await readFixturePictures('odd_51x37');
});

const iterations = 9;

async function run(on: Gpu, hooks: RunHooks = {}): Promise<RunResult> {
  const settings = resolveSettings('lecture', { iterations });
  return await stylize({
    gpu: on,
    weights,
    ...pictures,
    settings,
    start: { kind: 'content' },
    size: undefined,
    ...hooks,
  });
}

/** A run on the same device, paced; with the number of submits that each evaluation took. */
async function runPaced(
  submitGoalMs: number,
): Promise<{ readonly result: RunResult; readonly submits: readonly number[] }> {
  const { device, profile } = gpu();
  const paced = new Gpu({ device, profile, shaders: readShader, instance: device, submitGoalMs });
  const submit = vi.spyOn(paced, 'submitEncoded');
  const submits: number[] = [];
  // The gate is asked before each step, and a step of L-BFGS with a fixed length is one evaluation.
  const gate = (): undefined => {
    submits.push(submit.mock.calls.length);
    return undefined;
  };
  const result = await run(paced, { gate });
  expect(paced.buffers.count).toBe(0);
  submits.push(submit.mock.calls.length);
  return { result, submits: submits.slice(1).map((count, index) => count - (submits[index] ?? 0)) };
}

describe('pacing', () => {
  it('gives the same losses and picture in pieces as in one', async () => {
    const whole = await run(gpu());
    const { result } = await runPaced(0.001);
    expect(result.evaluations.map(({ terms }) => terms)).toEqual(whole.evaluations.map(({ terms }) => terms));
    expect(result.picture.pixels).toEqual(whole.picture.pixels);
  });

  it('cuts what takes longer than the target, down to single dispatches', async () => {
    const { submits } = await runPaced(0.001);
    expect(submits.at(-1)).toBeGreaterThan(3 * (submits[0] ?? 0));
  });

  it('joins what is shorter, up to one submit an evaluation', async () => {
    const { submits } = await runPaced(60_000);
    expect(submits[0]).toBeGreaterThan(3);
    expect(submits.at(-1)).toBe(1);
  });

  it('reads many evaluations at once, each with its own losses', async () => {
    const single = await run(gpu());
    const seen: number[] = [];
    const batched = await run(gpu(), { lossesEveryMs: 1e9, onEvaluation: ({ evaluation }) => seen.push(evaluation) });
    expect(seen).toEqual(Array.from({ length: iterations }, (_, index) => index + 1));
    expect(batched.evaluations).toEqual(single.evaluations);
  });

  it('reports every loss before it is held', async () => {
    const seen: number[] = [];
    let steps = 0;
    // Held until five losses are known: without their report the run would never go on.
    const untilReported = async (): Promise<void> => {
      while (seen.length < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await run(gpu(), {
      lossesEveryMs: 1e9,
      onEvaluation: ({ evaluation }) => seen.push(evaluation),
      gate: () => (steps++ === 5 ? untilReported() : undefined),
    });
    expect(seen).toHaveLength(iterations);
  });
});
