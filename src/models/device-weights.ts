/** A network's weights on the device, in the form that the chosen kernels read. */

import { BufferScope, type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { type Conv2dVariant, type ConvWeights, type Direction, uploadConv2dWeights } from '../kernels/conv2d.ts';
import { paddedChannels } from '../kernels/elementwise.ts';
import type { ChosenKernels, LayerKernels } from './chosen-kernels.ts';
import type { ConvLayer } from './layers.ts';

export type { ConvWeights } from '../kernels/conv2d.ts';

/** A network's weights on the host. */
export interface HostWeights {
  /** By layer name, at least to the deepest in use. */
  readonly layers: ReadonlyMap<string, ConvWeights>;
  /** Whether the average pools that they were trained with divide by cells of the padding too; so they do when absent. */
  readonly averageCountsPadding?: boolean | undefined;
}

/** Bytes that `DeviceWeights` hold for these kernels. */
export function deviceWeightBytes(kernels: ChosenKernels): number {
  return kernels.layers.reduce((sum, { layer, shape, variants }) => {
    const sets = kernels.directions.map((direction) => variants[direction].weightBytes({ shape, direction }));
    return sets.reduce((a, b) => a + b, sum + paddedChannels(layer.outChannels) * bytesPerFloat);
  }, 0);
}

/** One set of weights with the variant that it was made for; biases are the same for all. */
interface WeightSet {
  readonly variant: Conv2dVariant | undefined;
  readonly scope: BufferScope;
  readonly slice: BufferSlice;
}

export class DeviceWeights implements Disposable {
  readonly #gpu: Gpu;
  readonly #weights: HostWeights;
  /** By the label of the buffer. */
  readonly #sets = new Map<string, WeightSet>();
  #kernels: ChosenKernels;

  private constructor(gpu: Gpu, weights: HostWeights, kernels: ChosenKernels) {
    this.#gpu = gpu;
    this.#weights = weights;
    this.#kernels = kernels;
  }

  /**
   * Uploads the weights of the layers that kernels were chosen for. The caller owns the result; `weights` are kept for `fit`.
   *
   * @throws ShapeError when a layer's weights are missing or have the wrong size.
   */
  static async create(gpu: Gpu, weights: HostWeights, kernels: ChosenKernels): Promise<DeviceWeights> {
    const made = new DeviceWeights(gpu, weights, kernels);
    try {
      await made.fit(kernels);
      return made;
    } catch (error) {
      made[Symbol.dispose]();
      throw error;
    }
  }

  /** Whether average pools divide by cells of the padding too. */
  get averageCountsPadding(): boolean {
    return this.#weights.averageCountsPadding ?? true;
  }

  /** What the weights are made for, and so what runs with them. */
  get kernels(): ChosenKernels {
    return this.#kernels;
  }

  /**
   * Makes them anew where other kernels read another form, as at another scale of the picture; the rest stays. Whatever was recorded with
   * them must be gone.
   *
   * @throws ShapeError as `create`.
   */
  async fit(kernels: ChosenKernels): Promise<void> {
    await this.#gpu.checked('uploading the weights', () => {
      for (const chosen of kernels.layers) this.#fitLayer(chosen, kernels.directions);
    });
    this.#kernels = kernels;
  }

  /** What of a convolution is read, by direction; `bias` in the forward one. @throws ShapeError for what was not uploaded. */
  layer(name: string, which: Direction | 'bias'): BufferSlice {
    const found = this.#sets.get(labelOf(name, which));
    if (found !== undefined) return found.slice;
    const { layers, directions } = this.#kernels;
    throw new ShapeError(
      `${labelOf(name, which)} are not on the device; ${layers.at(-1)?.layer.name} is the deepest, ${directions.join(' and ')}`,
    );
  }

  [Symbol.dispose](): void {
    for (const { scope } of this.#sets.values()) scope[Symbol.dispose]();
    this.#sets.clear();
  }

  #fitLayer({ layer, shape, variants }: LayerKernels, directions: readonly Direction[]): void {
    const weights = weightsOf(layer, this.#weights.layers);
    this.#fitSet(labelOf(layer.name, 'bias'), undefined, (label, scope) =>
      scope.upload(label, Float32Array.from(weights.bias)),
    );
    for (const direction of directions) {
      const variant = variants[direction];
      this.#fitSet(labelOf(layer.name, direction), variant, (label, scope) =>
        uploadConv2dWeights(this.#gpu, scope, { label, variant, problem: { shape, direction }, weights }),
      );
    }
  }

  #fitSet(
    label: string,
    variant: Conv2dVariant | undefined,
    upload: (label: string, scope: BufferScope) => BufferSlice,
  ): void {
    const old = this.#sets.get(label);
    if (old !== undefined && old.variant === variant) return;
    // The old form goes first, so that no more is held at a time than was planned.
    old?.scope[Symbol.dispose]();
    this.#sets.delete(label);
    const scope = new BufferScope(this.#gpu.buffers);
    try {
      this.#sets.set(label, { variant, scope, slice: upload(label, scope) });
    } catch (error) {
      scope[Symbol.dispose]();
      throw error;
    }
  }
}

function labelOf(layer: string, which: string): string {
  return `${layer} ${which} weights`;
}

function weightsOf(layer: ConvLayer, weights: ReadonlyMap<string, ConvWeights>): ConvWeights {
  const found = weights.get(layer.name);
  const [height, width] = layer.kernel;
  const expected = layer.outChannels * layer.inChannels * height * width;
  if (found?.weight.length !== expected || found.bias.length !== layer.outChannels) {
    throw new ShapeError(
      `weights of ${layer.name}: expected ${expected} values and ${layer.outChannels} biases, ` +
        `got ${found?.weight.length ?? 'none'} and ${found?.bias.length ?? 'none'}`,
    );
  }
  return found;
}
