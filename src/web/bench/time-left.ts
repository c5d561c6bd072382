/** How long the rest of a measurement will take, from the rows that are there. Pure. */

import type { KernelRow, Report } from '../../bench/report.ts';
import { repetitionsFor } from '../../bench/statistics.ts';
import type { BenchRequest } from './protocol.ts';

/** What of a measurement is behind, and what is to come. */
export interface Rest {
  /** Milliseconds that each layer and direction took that is measured. */
  readonly problemsMs: readonly number[];
  /** Layers and directions to come. */
  readonly problemsLeft: number;
  /** Sides of the whole evaluations to come, one taken apart among them. */
  readonly sidesLeft: readonly number[];
}

/** Evaluations besides those that count: the targets of the losses, and two that are not timed. */
const untimed = 3;
/** The first layers are unlike the others. */
const leastShare = 0.25;

/** Undefined while too few layers are measured. */
export function secondsLeft(
  { problemsMs, problemsLeft, sidesLeft }: Rest,
  { kernels, evaluations }: Pick<Report, 'kernels' | 'evaluations'>,
  { layerSide }: Pick<BenchRequest, 'layerSide'>,
  effort: { readonly goalMs: number; readonly least: number; readonly most: number },
): number | undefined {
  const share = problemsMs.length / (problemsMs.length + problemsLeft);
  if (share < leastShare) return undefined;
  const soFarMs = problemsMs.reduce((sum, each) => sum + each, 0);
  // Until a whole evaluation is measured it is the sum of its layers.
  const last = evaluations.at(-1);
  const msPerPixel = last === undefined ? layersMs(kernels) / share / layerSide ** 2 : last.nsPerPixel / 1e6;
  const evaluationsMs = sidesLeft.map((side) => {
    const onceMs = msPerPixel * side ** 2;
    return onceMs * (untimed + repetitionsFor(onceMs, effort));
  });
  const leftMs = soFarMs * (1 / share - 1) + evaluationsMs.reduce((sum, each) => sum + each, 0);
  return leftMs / 1000;
}

/** All layers whose kernels an evaluation uses, once each. */
function layersMs(kernels: readonly KernelRow[]): number {
  const used = kernels.filter(({ isUsed }) => isUsed);
  return used.reduce((sum, { name, ms }) => sum + ms.median * name.split(',').length, 0);
}
