/**
 * The hot operations of a VGG on random numbers, as problems whose every variant can be checked and timed. Nothing here
 * decides what is right or fast: `tune.ts` does.
 */

import { ConvTrial, convTrialValues, randomValues, rectifiedValues, trialVariants } from '../bench/conv-trial.ts';
import { type BufferScope, type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import type { Gpu } from '../core/gpu.ts';
import type { Program } from '../core/program.ts';
import { type Conv2dProblem, conv2dOperation } from '../kernels/conv2d.ts';
import { lanesOf } from '../kernels/family.ts';
import { type GramShape, gramOperation, gramVariants, recordGramBackward, recordGramForward } from '../kernels/gram.ts';
import { conv2dShapeOf } from '../models/build-pass.ts';
import type { ConvLayer } from '../models/layers.ts';
import { layersOf } from '../models/networks.ts';
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
  /** Of the map, height times width. */
  readonly positions: number;
  /** Uploads the data into `scope`. */
  make(gpu: Gpu, scope: BufferScope): TuneProblem;
}

/** Every convolution of VGG19, in both directions (VGG16's are among them), and the Gram matrix of each block, for a square picture. */
export function tuneSubjects(size: number): readonly TuneSubject[] {
  const byShape = new Map<string, { readonly layer: ConvLayer; readonly side: number; readonly names: string[] }>();
  let side = size;
  for (const layer of layersOf('vgg19')) {
    if (layer.kind === 'concat') continue;
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
      positions: edge ** 2,
      make: (gpu: Gpu, scope: BufferScope) =>
        makeConvolution(gpu, scope, {
          shape: conv2dShapeOf(layer, { height: edge, width: edge }, 'zeros'),
          direction,
        }),
    })),
  );
  const grams = [64, 128, 256, 512].map((channels, block) => {
    const edge = Math.floor(size / 2 ** block);
    return {
      operations: [gramOperation(channels)],
      shape: `${channels}, ${edge}x${edge}`,
      positions: edge ** 2,
      make: (gpu: Gpu, scope: BufferScope) => makeGram(gpu, scope, { channels, positions: edge * edge }),
    };
  });
  return [...convolutions, ...grams];
}

function makeConvolution(gpu: Gpu, scope: BufferScope, problem: Conv2dProblem): TuneProblem {
  const values = convTrialValues(problem);
  const trial = new ConvTrial(scope, { problem, values, mask: true });
  return {
    outputs: [{ slice: trial.output, samples: conv2dSamples(problem, values) }],
    variants: trialVariants(gpu, problem).map((variant) => ({
      name: variant.name,
      record: (program, own) => trial.record(program, own, variant),
    })),
  };
}

function makeGram(gpu: Gpu, scope: BufferScope, shape: GramShape): TuneProblem {
  const { channels, positions } = shape;
  const scale = 1 / positions;
  const values = rectifiedValues(positions * channels, 5);
  const gradient = symmetric(randomValues(channels ** 2, 6), channels);
  const feature = scope.upload('tune feature', values);
  const gradGram = scope.upload('tune gradient', gradient);
  const gram = scope.allocate('tune gram', channels ** 2 * bytesPerFloat);
  const gradFeature = scope.allocate('tune output', positions * channels * bytesPerFloat);
  const samples = gramSamples({ ...shape, feature: values, gradGram: gradient, scale });
  const variants = gramVariants(shape, lanesOf(gpu.profile)).map((variant) => ({
    name: variant.name,
    record: (program: Program, own: BufferScope) => {
      const scratch = own.allocate('tune scratch', variant.scratchBytes(shape));
      recordGramForward(program, variant, { shape, feature, scratch, output: gram, scale });
      recordGramBackward(program, variant, { shape, feature, gradGram, gradFeature, accumulate: false });
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
