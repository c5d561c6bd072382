/** conv2d, forward and backward-data: how a problem becomes a case with its variants. The problems are in `conv2d-problems.ts`. */

import type { Gpu } from '../../src/core/gpu.ts';
import {
  type Conv2dShape,
  type Conv2dVariant,
  conv2dOutputSize,
  conv2dVariantName,
  conv2dVariants,
  type Direction,
  packConv2dWeight,
  recordConv2dBackward,
  recordConv2dForward,
  winogradShapeOf,
} from '../../src/kernels/conv2d.ts';
import { paddedChannels } from '../../src/kernels/elementwise.ts';
import { lanesOf } from '../../src/kernels/family.ts';
import { im2colFits, im2colScratchBytes, packIm2colWeight } from '../../src/kernels/im2col.ts';
import { defaultTile } from '../../src/kernels/tiles.ts';
import {
  recordWinograd,
  recordWinogradWeights,
  type WinogradKernels,
  type WinogradOptions,
  type WinogradShape,
  type WinogradTile,
  winogradScratchBytes,
  winogradWeightBytes,
} from '../../src/kernels/winograd.ts';
import { conv2dBackward, conv2dForward } from '../reference/conv2d.ts';
import { padChannels, padReference } from '../support/layout.ts';
import { floats, rectified, seededRandom, signed, widen } from '../support/random.ts';
import { type BackwardProblem, backwardProblems, type ForwardProblem, forwardProblems } from './conv2d-problems.ts';
import {
  accumulated,
  bytesOf,
  type CaseValues,
  type ElementRule,
  type KernelCase,
  type KernelVariant,
  type Recording,
  type Tolerance,
  unchanged,
  unwrittenBuffer,
} from './kernel-case.ts';

/** Measured at most 2.2e-6 (rms) and 2.7e-5 (max, 512 channels); direct sums of the same lengths err by half of that. */
const winogradTolerance: Tolerance = {
  kind: 'rms',
  max: 5e-5,
  rms: 5e-6,
  reason: "Winograd F(4x4, 3x3) in f32: the transforms' cancellation",
};

/** `x=[5,7,3] w=[8,3,3,3] s=1 p=1 zeros`, the batch left out. */
export function conv2dSignature(shape: Conv2dShape): string {
  const { inHeight, inWidth, inChannels, outChannels, kernelHeight, kernelWidth, stride, padding } = shape;
  const weight = [outChannels, inChannels, kernelHeight, kernelWidth].join(',');
  return `x=[${inHeight},${inWidth},${inChannels}] w=[${weight}] s=${stride} p=${padding} ${shape.paddingMode}`;
}

function costOf(shape: Conv2dShape) {
  const { height, width } = conv2dOutputSize(shape);
  const filters = shape.inChannels * shape.outChannels * shape.kernelHeight * shape.kernelWidth;
  const input = shape.inHeight * shape.inWidth * shape.inChannels;
  const output = height * width * shape.outChannels;
  return { flops: 2 * height * width * filters, leastBytes: bytesOf(filters, input, output), input, output, filters };
}

/** Zero in the padding channels, near the reference elsewhere. */
function paddingRule(channels: number): (index: number) => ElementRule {
  const padded = paddedChannels(channels);
  return (index) => (index % padded < channels ? 'compare' : 'zero');
}

/** The same weights in the forms that the kernels read. */
export function weightInputs(shape: Conv2dShape, weight: Float32Array, bias = new Float32Array(shape.outChannels)) {
  const columns = (direction: Direction) =>
    im2colFits(shape, direction) ? packIm2colWeight(weight, bias, shape, direction) : undefined;
  const [forward, backward] = [columns('forward'), columns('backward')];
  return {
    weight: packConv2dWeight(weight, shape),
    weightTransposed: packConv2dWeight(weight, shape, true),
    ...(forward === undefined ? {} : { weightColumnsForward: forward }),
    ...(backward === undefined ? {} : { weightColumnsBackward: backward }),
  };
}

function makeForward(name: string, problem: ForwardProblem, stored = unchanged): CaseValues {
  const { shape, relu, bias: biasRange } = problem;
  const random = seededRandom(name);
  const cost = costOf(shape);
  const input = stored(floats(cost.input, signed(random)));
  const weight = floats(cost.filters, signed(random));
  const [low, high] = biasRange ?? [-1, 1];
  const bias = floats(shape.outChannels, () => low + (high - low) * random());
  const expected = conv2dForward({ shape, input: widen(input), weight: widen(weight), bias: widen(bias), relu });
  const { inChannels, outChannels } = shape;
  return {
    inputs: {
      ...weightInputs(shape, weight, bias),
      input: padChannels(input, inChannels, paddedChannels(inChannels)),
      bias: padChannels(bias, outChannels, paddedChannels(outChannels)),
    },
    outputs: {
      output: {
        initial: unwrittenBuffer((cost.output / outChannels) * paddedChannels(outChannels)),
        expected: padReference(expected, outChannels, paddedChannels(outChannels)),
        tolerance: accumulated(inChannels * shape.kernelHeight * shape.kernelWidth + 1),
        rule: paddingRule(outChannels),
      },
    },
  };
}

function makeBackward(name: string, problem: BackwardProblem, stored = unchanged): CaseValues {
  const { shape, accumulate, mask } = problem;
  const random = seededRandom(name);
  const cost = costOf(shape);
  const { inChannels, outChannels } = shape;
  const inPadded = paddedChannels(inChannels);
  const gradOutput = floats(cost.output, signed(random));
  const weight = floats(cost.filters, signed(random));
  const old = floats(cost.input, signed(random));
  const activation = stored(floats(cost.input, rectified(random)));
  const expected = conv2dBackward({
    shape,
    gradOutput: widen(gradOutput),
    weight: widen(weight),
    old: accumulate ? widen(old) : undefined,
    activation: mask ? widen(activation) : undefined,
  });
  return {
    inputs: {
      ...weightInputs(shape, weight),
      gradOutput: padChannels(gradOutput, outChannels, paddedChannels(outChannels)),
      ...(mask ? { activation: padChannels(activation, inChannels, inPadded) } : {}),
    },
    outputs: {
      gradInput: {
        initial: accumulate
          ? padChannels(old, inChannels, inPadded)
          : unwrittenBuffer((cost.input / inChannels) * inPadded),
        expected: padReference(expected, inChannels, inPadded),
        tolerance: accumulated(outChannels * shape.kernelHeight * shape.kernelWidth + 1),
        rule: paddingRule(inChannels),
      },
    },
  };
}

/** Records the transform of the weights and returns where they are. */
function transformedWeight(recording: Recording, shape: Conv2dShape, direction: Direction, tile: WinogradTile) {
  const { inChannels, outChannels } = shape;
  const transformed = recording.scratch('transformed weight', winogradWeightBytes(tile, inChannels, outChannels));
  const source = recording.buffer('weight');
  recordWinogradWeights(recording.preparation, { tile, source, transformed, inChannels, outChannels, direction });
  return transformed;
}

/** The two scratch buffers of Winograd. */
function winogradScratch(recording: Recording, shape: WinogradShape, kernels: WinogradKernels, bands?: number) {
  const sizeBytes = winogradScratchBytes(shape, kernels, bands);
  return [recording.scratch('transformed', sizeBytes), recording.scratch('product', sizeBytes)] as const;
}

/** Bands of one tile row and of two wherever a picture has more; the default is one band at the sizes of these cases. */
function bandSizes(shape: Conv2dShape, tile: WinogradTile): readonly number[] {
  return [1, 2].filter((rows) => Math.ceil(shape.inHeight / tile) > rows);
}

/** The tolerance that a variant's arithmetic needs, where it is not the case's. */
function toleranceOf(variant: Conv2dVariant): { readonly tolerance?: Tolerance } {
  return variant.family === 'winograd' ? { tolerance: winogradTolerance } : {};
}

/** What a variant needs besides the case's buffers: its weights and its scratch. */
function weightsOf(recording: Recording, variant: Conv2dVariant, shape: Conv2dShape, direction: Direction) {
  if (variant.family === 'im2col') {
    return {
      weight: recording.buffer(direction === 'forward' ? 'weightColumnsForward' : 'weightColumnsBackward'),
      scratch: [recording.scratch('columns', im2colScratchBytes(shape, direction))],
    };
  }
  if (variant.family !== 'winograd') {
    return { weight: recording.buffer(direction === 'forward' ? 'weight' : 'weightTransposed') };
  }
  return {
    weight: transformedWeight(recording, shape, direction, variant.tile),
    scratch: winogradScratch(recording, winogradShapeOf(shape, direction, variant.tile), variant.kernels),
  };
}

/** Winograd once more for each size of bands that cuts the picture; banding does not know the tile, so one tile will do. */
function bandedVariants(
  variants: readonly Conv2dVariant[],
  shape: Conv2dShape,
  direction: Direction,
  buffers: (recording: Recording) => Omit<WinogradOptions, 'label' | 'kernels' | 'shape' | 'weight' | 'scratch'>,
): readonly KernelVariant[] {
  return variants.flatMap((variant) => {
    if (variant.family !== 'winograd') return [];
    if (variant.kernels.family === 'tiles' && variant.kernels.tile !== defaultTile) return [];
    const { kernels, tile } = variant;
    const winogradShape = winogradShapeOf(shape, direction, tile);
    return bandSizes(shape, tile).map(
      (rows): KernelVariant => ({
        name: `${conv2dVariantName(variant)}, bands of ${rows}`,
        tolerance: winogradTolerance,
        record: (recording) => {
          recordWinograd(recording.program, {
            label: `conv2d_${direction}`,
            kernels,
            shape: winogradShape,
            weight: transformedWeight(recording, shape, direction, tile),
            scratch: winogradScratch(recording, winogradShape, kernels, rows),
            tileRowsPerBand: rows,
            ...buffers(recording),
          });
        },
      }),
    );
  });
}

function forwardVariants({ shape, relu }: ForwardProblem, gpu: Gpu): readonly KernelVariant[] {
  const buffers = ({ buffer }: Recording) => ({
    input: buffer('input'),
    bias: buffer('bias'),
    output: buffer('output'),
    relu,
  });
  const variants = conv2dVariants(shape, 'forward', lanesOf(gpu.profile));
  const whole = variants.map(
    (variant): KernelVariant => ({
      name: conv2dVariantName(variant),
      ...toleranceOf(variant),
      record: (recording) => {
        const weights = weightsOf(recording, variant, shape, 'forward');
        const options = { label: 'conv2d_forward', variant, shape, ...weights, ...buffers(recording) };
        recordConv2dForward(recording.program, options);
      },
    }),
  );
  return [...whole, ...bandedVariants(variants, shape, 'forward', buffers)];
}

function backwardVariants({ shape, accumulate, mask }: BackwardProblem, gpu: Gpu): readonly KernelVariant[] {
  const epilogue = ({ buffer }: Recording) => ({ accumulate, ...(mask ? { activation: buffer('activation') } : {}) });
  const variants = conv2dVariants(shape, 'backward', lanesOf(gpu.profile));
  const whole = variants.map(
    (variant): KernelVariant => ({
      name: conv2dVariantName(variant),
      ...toleranceOf(variant),
      record: (recording) => {
        recordConv2dBackward(recording.program, {
          label: 'conv2d_backward',
          variant,
          shape,
          ...weightsOf(recording, variant, shape, 'backward'),
          gradOutput: recording.buffer('gradOutput'),
          gradInput: recording.buffer('gradInput'),
          ...epilogue(recording),
        });
      },
    }),
  );
  const banded = bandedVariants(variants, shape, 'backward', (recording) => ({
    input: recording.buffer('gradOutput'),
    output: recording.buffer('gradInput'),
    ...epilogue(recording),
  }));
  return [...whole, ...banded];
}

/** The case of a forward problem. */
export function conv2dForwardCase(problem: ForwardProblem): KernelCase {
  const { flops, leastBytes } = costOf(problem.shape);
  const bias = problem.bias === undefined ? '' : ` bias=[${problem.bias.join('..')}]`;
  const name = `conv2d_forward ${conv2dSignature(problem.shape)}${problem.relu ? ' relu' : ''}${bias}`;
  return {
    op: 'conv2d',
    name,
    flops,
    leastBytes: leastBytes + bytesOf(problem.shape.outChannels),
    halves: ['input', 'output'],
    make: (stored) => makeForward(name, problem, stored),
    variants: (gpu) => forwardVariants(problem, gpu),
  };
}

/** The case of a backward problem. */
export function conv2dBackwardCase(problem: BackwardProblem): KernelCase {
  const { flops, leastBytes, input } = costOf(problem.shape);
  const epilogue = `${problem.accumulate ? ' accumulate' : ''}${problem.mask ? ' mask' : ''}`;
  const name = `conv2d_backward ${conv2dSignature(problem.shape)}${epilogue}`;
  return {
    op: 'conv2d',
    name,
    flops,
    leastBytes: leastBytes + bytesOf(problem.accumulate ? input : 0, problem.mask ? input : 0),
    ...(problem.mask ? { halves: ['activation'] } : {}),
    make: (stored) => makeBackward(name, problem, stored),
    variants: (gpu) => backwardVariants(problem, gpu),
  };
}

export const conv2dCases: readonly KernelCase[] = [
  ...forwardProblems.map(conv2dForwardCase),
  ...backwardProblems.map(conv2dBackwardCase),
];
