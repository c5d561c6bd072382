/** The evaluation that is measured: VGG16's lecture preset on the example pictures. The one place that builds it. */

import type { Gpu } from '../../src/core/gpu.ts';
import type { Patience } from '../../src/core/patience.ts';
import { DeviceWeights } from '../../src/models/device-weights.ts';
import { TransferObjective } from '../../src/transfer/objective.ts';
import { presetSettings } from '../../src/transfer/presets.ts';
import { convolutionsOf } from '../../src/transfer/stylize.ts';
import { bundledWeightLayers, picturesAt, type Size } from './pictures.ts';

export const settings = presetSettings('lecture');

/** The bundled weights on the device. The caller disposes them. */
export async function uploadWeights(gpu: Gpu): Promise<DeviceWeights> {
  return DeviceWeights.create(
    gpu,
    convolutionsOf(settings),
    await bundledWeightLayers(),
    settings.objective.paddingMode,
  );
}

/** The objective at a size, its targets made. The caller disposes it; `weights` stay the caller's. */
export async function openObjective(gpu: Gpu, weights: DeviceWeights, size: Size): Promise<TransferObjective> {
  const { content, style, image } = await picturesAt(size);
  return TransferObjective.create({ gpu, weights, options: settings.objective, content, style, initial: image });
}

/** Submits one evaluation and waits for it: milliseconds of wall time. Evaluates again where the wait was longer than the work. */
export async function evaluateOnce(gpu: Gpu, objective: TransferObjective, patience: Patience): Promise<number> {
  for (;;) {
    const startedAtMs = performance.now();
    gpu.submit([objective.program]);
    const { elapsedMs, overslept } = await patience.wait(gpu, startedAtMs, () => gpu.idle());
    if (!overslept) return elapsedMs;
  }
}
