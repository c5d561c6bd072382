/** Evaluations per second and time left, from when evaluations were reported. */

import type { EvaluationReport } from './evaluator.ts';
import { pixelsOf, placeOf, type ScaleWork, workOf, workUntil } from './work.ts';

/** Evaluations the rate is taken over: enough to be steady, few enough to follow a machine whose load changes. */
const windowLength = 16;

export interface Speed {
  /** Evaluations per second at the scale at work; undefined until two were reported. */
  readonly perSecond: number | undefined;
  /** Until the end of the last scale: evaluations that are to come count by their pixels. */
  readonly secondsLeft: number | undefined;
}

/**
 * The first evaluation compiles the kernels, so the clock starts when it is done. What lies between two scales is not counted; until
 * two evaluations of the new one are known, the work is taken to go on at the rate of the one before.
 */
export class Speedometer {
  readonly #scales: readonly ScaleWork[];
  /** Of one scale. */
  #reports: { readonly work: number; readonly atMs: number }[] = [];
  #scale = 1;
  #workPerSecond: number | undefined;

  constructor(scales: readonly ScaleWork[]) {
    this.#scales = scales;
  }

  report({ phase, step }: Pick<EvaluationReport, 'phase' | 'step'>, atMs: number): Speed {
    const { scale } = placeOf(this.#scales, phase);
    if (scale !== this.#scale) this.#reports = [];
    this.#scale = scale;
    const work = workUntil(this.#scales, phase, step);
    this.#reports.push({ work, atMs });
    if (this.#reports.length > windowLength) this.#reports.shift();
    const [oldest] = this.#reports;
    const done = oldest === undefined ? 0 : work - oldest.work;
    const seconds = oldest === undefined ? 0 : (atMs - oldest.atMs) / 1000;
    if (done > 0 && seconds > 0) this.#workPerSecond = done / seconds;
    const at = this.#scales[scale - 1];
    if (this.#workPerSecond === undefined || at === undefined) return { perSecond: undefined, secondsLeft: undefined };
    const secondsLeft = (workOf(this.#scales) - work) / this.#workPerSecond;
    return { perSecond: this.#workPerSecond / pixelsOf(at), secondsLeft };
  }
}
