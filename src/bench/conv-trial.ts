/**
 * One direction of a convolution on random numbers, with every variant that the adapter can run: what `impasto tune` and the
 * benchmark check and time. Nothing here decides what is right or fast.
 */

import { type BufferScope, type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import type { Gpu } from '../core/gpu.ts';
import type { Program } from '../core/program.ts';
import { randomStream } from '../images/random.ts';
import {
  type Conv2dProblem,
  type Conv2dVariant,
  type ConvWeights,
  conv2dOutputSize,
  conv2dVariants,
  type Epilogue,
  recordConv2d,
  uploadConv2dWeights,
} from '../kernels/conv2d.ts';
import { paddedChannels } from '../kernels/elementwise.ts';
import { lanesOf } from '../kernels/family.ts';

type Floats = Float32Array<ArrayBuffer>;

/** A prime, so that repeated numbers do not line up with any row or channel. */
const distinctValues = 65_537;

/** Uniform numbers in −1..1; they repeat after a while, since large maps take long to draw. */
export function randomValues(count: number, seed: number): Floats {
  const random = randomStream(seed);
  const base = Float32Array.from({ length: Math.min(count, distinctValues) }, () => 2 * random.nextFloat() - 1);
  const values = new Float32Array(count);
  for (let start = 0; start < count; start += base.length) {
    values.set(base.subarray(0, Math.min(base.length, count - start)), start);
  }
  return values;
}

/** Half of them 0, as after a ReLU. */
export function rectifiedValues(count: number, seed: number): Floats {
  return randomValues(count, seed).map((value) => Math.max(value, 0));
}

/** [pixels, padded channels] with zeros in the padding. */
function padded(values: Floats, channels: number): Floats {
  const width = paddedChannels(channels);
  return width === channels ? values : values.map((value, index) => (index % width < channels ? value : 0));
}

/** What a convolution reads, on the host. */
export interface ConvTrialValues extends ConvWeights {
  /** Forward the input, backward the gradient of the output; [pixels, padded channels] */
  readonly source: Floats;
  /** The input of the layer, whose zeros mask the gradient. */
  readonly activation: Floats;
}

export function convTrialValues({ shape, direction }: Conv2dProblem): ConvTrialValues {
  const { inChannels, outChannels } = shape;
  const { height, width } = conv2dOutputSize(shape);
  const [inside, outside] = [shape.inHeight * shape.inWidth, height * width];
  const [sourceChannels, pixels] = direction === 'forward' ? [inChannels, inside] : [outChannels, outside];
  return {
    weight: randomValues(inChannels * outChannels * shape.kernelHeight * shape.kernelWidth, 1),
    bias: randomValues(outChannels, 3),
    source: padded(randomValues(pixels * paddedChannels(sourceChannels), 2), sourceChannels),
    activation: padded(rectifiedValues(inside * paddedChannels(inChannels), 4), inChannels),
  };
}

/** The data of a trial on the device. */
export class ConvTrial {
  readonly output: BufferSlice;
  /** Of the maps and the bias. */
  readonly bufferBytes: number;
  readonly #problem: Conv2dProblem;
  readonly #values: ConvTrialValues;
  readonly #source: BufferSlice;
  readonly #epilogue: Epilogue;

  /** Uploads into `scope`. @param mask whether the backward pass is masked by the activation. */
  constructor(
    scope: BufferScope,
    options: { readonly problem: Conv2dProblem; readonly values: ConvTrialValues; readonly mask: boolean },
  ) {
    const { problem, values } = options;
    const { shape, direction } = problem;
    const { height, width } = conv2dOutputSize(shape);
    const made =
      direction === 'forward'
        ? height * width * paddedChannels(shape.outChannels)
        : shape.inHeight * shape.inWidth * paddedChannels(shape.inChannels);
    this.#problem = problem;
    this.#values = values;
    this.#source = scope.upload('source', values.source);
    this.output = scope.allocate('output', made * bytesPerFloat);
    this.#epilogue =
      direction === 'forward'
        ? { direction, bias: scope.upload('bias', Float32Array.from(values.bias)), relu: true }
        : {
            direction,
            accumulate: false,
            activation: options.mask ? scope.upload('activation', values.activation) : undefined,
          };
    const rest = this.#epilogue.direction === 'forward' ? this.#epilogue.bias : this.#epilogue.activation;
    this.bufferBytes = this.#source.sizeBytes + this.output.sizeBytes + (rest?.sizeBytes ?? 0);
  }

  /** Records a variant; `scope` owns its weights and scratch. */
  record(program: Program, scope: BufferScope, variant: Conv2dVariant): void {
    const { shape, direction } = this.#problem;
    const label = `conv2d_${direction}`;
    const problem = this.#problem;
    const weight = uploadConv2dWeights(program.gpu, scope, { label, variant, problem, weights: this.#values });
    const scratch = variant.scratchBytes(problem).map((bytes) => scope.allocate('scratch', bytes));
    const maps = { source: this.#source, output: this.output };
    recordConv2d(program, variant, { label, shape, ...maps, weight, scratch, epilogue: this.#epilogue });
  }
}

/** The variants of a problem that an adapter can run, `direct` first. */
export function trialVariants(gpu: Gpu, problem: Conv2dProblem): readonly Conv2dVariant[] {
  return conv2dVariants(problem, lanesOf(gpu.profile));
}
