/** Where a run can be taken up again, copied to the host beside the run, so that a lost device loses little. */

import { type BufferSlice, bufferUsage } from '../core/buffers.ts';
import type { Gpu } from '../core/gpu.ts';
import type { TransferObjective } from '../objective/objective.ts';
import type { EvaluationReport } from './evaluator.ts';

/** A place in a run. */
export type RunPlace = Pick<EvaluationReport, 'evaluation' | 'phase' | 'step'>;

export interface Checkpoint {
  /** [H, W, 3]: the variable as the optimiser has it, not clamped to a picture's range, at a point it has accepted. */
  readonly variable: Float32Array<ArrayBuffer>;
  /** The last evaluation that led to it; its losses are reported by then. */
  readonly place: RunPlace;
}

/** How often checkpoints are wanted, and who gets them. */
export interface CheckpointHooks {
  /** Least time between two. */
  readonly everyMs: number;
  /** Called some time after the step; nothing waits for it. */
  readonly keep: (checkpoint: Checkpoint) => void;
}

/** Makes the checkpoints of one objective. It holds a buffer of the variable's size until it is disposed. */
export class CheckpointCopier implements Disposable {
  readonly #gpu: Gpu;
  readonly #variable: BufferSlice;
  readonly #hooks: CheckpointHooks;
  readonly #staging: BufferSlice;
  #isBusy = false;
  #lastAtMs = performance.now();
  /** Copied, but its last loss is still on its way. */
  #ready: Checkpoint | undefined;
  #reported = 0;

  constructor(gpu: Gpu, { variable }: Pick<TransferObjective, 'variable'>, hooks: CheckpointHooks) {
    this.#gpu = gpu;
    this.#variable = variable;
    this.#hooks = hooks;
    const usage = bufferUsage.mapRead | bufferUsage.copyDestination;
    this.#staging = gpu.buffers.allocate('checkpoint', variable.sizeBytes, usage);
  }

  /** To be called between two steps, when all of the one before is submitted: copies the variable if a checkpoint is due. */
  afterStep(place: RunPlace): void {
    if (this.#isBusy || performance.now() - this.#lastAtMs < this.#hooks.everyMs) return;
    this.#isBusy = true;
    // A copy that fails has lost its device, which the run notices by itself.
    this.#copy(place).catch(() => {});
  }

  /** The losses up to this evaluation are reported. */
  reported(evaluation: number): void {
    this.#reported = evaluation;
    this.#keepIfReported();
  }

  [Symbol.dispose](): void {
    this.#gpu.buffers.release(this.#staging);
  }

  async #copy(place: RunPlace): Promise<void> {
    const { device } = this.#gpu;
    const { buffer, offsetBytes, sizeBytes } = this.#variable;
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offsetBytes, this.#staging.buffer, 0, sizeBytes);
    device.queue.submit([encoder.finish()]);
    await this.#staging.buffer.mapAsync(1);
    const variable = new Float32Array(this.#staging.buffer.getMappedRange().slice(0));
    this.#staging.buffer.unmap();
    this.#isBusy = false;
    this.#lastAtMs = performance.now();
    if (!variable.every(Number.isFinite)) return;
    this.#ready = { variable, place };
    this.#keepIfReported();
  }

  #keepIfReported(): void {
    if (this.#ready === undefined || this.#reported < this.#ready.place.evaluation) return;
    this.#hooks.keep(this.#ready);
    this.#ready = undefined;
  }
}
