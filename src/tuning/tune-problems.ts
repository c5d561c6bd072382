/**
 * The hot operations of a VGG on random numbers, as problems whose every variant can be checked and timed. Nothing here
 * decides what is right or fast: `tune.ts` does.
 */

import { type BufferScope, type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import type { Gpu } from '../core/gpu.ts';
import type { Program } from '../core/program.ts';
import { randomStream } from '../images/random.ts';
import {
  type Conv2dShape,
  conv2dOperation,
  conv2dScratchBytes,
  conv2dVariantName,
  conv2dVariants,
  type Direction,
  recordConv2dBackward,
  recordConv2dForward,
} from '../kernels/conv2d.ts';
import { paddedChannels } from '../kernels/elementwise.ts';
import { lanesOf } from '../kernels/family.ts';
import {
  gramOperation,
  gramScratchBytes,
  gramVariantName,
  gramVariants,
  recordGramBackward,
  recordGramForward,
} from '../kernels/gram.ts';
import { uploadConvWeight } from '../models/device-weights.ts';
import { conv2dShapeOf } from '../models/pass.ts';
import { type ConvLayer, kernelSize, layersOf } from '../models/vgg.ts';
import { conv2dSamples, gramSamples, type Sample } from './tune-samples.ts';

/** One way to solve a problem. */
export interface TuneVariant {
  readonly name: string;
  /** Records it; `scope` owns what it needs besides the problem's buffers. */
  record(program: Program, scope: BufferScope): void;
}

/** A problem with its data on the device. */
export interface TuneProblem {
  /** What each variant writes, and some of its values in f64. */
  readonly outputs: readonly { readonly slice: BufferSlice; readonly samples: readonly Sample[] }[];
  /** `direct` first. */
  readonly variants: readonly TuneVariant[];
}

/** A problem before its data is made. */
export interface TuneSubject {
  /** The operations that the result stands for: layers of one shape share a measurement. */
  readonly operations: readonly string[];
  /** What the problem is, for a person: `64 to 64, 256x256`. */
  readonly shape: string;
  /** Uploads the data into `scope`. */
  make(gpu: Gpu, scope: BufferScope): TuneProblem;
}

/** Every convolution of VGG19, in both directions (VGG16's are among them), and the Gram matrix of each block, for a square picture. */
export function tuneSubjects(size: number): readonly TuneSubject[] {
  const byShape = new Map<string, { readonly layer: ConvLayer; readonly side: number; readonly names: string[] }>();
  let side = size;
  for (const layer of layersOf('vgg19')) {
    if (layer.kind === 'pool') {
      side = Math.floor(side / 2);
      continue;
    }
    const key = `${layer.inChannels} to ${layer.outChannels}, ${side}x${side}`;
    const known = byShape.get(key) ?? { layer, side, names: [] };
    known.names.push(layer.name);
    byShape.set(key, known);
  }
  const convolutions = [...byShape].flatMap(([shape, { layer, side: edge, names }]) =>
    (['forward', 'backward'] as const).map((direction) => ({
      operations: names.map((name) => conv2dOperation(direction, name)),
      shape,
      make: (gpu: Gpu, scope: BufferScope) => makeConvolution(gpu, scope, { layer, direction, side: edge }),
    })),
  );
  const grams = [64, 128, 256, 512].map((channels, block) => {
    const edge = Math.floor(size / 2 ** block);
    return {
      operations: [gramOperation(channels)],
      shape: `${channels}, ${edge}x${edge}`,
      make: (gpu: Gpu, scope: BufferScope) => makeGram(gpu, scope, { channels, positions: edge * edge }),
    };
  });
  return [...convolutions, ...grams];
}

/** A prime, so that repeated numbers do not line up with any row or channel. */
const distinctValues = 65_537;

/** Uniform numbers in −1..1; they repeat after a while, since large maps take long to draw. */
function numbers(count: number, seed: number): Float32Array<ArrayBuffer> {
  const random = randomStream(seed);
  const base = Float32Array.from({ length: Math.min(count, distinctValues) }, () => 2 * random.nextFloat() - 1);
  const values = new Float32Array(count);
  for (let start = 0; start < count; start += base.length) {
    values.set(base.subarray(0, Math.min(base.length, count - start)), start);
  }
  return values;
}

/** Half of them 0, as after a ReLU. */
function rectified(count: number, seed: number): Float32Array<ArrayBuffer> {
  return numbers(count, seed).map((value) => Math.max(value, 0));
}

/** [pixels, padded channels] with zeros in the padding. */
function padded(values: Float32Array<ArrayBuffer>, channels: number): Float32Array<ArrayBuffer> {
  const width = paddedChannels(channels);
  return width === channels ? values : values.map((value, index) => (index % width < channels ? value : 0));
}

function makeConvolution(
  gpu: Gpu,
  scope: BufferScope,
  options: { readonly layer: ConvLayer; readonly direction: Direction; readonly side: number },
): TuneProblem {
  const { layer, direction, side } = options;
  const shape = conv2dShapeOf(layer, { height: side, width: side }, 'zeros');
  const pixels = side * side;
  const [readChannels, madeChannels] =
    direction === 'forward' ? [layer.inChannels, layer.outChannels] : [layer.outChannels, layer.inChannels];
  const weights = {
    weight: numbers(layer.inChannels * layer.outChannels * kernelSize ** 2, 1),
    bias: numbers(layer.outChannels, 3),
  };
  const read = padded(numbers(pixels * paddedChannels(readChannels), 2), readChannels);
  const activation = padded(rectified(pixels * paddedChannels(madeChannels), 4), madeChannels);
  const output = scope.allocate('tune output', pixels * paddedChannels(madeChannels) * bytesPerFloat);
  const buffers = {
    read: scope.upload('tune input', read),
    bias: scope.upload('tune bias', weights.bias),
    activation: scope.upload('tune activation', activation),
    output,
  };
  const samples = conv2dSamples({ shape, direction, read, ...weights, activation });
  const variants = conv2dVariants(shape, direction, lanesOf(gpu.profile)).map((variant) => ({
    name: conv2dVariantName(variant),
    record: (program: Program, own: BufferScope) => {
      const scratch = conv2dScratchBytes(shape, direction, variant).map((sizeBytes) =>
        own.allocate('tune scratch', sizeBytes),
      );
      const weight = uploadConvWeight(gpu, own, { layer, direction, variant, weights });
      recordConvolution(program, direction, buffers, { label: 'tune', variant, shape, weight, scratch });
    },
  }));
  return { outputs: [{ slice: output, samples }], variants };
}

type ConvolutionOptions = Omit<Parameters<typeof recordConv2dForward>[1], 'input' | 'bias' | 'output' | 'relu'>;

function recordConvolution(
  program: Program,
  direction: Direction,
  buffers: Readonly<Record<'read' | 'bias' | 'activation' | 'output', BufferSlice>>,
  options: ConvolutionOptions & { readonly shape: Conv2dShape },
): void {
  const { read, bias, activation, output } = buffers;
  if (direction === 'forward') {
    recordConv2dForward(program, { ...options, input: read, bias, output, relu: true });
    return;
  }
  recordConv2dBackward(program, { ...options, gradOutput: read, gradInput: output, accumulate: false, activation });
}

function makeGram(
  gpu: Gpu,
  scope: BufferScope,
  shape: { readonly channels: number; readonly positions: number },
): TuneProblem {
  const { channels, positions } = shape;
  const scale = 1 / positions;
  const values = rectified(positions * channels, 5);
  const gradient = symmetric(numbers(channels ** 2, 6), channels);
  const feature = scope.upload('tune feature', values);
  const gradGram = scope.upload('tune gradient', gradient);
  const gram = scope.allocate('tune gram', channels ** 2 * bytesPerFloat);
  const gradFeature = scope.allocate('tune output', positions * channels * bytesPerFloat);
  const samples = gramSamples({ ...shape, feature: values, gradGram: gradient, scale });
  const variants = gramVariants(channels, lanesOf(gpu.profile)).map((variant) => ({
    name: gramVariantName(variant),
    record: (program: Program, own: BufferScope) => {
      const scratch = own.allocate('tune scratch', gramScratchBytes(shape, variant));
      recordGramForward(program, { variant, shape, feature, scratch, output: gram, scale });
      recordGramBackward(program, { variant, shape, feature, gradGram, gradFeature, accumulate: false });
    },
  }));
  return {
    outputs: [
      { slice: gram, samples: samples.forward },
      { slice: gradFeature, samples: samples.backward },
    ],
    variants,
  };
}

function symmetric(matrix: Float32Array<ArrayBuffer>, size: number): Float32Array<ArrayBuffer> {
  return matrix.map((value, index) => {
    const [row, column] = [Math.floor(index / size), index % size];
    return row <= column ? value : (matrix[column * size + row] ?? 0);
  });
}
