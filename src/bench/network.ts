/** The evaluation that is measured, by its settings and pictures. The one place that builds it. */

import type { Gpu } from '../core/gpu.ts';
import type { Patience } from '../core/patience.ts';
import { backendOf } from '../kernels/family.ts';
import { type ChosenKernels, chooseKernels } from '../models/chosen-kernels.ts';
import { DeviceWeights, type HostWeights } from '../models/device-weights.ts';
import { objectivePass } from '../objective/memory-plan.ts';
import { TransferObjective } from '../objective/objective.ts';
import type { Settings } from '../settings/settings.ts';
import type { Pictures, Size } from './pictures.ts';

/** The kernels that evaluations of one size run. */
export function kernelsAt(gpu: Gpu, { objective }: Settings, size: Size): ChosenKernels {
  return chooseKernels(objectivePass(objective, size), backendOf(gpu));
}

/** Weights on the device, for evaluations of one size first. The caller disposes them. */
export async function uploadWeights(
  gpu: Gpu,
  weights: HostWeights,
  settings: Settings,
  size: Size,
): Promise<DeviceWeights> {
  return DeviceWeights.create(gpu, weights, kernelsAt(gpu, settings, size));
}

/**
 * The objective of pictures of one size, its targets made, after fitting the weights to that size: there must be no other objective of
 * theirs. The caller disposes it; `weights` stay the caller's.
 */
export async function openObjective(
  gpu: Gpu,
  weights: DeviceWeights,
  settings: Settings,
  pictures: Pictures,
): Promise<TransferObjective> {
  const { content, style, image } = pictures;
  await weights.fit(kernelsAt(gpu, settings, content));
  return TransferObjective.create({ gpu, weights, options: settings.objective, content, style, initial: image });
}

/** Submits one evaluation and waits for it: milliseconds of wall time. Evaluates again where the wait was longer than the work. */
export async function evaluateOnce(gpu: Gpu, objective: TransferObjective, patience: Patience): Promise<number> {
  for (;;) {
    const startedAtMs = performance.now();
    for (const program of objective.programs) gpu.submit([program]);
    const { elapsedMs, overslept } = await patience.wait(gpu, startedAtMs, () => gpu.idle());
    if (!overslept) return elapsedMs;
  }
}
