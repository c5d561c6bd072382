/** A network's weights on the device, in the form each layer's kernels read, made once per network. */

import { BufferScope, type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { Program } from '../core/program.ts';
import {
  type Conv2dVariant,
  chooseConv2dVariant,
  type Direction,
  type PaddingMode,
  packConv2dWeight,
  packedWeightBytes,
} from '../kernels/conv2d.ts';
import { paddedChannels } from '../kernels/elementwise.ts';
import { backendOf } from '../kernels/family.ts';
import { im2colWeightBytes, packIm2colWeight } from '../kernels/im2col.ts';
import { recordWinogradWeights, winogradWeightBytes } from '../kernels/winograd.ts';
import { conv2dShapeOf } from './pass.ts';
import { type ActivationOptions, paddingModeOf } from './plan.ts';
import { type ConvLayer, kernelSize } from './vgg.ts';

/** One convolution's weights on the host: weight [out, in, 3, 3] as PyTorch has it, bias [out]. */
export interface ConvWeights {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** One convolution's weights on the device. */
export interface DeviceConvWeights {
  readonly bias: BufferSlice;
  readonly forward: BufferSlice;
  readonly backward: BufferSlice;
}

const directions: readonly Direction[] = ['forward', 'backward'];

/**
 * The variant of a layer's direction, as the executor will choose it. The form of the weights depends on it, so it must not
 * depend on the picture's size; how the first layer pads, it may depend on.
 */
function variantOf(layer: ConvLayer, direction: Direction, { backend, paddingMode }: ActivationOptions): Conv2dVariant {
  const anySize = { height: 16, width: 16 };
  const shape = conv2dShapeOf(layer, anySize, paddingModeOf(layer.name, paddingMode));
  return chooseConv2dVariant(shape, direction, backend, layer.name);
}

const kernel = { kernelHeight: kernelSize, kernelWidth: kernelSize };

function weightSetBytes(layer: ConvLayer, direction: Direction, options: ActivationOptions): number {
  const { inChannels, outChannels } = layer;
  const variant = variantOf(layer, direction, options);
  switch (variant.family) {
    case 'direct':
    case 'tiles':
      return packedWeightBytes(inChannels, outChannels, kernelSize ** 2);
    case 'im2col':
      return im2colWeightBytes({ ...layer, ...kernel }, direction);
    case 'winograd':
      return winogradWeightBytes(variant.tile, inChannels, outChannels);
  }
}

/** Bytes that `DeviceWeights` will hold for these layers. */
export function deviceWeightBytes(layers: readonly ConvLayer[], options: ActivationOptions): number {
  return layers.reduce((sum, layer) => {
    const sets = directions.map((direction) => weightSetBytes(layer, direction, options));
    return sets.reduce((a, b) => a + b, sum + paddedChannels(layer.outChannels) * bytesPerFloat);
  }, 0);
}

export class DeviceWeights implements Disposable {
  readonly #scope: BufferScope;
  readonly #layers: ReadonlyMap<string, DeviceConvWeights>;

  private constructor(scope: BufferScope, layers: ReadonlyMap<string, DeviceConvWeights>) {
    this.#scope = scope;
    this.#layers = layers;
  }

  /**
   * Uploads and transforms the weights of `layers`, for executors that pad the first convolution as `paddingMode` says. The
   * caller owns the result.
   *
   * @throws ShapeError when a layer's weights are missing or have the wrong size.
   */
  static async create(
    gpu: Gpu,
    layers: readonly ConvLayer[],
    weights: ReadonlyMap<string, ConvWeights>,
    paddingMode: PaddingMode,
  ): Promise<DeviceWeights> {
    const options = { backend: backendOf(gpu), paddingMode };
    const scope = new BufferScope(gpu.buffers);
    try {
      const made = new Map<string, DeviceConvWeights>();
      await gpu.checked('uploading the weights', () => {
        for (const layer of layers) {
          made.set(layer.name, uploadLayer(gpu, scope, options, layer, weightsOf(layer, weights)));
        }
      });
      return new DeviceWeights(scope, made);
    } catch (error) {
      scope[Symbol.dispose]();
      throw error;
    }
  }

  /** @throws ShapeError for a layer that was not uploaded. */
  layer(name: string): DeviceConvWeights {
    const found = this.#layers.get(name);
    if (found === undefined) {
      throw new ShapeError(
        `weights of ${name} are not on the device; ${[...this.#layers.keys()].at(-1)} is the deepest`,
      );
    }
    return found;
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

function weightsOf(layer: ConvLayer, weights: ReadonlyMap<string, ConvWeights>): ConvWeights {
  const found = weights.get(layer.name);
  const expected = layer.outChannels * layer.inChannels * kernelSize ** 2;
  if (found?.weight.length !== expected || found.bias.length !== layer.outChannels) {
    throw new ShapeError(
      `weights of ${layer.name}: expected ${expected} values and ${layer.outChannels} biases, ` +
        `got ${found?.weight.length ?? 'none'} and ${found?.bias.length ?? 'none'}`,
    );
  }
  return found;
}

function uploadLayer(
  gpu: Gpu,
  scope: BufferScope,
  options: ActivationOptions,
  layer: ConvLayer,
  weights: ConvWeights,
): DeviceConvWeights {
  const bias = scope.upload(`${layer.name} bias`, Float32Array.from(weights.bias));
  const upload = (direction: Direction): BufferSlice =>
    uploadConvWeight(gpu, scope, {
      layer,
      direction,
      variant: variantOf(layer, direction, options),
      weights,
    });
  return { bias, forward: upload('forward'), backward: upload('backward') };
}

/** Uploads one direction's weights in the form that a variant reads; `scope` owns them. */
export function uploadConvWeight(
  gpu: Gpu,
  scope: BufferScope,
  options: {
    readonly layer: ConvLayer;
    readonly direction: Direction;
    readonly variant: Conv2dVariant;
    readonly weights: ConvWeights;
  },
): BufferSlice {
  const { layer, direction } = options;
  const { weight, bias } = options.weights;
  const { inChannels, outChannels } = layer;
  const shape = { inChannels, outChannels, ...kernel };
  const label = `${layer.name} ${direction} weights`;
  if (options.variant.family === 'im2col') {
    return scope.upload(label, packIm2colWeight(weight, bias, shape, direction));
  }
  if (options.variant.family !== 'winograd') {
    return scope.upload(label, packConv2dWeight(weight, shape, direction === 'backward'));
  }
  // The untransformed copy lives only until the submit.
  using temporary = new BufferScope(gpu.buffers);
  using program = new Program(gpu, 'winograd weights');
  const source = temporary.upload('untransformed weights', packConv2dWeight(weight, shape));
  const { tile } = options.variant;
  const transformed = scope.allocate(label, winogradWeightBytes(tile, inChannels, outChannels));
  recordWinogradWeights(program, { tile, source, transformed, inChannels, outChannels, direction });
  gpu.submit([program]);
  return transformed;
}
