/** How much of a run's work is done: evaluations weighed by their pixels, which is about what their time goes with. */

/** A scale of a run, as far as its work goes. */
export interface ScaleWork {
  readonly width: number;
  readonly height: number;
  /** Steps of each of its phases. */
  readonly phases: readonly number[];
}

/** Counted from 1; phases within their scale. */
export interface Place {
  readonly scale: number;
  readonly phase: number;
}

/** The place of a phase that is counted over the whole run. */
export function placeOf(scales: readonly ScaleWork[], phase: number): Place {
  let before = 0;
  for (const [index, { phases }] of scales.entries()) {
    if (phase <= before + phases.length) return { scale: index + 1, phase: phase - before };
    before += phases.length;
  }
  return { scale: scales.length, phase: scales.at(-1)?.phases.length ?? 1 };
}

/** Evaluations of all scales. */
export function budgetOf(scales: readonly ScaleWork[]): number {
  return sum(scales.flatMap(({ phases }) => phases));
}

/** In evaluations times pixels. */
export function workOf(scales: readonly ScaleWork[]): number {
  return sum(scales.map((scale) => pixelsOf(scale) * sum(scale.phases)));
}

/** Work up to a step of a phase that is counted over the whole run, as if all phases before had run to their ends. */
export function workUntil(scales: readonly ScaleWork[], phase: number, step: number): number {
  const { scale, phase: within } = placeOf(scales, phase);
  const at = scales[scale - 1];
  if (at === undefined) return 0;
  return workOf(scales.slice(0, scale - 1)) + pixelsOf(at) * (sum(at.phases.slice(0, within - 1)) + step);
}

/** Work in evaluations of the last scale, which has the result's size. */
export function fullSizeEvaluations(scales: readonly ScaleWork[], work: number): number {
  const last = scales.at(-1);
  return last === undefined ? 0 : work / pixelsOf(last);
}

export function pixelsOf({ width, height }: ScaleWork): number {
  return width * height;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
