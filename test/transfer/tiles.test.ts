/** A run in windows: to the losses of the run that sees each picture as a whole, and in the memory that was planned. */

import { beforeAll, describe, expect, it } from 'vitest';
import { Gpu } from '../../src/core/gpu.ts';
import { KernelPreference } from '../../src/kernels/preference.ts';
import type { HostWeights } from '../../src/models/device-weights.ts';
import { readShader } from '../../src/platform/node/gpu.ts';
import type { Phase } from '../../src/settings/phase.ts';
import { resolveSettings } from '../../src/settings/presets.ts';
import { withPhases } from '../../src/settings/settings.ts';
import { prepareRun } from '../../src/transfer/prepare.ts';
import { runPrepared } from '../../src/transfer/stylize.ts';
import { useGpu } from '../support/gpu.ts';
import { readBundledWeights } from '../support/network.ts';
import { seededPicture } from '../support/tiling.ts';

const gpu = useGpu();
let weights: HostWeights;
beforeAll(async () => {
  weights = await readBundledWeights();
});

const settings = resolveSettings('default', {
  objective: {
    contentLayers: [{ name: 'relu1_2', weight: 1 }],
    styleLayers: [{ name: 'relu1_1', weight: 1 }],
  },
});

/** The same device, of which a map of 64 channels may have 600 positions. Its buffers are its own. */
function narrowed(maxBindingBytes?: number): Gpu {
  const { device, profile } = gpu();
  const kernelPreference = new KernelPreference({ family: 'direct' });
  return new Gpu({ device, profile, shaders: readShader, instance: device, kernelPreference, maxBindingBytes });
}

describe('a run in windows', () => {
  it.each<Phase>([
    { optimizer: 'adam', steps: 2, learningRate: 0.02 },
    { optimizer: 'lbfgs', steps: 2, learningRate: 1 },
  ])('over two scales, each cut as its size asks for, with $optimizer', async (phase) => {
    const request = {
      content: seededPicture(48, 36, 'content'),
      style: seededPicture(40, 36, 'style'),
      settings: withPhases(settings, [{ ...phase, scale: 24 }, phase]),
      start: { kind: 'content' } as const,
      size: 48,
    };
    const narrow = narrowed(600 * 64 * 4);
    const prepared = prepareRun({ ...request, gpu: narrow, tile: 16 });
    expect(prepared.scales.map(({ plan: { tiling } }) => tiling?.windows.length)).toEqual([2, 6]);
    using meter = narrow.buffers.meter();
    const inWindows = await runPrepared(prepared, { gpu: narrow, weights });
    expect(meter.peakBytes / prepared.plan.peakBytes).toBeGreaterThan(0.95);
    expect(meter.peakBytes / prepared.plan.peakBytes).toBeLessThan(1.05);
    expect(narrow.buffers.count).toBe(0);

    const wide = narrowed();
    const whole = await runPrepared(prepareRun({ ...request, gpu: wide, tile: 'none' }), { gpu: wide, weights });
    const ratios = inWindows.evaluations.map(({ total }, at) => total / (whole.evaluations[at]?.total ?? Number.NaN));
    expect(ratios).toHaveLength(4);
    for (const ratio of ratios) expect(Math.abs(ratio - 1)).toBeLessThan(1e-4);
  });
});
