/** Evaluations per second and time left, from when evaluations were reported. */

/** Evaluations the rate is taken over: enough to be steady, few enough to follow a machine whose load changes. */
const windowLength = 16;

export interface Speed {
  /** Evaluations per second; undefined until two were reported. */
  readonly perSecond: number | undefined;
  readonly secondsLeft: number | undefined;
}

/** The first evaluation compiles the kernels, so the clock starts when it is done. */
export class Speedometer {
  readonly #total: number;
  readonly #reports: { readonly evaluation: number; readonly atMs: number }[] = [];

  constructor(total: number) {
    this.#total = total;
  }

  report(evaluation: number, atMs: number): Speed {
    this.#reports.push({ evaluation, atMs });
    if (this.#reports.length > windowLength) this.#reports.shift();
    const oldest = this.#reports[0];
    const evaluations = oldest === undefined ? 0 : evaluation - oldest.evaluation;
    const seconds = oldest === undefined ? 0 : (atMs - oldest.atMs) / 1000;
    if (evaluations === 0 || seconds <= 0) return { perSecond: undefined, secondsLeft: undefined };
    const perSecond = evaluations / seconds;
    return { perSecond, secondsLeft: (this.#total - evaluation) / perSecond };
  }
}
