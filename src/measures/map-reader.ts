/** Feature maps of pictures of one size, brought to the host. */

import { BufferScope, type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { LimitError, ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { Program } from '../core/program.ts';
import type { Size } from '../images/resize.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import { recordNormaliseForward } from '../kernels/normalise.ts';
import { buildPass } from '../models/build-pass.ts';
import type { ChosenKernels } from '../models/chosen-kernels.ts';
import type { DeviceWeights } from '../models/device-weights.ts';
import { NetworkExecutor } from '../models/executor.ts';
import { type Pass, tapMap } from '../models/pass.ts';
import { planActivations } from '../models/plan.ts';
import { networkInputOf } from '../objective/variable.ts';
import type { FeatureValues } from './feature-statistics.ts';

/**
 * VGG16 up to the deepest of the taps, as torchvision runs it: zeros at the edges, max pooling, f32; `picture` is for errors.
 *
 * @throws InputError where the picture is too small for the taps.
 */
export function measuredPass(size: Size, taps: readonly string[], picture: string): Pass {
  const { width, height } = size;
  return buildPass({ network: 'vgg16', width, height, taps, backward: false, picture });
}

/** @throws LimitError where a map of the pass is larger than a buffer of the adapter may be. */
export function checkPassLimits(gpu: Gpu, pass: Pass, kernels: ChosenKernels, picture: string): void {
  for (const { sizeBytes, names } of planActivations(pass, kernels).slots) {
    for (const limit of ['maxStorageBufferBindingSize', 'maxBufferSize'] as const) {
      const available = gpu.limits[limit];
      if (sizeBytes <= available) continue;
      const { width, height } = pass.input;
      const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
      throw new LimitError({
        limit,
        needed: sizeBytes,
        available,
        message:
          `the ${picture} at ${width}x${height} needs ${mebibytes(sizeBytes)} in one buffer (${names[0] ?? 'feature map'}), the adapter's ` +
          `${limit} allows ${mebibytes(available)}; measure a smaller copy of the image`,
      });
    }
  }
}

export class MapReader implements Disposable {
  readonly #gpu: Gpu;
  readonly #pass: Pass;
  readonly #executor: NetworkExecutor;
  readonly #scope: BufferScope;
  readonly #program: Program;
  readonly #pixels: BufferSlice;

  private constructor(gpu: Gpu, pass: Pass, executor: NetworkExecutor) {
    this.#gpu = gpu;
    this.#pass = pass;
    this.#executor = executor;
    this.#scope = new BufferScope(gpu.buffers);
    this.#program = new Program(gpu, 'measured maps');
    const pixels = pass.input.width * pass.input.height;
    this.#pixels = this.#scope.allocate('measured picture', pixels * 3 * bytesPerFloat);
    recordNormaliseForward(this.#program, {
      input: this.#pixels,
      output: executor.input,
      pixels,
      ...networkInputOf('pixels'),
    });
    executor.record(this.#program);
  }

  /** Takes its buffers and records the pass. The caller owns the result; `weights` stay the caller's. @throws DeviceError. */
  static async create(gpu: Gpu, weights: DeviceWeights, pass: Pass): Promise<MapReader> {
    const executor = await NetworkExecutor.create(gpu, weights, { pass, pooling: 'max' });
    try {
      return await gpu.checked('recording the network', () => new MapReader(gpu, pass, executor));
    } catch (error) {
      executor[Symbol.dispose]();
      throw error;
    }
  }

  /** The maps at the taps, by name. @throws ShapeError for a picture of another size, DeviceError. */
  async read({ width, height, pixels }: RgbImage): Promise<ReadonlyMap<string, FeatureValues>> {
    const { input, taps } = this.#pass;
    if (width !== input.width || height !== input.height) {
      throw new ShapeError(`the maps of ${input.width}x${input.height} pictures cannot be read at ${width}x${height}`);
    }
    const gpu = this.#gpu;
    gpu.device.queue.writeBuffer(this.#pixels.buffer, this.#pixels.offsetBytes, Float32Array.from(pixels));
    await gpu.submitPaced([this.#program]);
    const maps = new Map<string, FeatureValues>();
    for (const tap of taps.keys()) {
      const { channels } = tapMap(this.#pass, tap);
      maps.set(tap, { channels, values: await gpu.read(this.#executor.tap(tap)) });
    }
    return maps;
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
    this.#scope[Symbol.dispose]();
    this.#executor[Symbol.dispose]();
  }
}
