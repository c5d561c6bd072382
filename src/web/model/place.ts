/** Where a run is among its scales and phases, and how much of its work that is. */

import type { PlannedScale } from '../protocol.ts';

/** Counted from 1; phases within their scale. */
export interface Place {
  readonly scale: number;
  readonly phase: number;
}

/** The place of a phase that is counted over the whole run. */
export function placeOf(scales: readonly PlannedScale[], phase: number): Place {
  let before = 0;
  for (const [index, { phases }] of scales.entries()) {
    if (phase <= before + phases.length) return { scale: index + 1, phase: phase - before };
    before += phases.length;
  }
  return { scale: scales.length, phase: scales.at(-1)?.phases.length ?? 1 };
}

/** `scale 2 of 3, 181 px, phase 3 of 5`; a part that is alone is not spoken of. */
export function describePlace(scales: readonly PlannedScale[], place: Place | undefined): string {
  const scale = place === undefined ? undefined : scales[place.scale - 1];
  if (place === undefined || scale === undefined) return '';
  const longest = Math.max(scale.width, scale.height);
  const parts = [
    ...(scales.length > 1 ? [`scale ${place.scale} of ${scales.length}, ${longest} px`] : []),
    ...(scale.phases.length > 1 ? [`phase ${place.phase} of ${scale.phases.length}`] : []),
  ];
  return parts.join(', ');
}

/** Evaluations of all scales. */
export function budgetOf(scales: readonly PlannedScale[]): number {
  return sum(scales.flatMap(({ phases }) => phases));
}

/** Work, in evaluations times pixels, which is about what their time goes with. */
export function workOf(scales: readonly PlannedScale[]): number {
  return sum(scales.map(({ width, height, phases }) => width * height * sum(phases)));
}

/** Work up to a step of a phase that is counted over the whole run, as if all phases before had run to their ends. */
export function workUntil(scales: readonly PlannedScale[], phase: number, step: number): number {
  const { scale, phase: within } = placeOf(scales, phase);
  const at = scales[scale - 1];
  if (at === undefined) return 0;
  return workOf(scales.slice(0, scale - 1)) + at.width * at.height * (sum(at.phases.slice(0, within - 1)) + step);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
