/**
 * Carries losses to the host late: each evaluation copies its own into a staging buffer, which is mapped when it is due. Several
 * evaluations may share a buffer, so that a fast run is not held up by more readbacks than anyone looks at.
 */

import { type BufferSlice, bufferUsage, bytesPerFloat } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { Patience } from '../core/patience.ts';

/** The losses of one evaluation, with what the caller tagged it with. */
export interface ReadLosses<Tag> {
  readonly tag: Tag;
  readonly values: readonly number[];
}

interface Batch<Tag> {
  readonly staging: BufferSlice;
  readonly tags: Tag[];
  submittedAtMs: number;
}

/** Evaluations that share a buffer at most, where they may. */
const mostPerBatch = 64;

export class LossReadback<Tag> implements Disposable {
  readonly #gpu: Gpu;
  readonly #losses: BufferSlice;
  readonly #sizeBytes: number;
  readonly #everyMs: number;
  readonly #free: BufferSlice[];
  readonly #closed: Batch<Tag>[] = [];
  readonly #patience = new Patience();
  #open: Batch<Tag> | undefined;
  #closedAtMs = Number.NEGATIVE_INFINITY;
  #lastDoneAtMs = 0;

  constructor(options: {
    readonly gpu: Gpu;
    /** Where every evaluation leaves its losses. */
    readonly losses: BufferSlice;
    /** How many there are. */
    readonly count: number;
    /** Batches that may wait at once. */
    readonly batches: number;
    /** Least time between two readbacks; 0 reads each evaluation by itself. */
    readonly everyMs: number;
  }) {
    this.#gpu = options.gpu;
    this.#losses = options.losses;
    this.#sizeBytes = options.count * bytesPerFloat;
    this.#everyMs = options.everyMs;
    const perBatch = options.everyMs > 0 ? mostPerBatch : 1;
    const usage = bufferUsage.mapRead | bufferUsage.copyDestination;
    this.#free = Array.from({ length: options.batches }, () =>
      this.#gpu.buffers.allocate('loss readback', perBatch * this.#sizeBytes, usage),
    );
  }

  /** Batches that wait to be read. */
  get waiting(): number {
    return this.#closed.length;
  }

  /** Lets `send` submit an evaluation together with the copy of its losses. @throws ShapeError when every batch waits. */
  async submit(tag: Tag, send: (copy: (encoder: GPUCommandEncoder) => void) => Promise<void>): Promise<void> {
    const batch = this.#openBatch();
    const { buffer } = batch.staging;
    const offset = batch.tags.length * this.#sizeBytes;
    await send((encoder) => {
      encoder.copyBufferToBuffer(this.#losses.buffer, this.#losses.offsetBytes, buffer, offset, this.#sizeBytes);
    });
    if (batch.tags.length === 0) batch.submittedAtMs = performance.now();
    batch.tags.push(tag);
    const isFull = offset + 2 * this.#sizeBytes > batch.staging.sizeBytes;
    if (isFull || performance.now() - this.#closedAtMs >= this.#everyMs) this.close();
  }

  /** Lets what was submitted be read without waiting for more. */
  close(): void {
    if (this.#open === undefined || this.#open.tags.length === 0) return;
    this.#closed.push(this.#open);
    this.#open = undefined;
    this.#closedAtMs = performance.now();
  }

  /** The losses of the oldest batch, in order; waits for the device. Empty where none waits. */
  async readOldest(): Promise<readonly ReadLosses<Tag>[]> {
    const [oldest] = this.#closed;
    if (oldest === undefined) return [];
    const { buffer } = oldest.staging;
    const startedAtMs = Math.max(this.#lastDoneAtMs, oldest.submittedAtMs);
    try {
      await this.#patience.wait(this.#gpu, startedAtMs, () => buffer.mapAsync(1));
    } catch (error) {
      this.#gpu.assertHealthy();
      throw error;
    }
    const values = Array.from(new Float32Array(buffer.getMappedRange()));
    buffer.unmap();
    this.#closed.shift();
    this.#free.push(oldest.staging);
    this.#lastDoneAtMs = performance.now();
    const count = this.#sizeBytes / bytesPerFloat;
    return oldest.tags.map((tag, index) => ({ tag, values: values.slice(index * count, (index + 1) * count) }));
  }

  [Symbol.dispose](): void {
    const open = this.#open === undefined ? [] : [this.#open];
    for (const { staging } of [...this.#closed.splice(0), ...open]) this.#free.push(staging);
    this.#open = undefined;
    for (const staging of this.#free.splice(0)) this.#gpu.buffers.release(staging);
  }

  #openBatch(): Batch<Tag> {
    if (this.#open !== undefined) return this.#open;
    const staging = this.#free.pop();
    if (staging === undefined) throw new ShapeError('an evaluation was submitted while every readback of losses waits');
    this.#open = { staging, tags: [], submittedAtMs: 0 };
    return this.#open;
  }
}
