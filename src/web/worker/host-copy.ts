/** A recent copy of the picture on the host, fetched beside the run, so that a lost device or a reload loses little. */

import { type BufferSlice, bufferUsage } from '../../core/buffers.ts';
import type { Gpu } from '../../core/gpu.ts';
import type { RgbImage } from '../../images/rgb-image.ts';
import type { TransferObjective } from '../../transfer/objective.ts';
import type { ObjectiveOptions } from '../../transfer/options.ts';
import { toPixels } from '../../transfer/variable.ts';

export interface PictureAt {
  readonly picture: RgbImage;
  /** Evaluations spent on it, within this run. */
  readonly evaluation: number;
}

const intervalMs = 2000;

export class HostCopy implements Disposable {
  readonly #gpu: Gpu;
  readonly #objective: TransferObjective;
  readonly #variable: ObjectiveOptions['variable'];
  readonly #staging: BufferSlice;
  readonly #onCopy: (copy: PictureAt) => void;
  #isBusy = false;
  #lastAtMs = performance.now();

  constructor(
    gpu: Gpu,
    objective: TransferObjective,
    variable: ObjectiveOptions['variable'],
    onCopy: (copy: PictureAt) => void,
  ) {
    this.#gpu = gpu;
    this.#objective = objective;
    this.#variable = variable;
    this.#onCopy = onCopy;
    const usage = bufferUsage.mapRead | bufferUsage.copyDestination;
    this.#staging = gpu.buffers.allocate('host copy', objective.variable.sizeBytes, usage);
  }

  /** Fetches the picture as it is now, if the last copy is old enough; nothing waits for it. */
  request(evaluation: number): void {
    if (this.#isBusy || performance.now() - this.#lastAtMs < intervalMs) return;
    this.#isBusy = true;
    // A copy that fails has lost its device, which the run notices by itself.
    this.#copy(evaluation).catch(() => {});
  }

  async #copy(evaluation: number): Promise<void> {
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
    if (picture.pixels.every(Number.isFinite)) this.#onCopy({ picture, evaluation });
  }

  [Symbol.dispose](): void {
    this.#gpu.buffers.release(this.#staging);
  }
}
