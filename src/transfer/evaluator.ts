/**
 * Spends evaluations: one submit each, losses read back a few steps late through a ring of staging buffers, so that a step
 * never waits for its own loss.
 */

import { NonFiniteLossError, ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import type { Program } from '../core/program.ts';
import type { TransferObjective } from '../objective/objective.ts';
import { type NumbersByKind, sumsByKind } from '../objective/term-sums.ts';
import type { Evaluator } from '../optimizers/optimizer.ts';
import { LossReadback } from './loss-readback.ts';

/** What is known of one evaluation: beside the total the sum of each kind of loss terms, weighted, 0 where there is none. */
export interface EvaluationReport extends NumbersByKind {
  /** Counted from 1 over the whole run. */
  readonly evaluation: number;
  /** Counted from 1. */
  readonly phase: number;
  /** Of the phase, counted from 1. */
  readonly step: number;
  /** Longest side of the picture. */
  readonly scale: number;
  /** Of the step that spent it. */
  readonly learningRate: number;
  /** Whether a line search tried the point and may have left it again. There losses may be other than finite, as in a run that is rescued. */
  readonly isTrial: boolean;
  readonly total: number;
  /** Every term, weighted, in the order of the objective's `terms`. */
  readonly terms: readonly number[];
}

/** What an evaluation's losses are reported with. */
type Tag = Pick<EvaluationReport, 'evaluation' | 'step' | 'learningRate' | 'isTrial'>;

/** Readbacks that may be submitted and not yet done: enough that the device always has the next one waiting. */
const inFlightOnGpu = 3;
const inFlightOnCpu = 2;

/** Evaluations after which the losses of one have been read at the latest, where each is read by itself. */
export function latenessOn({ profile }: Pick<Gpu, 'profile'>): number {
  return (profile.isSoftware ? inFlightOnCpu : inFlightOnGpu) - 1;
}

/** Where in a run an evaluator stands. */
export interface EvaluatorPlace extends Pick<EvaluationReport, 'phase' | 'scale'> {
  /** Evaluations that were spent before. */
  readonly before: number;
  /** Those of them that were of this phase. */
  readonly stepsBefore: number;
}

/** What an evaluator needs of an objective: an evaluation, and where its losses then are. */
export interface EvaluatedObjective {
  readonly programs: readonly Program[];
  readonly terms: TransferObjective['terms'];
  readonly losses: Pick<TransferObjective['losses'], 'names' | 'values'>;
}

export class DeviceEvaluator implements Evaluator, Disposable {
  /** Of the steps to come, for their reports. */
  learningRate = Number.NaN;
  readonly #gpu: Gpu;
  readonly #objective: EvaluatedObjective;
  readonly #budget: number;
  readonly #place: EvaluatorPlace;
  readonly #report: (report: EvaluationReport) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #outlives: () => boolean;
  /** Of an evaluation: the last one goes with what the optimiser adds. */
  readonly #programsBefore: readonly Program[];
  readonly #lastProgram: readonly Program[];
  readonly #readback: LossReadback<Tag>;
  #spent = 0;

  constructor(options: {
    readonly gpu: Gpu;
    readonly objective: EvaluatedObjective;
    /** Evaluations that may be spent. */
    readonly budget: number;
    readonly place: EvaluatorPlace;
    /** Called in order, once per evaluation, a few steps late. */
    readonly report: (report: EvaluationReport) => void;
    /** Once aborted, no evaluations remain: a line search ends with its best point. */
    readonly signal?: AbortSignal | undefined;
    /** Least time between two readbacks of losses; 0, the default, reads each evaluation's by itself. */
    readonly lossesEveryMs?: number | undefined;
    /** Whether a loss that is not finite is reported as any other, instead of ending the run. */
    readonly outlives?: (() => boolean) | undefined;
  }) {
    this.#gpu = options.gpu;
    this.#objective = options.objective;
    this.#programsBefore = options.objective.programs.slice(0, -1);
    this.#lastProgram = options.objective.programs.slice(-1);
    this.#budget = options.budget;
    this.#place = options.place;
    this.#report = options.report;
    this.#signal = options.signal;
    this.#outlives = options.outlives ?? (() => false);
    this.#readback = new LossReadback({
      gpu: options.gpu,
      losses: options.objective.losses.values,
      count: 1 + options.objective.terms.length,
      batches: inFlightOnGpu,
      everyMs: options.lossesEveryMs ?? 0,
    });
  }

  get spent(): number {
    return this.#spent;
  }

  get remaining(): number {
    return this.#signal?.aborted === true ? 0 : this.#budget - this.#spent;
  }

  async submit(after: readonly Program[]): Promise<void> {
    await this.#submit(after, false);
    while (this.#readback.waiting > latenessOn(this.#gpu)) await this.#settleOldest();
  }

  /** @throws NonFiniteLossError, which ends the run, unless it outlives that. */
  async evaluate(after: readonly Program[]): Promise<number> {
    await this.#submit(after, false);
    return this.drain();
  }

  async evaluateTrial(after: readonly Program[]): Promise<number> {
    await this.#submit(after, true);
    return this.drain();
  }

  /** Waits for everything submitted; resolves with the last total, or NaN when nothing was. */
  async drain(): Promise<number> {
    let total = Number.NaN;
    this.#readback.close();
    while (this.#readback.waiting > 0) total = await this.#settleOldest();
    return total;
  }

  [Symbol.dispose](): void {
    this.#readback[Symbol.dispose]();
  }

  async #submit(after: readonly Program[], isTrial: boolean): Promise<void> {
    if (this.#spent >= this.#budget) {
      throw new ShapeError(`evaluation ${this.#spent + 1} was submitted past the budget of ${this.#budget}`);
    }
    this.#spent += 1;
    const { before, stepsBefore } = this.#place;
    const tag = {
      evaluation: before + this.#spent,
      step: stepsBefore + this.#spent,
      learningRate: this.learningRate,
      isTrial,
    };
    const last = [...this.#lastProgram, ...after];
    await this.#readback.submit(tag, async (copy) => {
      // An evaluation in windows is long, and whatever else wants the device has its turn between them.
      for (const program of this.#programsBefore) await this.#gpu.submitPaced([program]);
      await this.#gpu.submitPaced(last, copy);
    });
  }

  /**
   * Reads the oldest losses; resolves with the last total.
   *
   * @throws NonFiniteLossError naming the first term that is NaN or infinite, but not at a trial, nor where the run outlives it.
   */
  async #settleOldest(): Promise<number> {
    let total = Number.NaN;
    for (const { tag, values } of await this.#readback.readOldest()) total = this.#settle(tag, values);
    return total;
  }

  #settle({ evaluation, step, learningRate, isTrial }: Tag, values: readonly number[]): number {
    const [total = Number.NaN, ...terms] = values;
    if (!(Number.isFinite(total) || isTrial || this.#outlives())) {
      const index = terms.findIndex((term) => !Number.isFinite(term));
      const name = this.#objective.losses.names[index] ?? 'total';
      throw new NonFiniteLossError(
        name,
        `the ${name} loss became ${terms[index] ?? total} at evaluation ${evaluation}; lower the weights or the learning rate`,
      );
    }
    const { phase, scale } = this.#place;
    this.#report({
      evaluation,
      phase,
      step,
      scale,
      learningRate,
      isTrial,
      total,
      ...sumsByKind(this.#objective.terms, terms),
      terms,
    });
    return total;
  }
}
