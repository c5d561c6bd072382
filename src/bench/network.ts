/** The evaluation that is measured: VGG16's lecture preset on the example pictures. The one place that builds it. */

import type { Gpu } from '../core/gpu.ts';
import type { Patience } from '../core/patience.ts';
import { type ConvWeights, DeviceWeights } from '../models/device-weights.ts';
import { TransferObjective } from '../objective/objective.ts';
import { presetSettings } from '../settings/presets.ts';
import { convolutionsOf } from '../transfer/stylize.ts';
import type { Pictures } from './pictures.ts';

export const settings = presetSettings('lecture');

/** Weights on the device. The caller disposes them. */
export async function uploadWeights(gpu: Gpu, layers: ReadonlyMap<string, ConvWeights>): Promise<DeviceWeights> {
  return DeviceWeights.create(gpu, convolutionsOf(settings), layers, settings.objective.paddingMode);
}

/** The objective of pictures of one size, its targets made. The caller disposes it; `weights` stay the caller's. */
export async function openObjective(gpu: Gpu, weights: DeviceWeights, pictures: Pictures): Promise<TransferObjective> {
  const { content, style, image } = pictures;
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
