/** A recent copy of the picture on the host, fetched beside the run, so that a lost device or a reload loses little. */

import { type BufferSlice, bufferUsage } from '../../core/buffers.ts';
import type { Gpu } from '../../core/gpu.ts';
import type { TransferObjective } from '../../objective/objective.ts';
import type { ObjectiveOptions } from '../../objective/options.ts';
import { toPixels } from '../../objective/variable.ts';
import type { Checkpoint, RunPlace } from '../../transfer/run.ts';

const intervalMs = 2000;

export class HostCopy implements Disposable {
  readonly #gpu: Gpu;
  readonly #objective: TransferObjective;
  readonly #variable: ObjectiveOptions['variable'];
  readonly #staging: BufferSlice;
  readonly #onCopy: (copy: Checkpoint) => void;
  #isBusy = false;
  #lastAtMs = performance.now();

  constructor(
    gpu: Gpu,
    objective: TransferObjective,
    variable: ObjectiveOptions['variable'],
    onCopy: (copy: Checkpoint) => void,
  ) {
    this.#gpu = gpu;
    this.#objective = objective;
    this.#variable = variable;
    this.#onCopy = onCopy;
    const usage = bufferUsage.mapRead | bufferUsage.copyDestination;
    this.#staging = gpu.buffers.allocate('host copy', objective.variable.sizeBytes, usage);
  }

  /** Fetches the picture as it is now, if the last copy is old enough; nothing waits for it. */
  request(place: RunPlace): void {
    if (this.#isBusy || performance.now() - this.#lastAtMs < intervalMs) return;
    this.#isBusy = true;
    // A copy that fails has lost its device, which the run notices by itself.
    this.#copy(place).catch(() => {});
  }

  async #copy({ evaluation, phase, step }: RunPlace): Promise<void> {
    const { device } = this.#gpu;
    const { variable, pictureSize } = this.#objective;
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(variable.buffer, variable.offsetBytes, this.#staging.buffer, 0, variable.sizeBytes);
    device.queue.submit([encoder.finish()]);
    await this.#staging.buffer.mapAsync(1);
    const values = new Float32Array(this.#staging.buffer.getMappedRange());
    const picture = { ...pictureSize, pixels: toPixels(values, this.#variable) };
    this.#staging.buffer.unmap();
    this.#isBusy = false;
    this.#lastAtMs = performance.now();
    if (picture.pixels.every(Number.isFinite)) this.#onCopy({ picture, place: { evaluation, phase, step } });
  }

  [Symbol.dispose](): void {
    this.#gpu.buffers.release(this.#staging);
  }
}
