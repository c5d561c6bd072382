/** Device memory of a run with L-BFGS at its highest, and what the plan said before anything was allocated. */

import { type Size, sizeName } from '../../src/bench/pictures.ts';
import type { MemoryRow } from '../../src/bench/report.ts';
import type { Gpu } from '../../src/core/gpu.ts';
import { phasesOf, withPhases } from '../../src/settings/settings.ts';
import { planStylize } from '../../src/transfer/prepare.ts';
import { stylize } from '../../src/transfer/stylize.ts';
import { progress } from './environment.ts';
import { picturesAt, readBundledWeights } from './pictures.ts';
import { settings } from './settings.ts';

export function memoryName(size: Size): string {
  return `peak memory ${sizeName(size)}, L-BFGS m = ${settings.lbfgs.history}`;
}

/** Runs one step for real. Nothing else may be on the device meanwhile. */
export async function memoryRow(gpu: Gpu, size: Size): Promise<MemoryRow> {
  progress(memoryName(size));
  const { content, style, image } = await picturesAt(size);
  const oneStep = withPhases(
    settings,
    phasesOf(settings).map((phase) => ({ ...phase, steps: 1 })),
  );
  const plan = planStylize({ content, style }, oneStep, gpu);
  using meter = gpu.buffers.meter();
  await stylize({
    gpu,
    weights: await readBundledWeights(),
    content,
    style,
    settings: oneStep,
    start: { kind: 'picture', picture: image },
    size: undefined,
  });
  const { peakBytes } = meter;
  const { weightBytes, peakBytes: plannedBytes } = plan;
  const pixels = size.width * size.height;
  return {
    name: memoryName(size),
    peakBytes,
    plannedBytes,
    weightBytes,
    bytesPerPixel: (peakBytes - weightBytes) / pixels,
    plannedBytesPerPixel: (plannedBytes - weightBytes) / pixels,
  };
}
