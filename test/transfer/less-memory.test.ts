/** Memory refused above a budget in the middle of a run: it goes on by a plan for less, to a picture. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OutOfMemoryError } from '../../src/core/errors.ts';
import type { Gpu } from '../../src/core/gpu.ts';
import type { HostWeights } from '../../src/models/device-weights.ts';
import { openGpu } from '../../src/platform/node/gpu.ts';
import type { ListedPhase as Phase } from '../../src/settings/phase.ts';
import { resolveSettings } from '../../src/settings/presets.ts';
import { BrokenOffError, type LastingRequest, type RunOnDevice, runLasting } from '../../src/transfer/lasting-run.ts';
import { preparedForLess, wordsOfLess } from '../../src/transfer/less-memory.ts';
import { type PreparedRun, prepareRun } from '../../src/transfer/prepare.ts';
import { FailingDevice } from '../support/failing-device.ts';
import { readBundledWeights } from '../support/network.ts';
import { seededPicture } from '../support/tiling.ts';

let weights: HostWeights;
const opened: Gpu[] = [];
beforeAll(async () => {
  weights = await readBundledWeights();
});
afterAll(() => {
  for (const gpu of opened) gpu[Symbol.dispose]();
});

/** Most bytes of a device, which may change while it is in use. */
interface Budget {
  most: number;
}

async function openOn(budget: Budget): Promise<FailingDevice> {
  const gpu = await openGpu();
  opened.push(gpu);
  const device: FailingDevice = new FailingDevice(
    gpu,
    (sizeBytes) => device.gpu.buffers.bytesInUse + sizeBytes > budget.most,
  );
  return device;
}

const content = seededPicture(96, 64, 'content');
const style = seededPicture(40, 36, 'style');

function prepare(gpu: Gpu, phases: readonly Phase[], memoryBytes?: number): PreparedRun {
  const layers = [{ name: 'relu1_1', weight: 1 }];
  const objective = { contentLayers: layers, styleLayers: layers } as const;
  const settings = resolveSettings('gram', { phases, objective });
  return prepareRun({ gpu, content, style, settings, start: { kind: 'content' }, size: 96, memoryBytes });
}

/** Runs on devices with a budget; with what was said each time one refused memory. */
async function runOn(budget: Budget, phases: readonly Phase[], onEvaluation?: LastingRequest['onEvaluation']) {
  const devices: FailingDevice[] = [];
  const onNew = async (prepareOn: (gpu: Gpu) => PreparedRun): Promise<RunOnDevice> => {
    const device = await openOn(budget);
    devices.push(device);
    return { gpu: device.gpu, run: prepareOn(device.gpu) };
  };
  const first = await onNew((gpu) => prepare(gpu, phases));
  const said: string[] = [];
  try {
    const result = await runLasting({
      weights,
      first,
      replace: async (trouble, before) => {
        expect(trouble).toBe('memory');
        return await onNew((gpu) => preparedForLess(before.run, (bytes) => prepare(gpu, phases, bytes)));
      },
      onReplaced: (_reason, evaluation, now, before) => said.push(`${evaluation}: ${wordsOfLess(now.run, before.run)}`),
      checkpoints: { every: 1, keep: () => {} },
      ...(onEvaluation === undefined ? {} : { onEvaluation }),
    });
    return { said, ...result };
  } finally {
    for (const { gpu } of devices) expect(gpu.buffers.count).toBe(0);
  }
}

const unlimited = (): Budget => ({ most: Number.POSITIVE_INFINITY });

async function peakOf(phases: readonly Phase[]): Promise<number> {
  using device = await openOn(unlimited());
  return prepare(device.gpu, phases).plan.peakBytes;
}

describe('a run that is refused memory', () => {
  const phases: readonly Phase[] = [
    { steps: 2, optimizer: 'adam', learningRate: 0.02, scale: 24 },
    { steps: 2, optimizer: 'adam', learningRate: 0.02 },
  ];

  it('at its last scale goes on in windows, less and less until it fits, to the same picture', async () => {
    const whole = await runOn(unlimited(), phases);
    expect(whole.said).toEqual([]);
    const { said, ...result } = await runOn({ most: 0.6 * (await peakOf(phases)) }, phases);
    expect(said).toEqual([
      expect.stringMatching(
        /^1: \d MiB of device memory instead of \d MiB: .* in \d+ windows of .*, which takes longer/,
      ),
      expect.stringMatching(/^1: \d MiB .* instead of \d MiB: .*; the content picture does so anew each time$/),
    ]);
    expect(result.end).toBe('complete');
    expect(result.evaluations).toHaveLength(4);
    const differences = result.picture.pixels.map((value, i) => Math.abs(value - (whole.picture.pixels[i] ?? 0)));
    expect(Math.max(...differences)).toBeLessThan(1e-5);
  });

  it('in the middle of L-BFGS goes on from there, with the latest of its curvature pairs', async () => {
    const lbfgs: readonly Phase[] = [{ steps: 14, optimizer: 'lbfgs', learningRate: 1 }];
    const budget = unlimited();
    const most = 0.9 * (await peakOf(lbfgs));
    const { said, end, evaluations } = await runOn(budget, lbfgs, ({ evaluation }) => {
      if (evaluation === 11) budget.most = most;
    });
    expect(said).toEqual([
      expect.stringMatching(
        /^(10|11): \d MiB .* instead of \d MiB: L-BFGS keeps \d curvature pairs instead of 10, so /,
      ),
    ]);
    expect(end).toBe('complete');
    const totals = evaluations.map(({ total }) => total);
    expect(totals).toHaveLength(14);
    // It has not begun anew, which a first step of L-BFGS would show.
    expect(totals[13]).toBeLessThan(Math.min(...totals.slice(0, 11)));
  });

  it('by a device that has hardly any ends after a few tries, with the last picture', async () => {
    const budget = unlimited();
    const error = await runOn(budget, phases, ({ evaluation }) => {
      if (evaluation === 3) budget.most = 1000;
    }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(BrokenOffError);
    if (!(error instanceof BrokenOffError)) return;
    expect(error.cause).toBeInstanceOf(OutOfMemoryError);
    expect(error.picture).toMatchObject({ width: 96, height: 64 });
  });
});
