/** Whole evaluations at several sizes, by the clock on the wall, from submit to idle. */

import type { Gpu } from '../core/gpu.ts';
import { Patience } from '../core/patience.ts';
import type { DeviceWeights } from '../models/device-weights.ts';
import type { Settings } from '../settings/settings.ts';
import { evaluateOnce, openObjective } from './network.ts';
import { type Pictures, type Size, sizeName } from './pictures.ts';
import type { EvaluationRow } from './report.ts';
import { repetitionsFor, summarise } from './statistics.ts';
import type { Effort } from './timing.ts';

export function evaluationName(size: Size): string {
  return `evaluation ${sizeName(size)}`;
}

/** One row: two untimed evaluations, then as many as the effort allows. */
export async function evaluationRow(
  gpu: Gpu,
  weights: DeviceWeights,
  { settings, pictures, effort }: { readonly settings: Settings; readonly pictures: Pictures; readonly effort: Effort },
): Promise<EvaluationRow> {
  using objective = await openObjective(gpu, weights, settings, pictures);
  const patience = new Patience();
  await evaluateOnce(gpu, objective, patience);
  const onceMs = await evaluateOnce(gpu, objective, patience);
  const times: number[] = [];
  const count = repetitionsFor(onceMs, effort);
  while (times.length < count) times.push(await evaluateOnce(gpu, objective, patience));
  const ms = summarise(times);
  const { width, height } = pictures.image;
  const pixels = width * height;
  return { name: evaluationName({ width, height }), pixels, ms, nsPerPixel: (1e6 * ms.median) / pixels };
}
