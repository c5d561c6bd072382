/**
 * Spends evaluations: one submit each, losses read back a few steps late through a ring of staging buffers, so that a step
 * never waits for its own loss.
 */

import { type BufferSlice, bufferUsage, bytesPerFloat } from '../core/buffers.ts';
import { NonFiniteLossError, ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { Patience } from '../core/patience.ts';
import type { Program } from '../core/program.ts';
import type { Evaluator } from '../optimizers/optimizer.ts';
import type { TermKind, TransferObjective } from './objective.ts';

/** What is known of one evaluation. */
export interface EvaluationReport {
  /** Counted from 1 over the whole run. */
  readonly evaluation: number;
  /** Counted from 1. */
  readonly phase: number;
  /** Longest side of the picture. */
  readonly scale: number;
  /** Of the step that spent it. */
  readonly learningRate: number;
  readonly total: number;
  readonly content: number;
  readonly style: number;
  readonly totalVariation: number;
  /** Every term, weighted, in the order of the objective's `terms`. */
  readonly terms: readonly number[];
}

interface Pending extends Pick<EvaluationReport, 'evaluation' | 'learningRate'> {
  readonly staging: BufferSlice;
  readonly submittedAtMs: number;
}

/** Evaluations that may be submitted and not yet read: enough that the device always has the next one waiting. */
const inFlightOnGpu = 3;
const inFlightOnCpu = 2;

/** Where in a run an evaluator stands. */
export interface EvaluatorPlace extends Pick<EvaluationReport, 'phase' | 'scale'> {
  /** Evaluations that were spent before. */
  readonly before: number;
}

export class DeviceEvaluator implements Evaluator, Disposable {
  /** Of the steps to come, for their reports. */
  learningRate = Number.NaN;
  readonly #gpu: Gpu;
  readonly #objective: TransferObjective;
  readonly #budget: number;
  readonly #place: EvaluatorPlace;
  readonly #report: (report: EvaluationReport) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #free: BufferSlice[];
  readonly #pending: Pending[] = [];
  readonly #patience = new Patience();
  #spent = 0;
  #lastDoneAtMs = 0;

  constructor(options: {
    readonly gpu: Gpu;
    readonly objective: TransferObjective;
    /** Evaluations that may be spent. */
    readonly budget: number;
    readonly place: EvaluatorPlace;
    /** Called in order, once per evaluation, a few steps late. */
    readonly report: (report: EvaluationReport) => void;
    /** Once aborted, no evaluations remain: a line search ends with its best point. */
    readonly signal?: AbortSignal | undefined;
  }) {
    this.#gpu = options.gpu;
    this.#objective = options.objective;
    this.#budget = options.budget;
    this.#place = options.place;
    this.#report = options.report;
    this.#signal = options.signal;
    const usage = bufferUsage.mapRead | bufferUsage.copyDestination;
    const sizeBytes = (1 + options.objective.terms.length) * bytesPerFloat;
    this.#free = Array.from({ length: inFlightOnGpu }, () =>
      this.#gpu.buffers.allocate('loss readback', sizeBytes, usage),
    );
  }

  get spent(): number {
    return this.#spent;
  }

  get remaining(): number {
    return this.#signal?.aborted === true ? 0 : this.#budget - this.#spent;
  }

  async submit(after: readonly Program[]): Promise<void> {
    this.#submit(after);
    const most = this.#gpu.profile.isSoftware ? inFlightOnCpu : inFlightOnGpu;
    while (this.#pending.length >= most) await this.#settleOldest();
  }

  async evaluate(after: readonly Program[]): Promise<number> {
    this.#submit(after);
    return this.drain();
  }

  /** Waits for everything submitted; resolves with the last total, or NaN when nothing was. */
  async drain(): Promise<number> {
    let total = Number.NaN;
    while (this.#pending.length > 0) total = await this.#settleOldest();
    return total;
  }

  [Symbol.dispose](): void {
    for (const slice of [...this.#free.splice(0), ...this.#pending.splice(0).map((pending) => pending.staging)]) {
      this.#gpu.buffers.release(slice);
    }
  }

  #submit(after: readonly Program[]): void {
    const staging = this.#free.pop();
    if (staging === undefined || this.#spent >= this.#budget) {
      throw new ShapeError(`evaluation ${this.#spent + 1} was submitted past the budget or the ring of readbacks`);
    }
    const { values } = this.#objective.losses;
    this.#gpu.submit([this.#objective.program, ...after], (encoder) => {
      encoder.copyBufferToBuffer(values.buffer, values.offsetBytes, staging.buffer, 0, staging.sizeBytes);
    });
    this.#spent += 1;
    const evaluation = this.#place.before + this.#spent;
    this.#pending.push({ staging, evaluation, learningRate: this.learningRate, submittedAtMs: performance.now() });
  }

  /** Reads the oldest loss. @throws NonFiniteLossError naming the first term that is NaN or infinite. */
  async #settleOldest(): Promise<number> {
    const oldest = this.#pending[0];
    if (oldest === undefined) return Number.NaN;
    const startedAtMs = Math.max(this.#lastDoneAtMs, oldest.submittedAtMs);
    const { buffer } = oldest.staging;
    try {
      await this.#patience.wait(this.#gpu, startedAtMs, () => buffer.mapAsync(1));
    } catch (error) {
      this.#gpu.assertHealthy();
      throw error;
    }
    const values = Array.from(new Float32Array(buffer.getMappedRange()));
    buffer.unmap();
    this.#pending.shift();
    this.#free.push(oldest.staging);
    this.#lastDoneAtMs = performance.now();
    return this.#settle(oldest, values);
  }

  #settle({ evaluation, learningRate }: Pending, values: readonly number[]): number {
    const [total = Number.NaN, ...terms] = values;
    if (!Number.isFinite(total)) {
      const index = terms.findIndex((term) => !Number.isFinite(term));
      const name = this.#objective.losses.names[index] ?? 'total';
      throw new NonFiniteLossError(
        name,
        `the ${name} loss became ${terms[index] ?? total} at evaluation ${evaluation}; lower the weights or the learning rate`,
      );
    }
    const sumOf = (kind: TermKind): number =>
      this.#objective.terms.reduce((sum, term, index) => (term.kind === kind ? sum + (terms[index] ?? 0) : sum), 0);
    const { phase, scale } = this.#place;
    this.#report({
      evaluation,
      phase,
      scale,
      learningRate,
      total,
      content: sumOf('content'),
      style: sumOf('style'),
      totalVariation: sumOf('total variation'),
      terms,
    });
    return total;
  }
}
