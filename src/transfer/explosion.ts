/**
 * When the loss of a run has exploded: it stays far above where it began, so steps made the picture worse and none made up for it.
 *
 * A loss that is high for a while has not. L-BFGS with a fixed step of 1 was seen to leap to ten thousand times its first loss and be back
 * an evaluation later; Adam with a rate of 10, from two thousand times, within a hundred. What never came back had left all bounds: L-BFGS
 * with rates of 3 to 50 comes to 10¹³ to 10²⁵ times the first loss within a dozen evaluations, and stays there to the end.
 */

import { ExplodedLossError } from '../core/errors.ts';
import type { EvaluationReport } from './evaluator.ts';

/** A run has exploded whose last evaluations, more than a leap takes, are so many times above the first. */
const exploded = { above: 10, evaluations: 3 } as const;

/** There is no way back for a loss so many times above the first, once it has not fallen within so many evaluations. */
const noWayBack = { above: 1e6, evaluations: 20 } as const;

/** Sees the losses of one objective, which are comparable, and judges them. */
export interface LossWatch {
  see(report: EvaluationReport): void;
  /** The same of a loss from before the run was taken up again: what was done about it was done. */
  relive(report: EvaluationReport): void;
  /** Whether to go on would be a waste. */
  readonly isHopeless: boolean;
  /** What to say of a run that ends here; undefined where its loss has not exploded. */
  outcome(): ExplodedLossError | undefined;
}

/** Leaves the run to itself until there is no way back. A line search accepts no trial that is higher. */
export class ExplosionWatch implements LossWatch {
  #first: EvaluationReport | undefined;
  #last: EvaluationReport | undefined;
  /** Evaluations in a row that are above `exploded.above`. */
  #high = 0;
  /** Where the loss went above `noWayBack.above`, or was last seen to fall there. */
  #lost: EvaluationReport | undefined;

  see(report: EvaluationReport): void {
    if (report.isTrial && !(report.total < (this.#last?.total ?? Number.NaN))) return;
    this.#first ??= report;
    this.#last = report;
    // A first loss of 0 is no measure.
    const times = this.#first.total > 0 ? report.total / this.#first.total : 0;
    this.#high = times > exploded.above ? this.#high + 1 : 0;
    if (times <= noWayBack.above) this.#lost = undefined;
    else if (this.#lost === undefined || report.total < this.#lost.total) this.#lost = report;
  }

  relive(report: EvaluationReport): void {
    this.see(report);
  }

  get isHopeless(): boolean {
    if (this.#lost === undefined || this.#last === undefined) return false;
    return this.#last.evaluation - this.#lost.evaluation >= noWayBack.evaluations;
  }

  outcome(): ExplodedLossError | undefined {
    const [first, last] = [this.#first, this.#last];
    if (first === undefined || last === undefined || this.#high < exploded.evaluations) return undefined;
    return new ExplodedLossError(
      'total',
      `the loss exploded: it was ${lossWords(first)} and is ${lossWords(last)}; lower the learning rate, which is ${last.learningRate}`,
    );
  }
}

/** `103.0 at evaluation 1` */
export function lossWords({ total, evaluation }: EvaluationReport): string {
  return `${total.toPrecision(4)} at evaluation ${evaluation}`;
}
