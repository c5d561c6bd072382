/**
 * Takes a run whose loss is lost back to its best picture, with what the optimiser remembers cleared and the learning rate halved
 * (docs/decisions/0039-trouble.md).
 */

import { ExplodedLossError } from '../core/errors.ts';
import type { StepValues } from '../optimizers/optimizer.ts';
import type { Settings } from '../settings/settings.ts';
import type { EvaluationReport } from './evaluator.ts';
import { type LossWatch, lossWords } from './explosion.ts';

/** A loss is lost where it is not finite, or so many times above the lowest. */
const lostAbove = 4;

/** So many times without a lower loss in between, and the run ends. */
const mostInARow = 3;

/**
 * Whether a painting's run is to be rescued. The lecture's are not, which show what optimisers do; they are known by their variable, which no
 * other preset has, since a run that is taken up again knows no preset.
 */
export function isRescuable({ objective }: Settings): boolean {
  return objective.variable !== 'normalised';
}

/** Watches the losses of one objective. Trials of a line search are no trouble: the search goes back from them by itself. */
export class Rescue implements LossWatch {
  readonly #lateness: number;
  #lowest: EvaluationReport | undefined;
  /** The first evaluation whose loss is lost since the run was last taken back. */
  #lost: EvaluationReport | undefined;
  #inARow = 0;
  #phase = 0;
  #rateFactor = 1;
  #isHopeless = false;

  /** @param lateness Evaluations after which a loss has been read at the latest. */
  constructor(lateness: number) {
    this.#lateness = lateness;
  }

  /** Whether there is a picture to go back to: before the first finite loss there is none. */
  get hasBest(): boolean {
    return this.#lowest !== undefined;
  }

  get isHopeless(): boolean {
    return this.#isHopeless;
  }

  /** A phase has its own rates; one that is taken up again goes on with those that it had. */
  beginPhase(phase: number): void {
    if (phase !== this.#phase) this.#rateFactor = 1;
    this.#phase = phase;
  }

  see(report: EvaluationReport): void {
    if (report.total < (this.#lowest?.total ?? Number.POSITIVE_INFINITY)) {
      this.#lowest = report;
      // A leap that came back by itself, as L-BFGS with a fixed step makes them.
      this.#lost = undefined;
      this.#inARow = 0;
    }
    if (report.isTrial || this.#lost !== undefined) return;
    if (!(report.total <= lostAbove * (this.#lowest?.total ?? Number.NaN))) this.#lost = report;
  }

  relive(report: EvaluationReport): void {
    if (report.phase !== this.#phase) this.takeBack();
    this.beginPhase(report.phase);
    this.see(report);
    if (this.isDueAt(report.evaluation)) this.takeBack();
  }

  /** The values of a step, with the learning rate as it is by now. */
  slowed(values: Partial<StepValues>): Partial<StepValues> {
    const { learningRate } = values;
    return learningRate === undefined ? values : { ...values, learningRate: this.#rateFactor * learningRate };
  }

  /**
   * Whether it is time to take the run back, after so many evaluations. However early a loss was read, it counts only once it must have
   * been: whoever looks on (a snapshot waits for all losses) changes nothing.
   */
  isDueAt(evaluation: number): boolean {
    return this.#lost !== undefined && evaluation >= this.#lost.evaluation + this.#lateness;
  }

  /** Decides, with all losses seen, that the run is taken back; what is to be said of it. Undefined where it is not, or there is no hope. */
  takeBack(): string | undefined {
    const [lost, lowest] = [this.#lost, this.#lowest];
    if (lost === undefined || lowest === undefined) return undefined;
    this.#inARow += 1;
    this.#isHopeless = this.#inARow >= mostInARow;
    if (this.#isHopeless) return undefined;
    this.#lost = undefined;
    this.#rateFactor /= 2;
    const { learningRate } = lost;
    return `the loss became ${lossWords(lost)}: back to the best picture, ${lossWords(lowest)}, with the learning rate halved from ${learningRate} to ${learningRate / 2}`;
  }

  outcome(): ExplodedLossError | undefined {
    const [lost, lowest] = [this.#lost, this.#lowest];
    if (!this.#isHopeless || lost === undefined || lowest === undefined) return undefined;
    return new ExplodedLossError(
      'total',
      `the loss exploded ${mostInARow} times in a row: it was ${lossWords(lowest)} and at last ${lossWords(lost)}; lower the learning rate, which was halved to ${lost.learningRate}`,
    );
  }
}
