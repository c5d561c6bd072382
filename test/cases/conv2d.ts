/** conv2d, forward and backward-data: how a problem becomes a case with its variants. The problems are in `conv2d-problems.ts`. */

import type { Gpu } from '../../src/core/gpu.ts';
import {
  type Conv2dShape,
  chooseConv2dVariant,
  conv2dOutputSize,
  packConv2dWeight,
  recordConv2dBackward,
  recordConv2dForward,
  winogradShapeOf,
} from '../../src/kernels/conv2d.ts';
import { paddedChannels } from '../../src/kernels/elementwise.ts';
import { backendOf } from '../../src/kernels/family.ts';
import {
  recordWinograd,
  recordWinogradWeights,
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

/** The same weights in the two forms that the kernels read. */
export function weightInputs(shape: Conv2dShape, weight: Float32Array) {
  return { weight: packConv2dWeight(weight, shape), weightTransposed: packConv2dWeight(weight, shape, true) };
}

function makeForward(name: string, { shape, relu, bias: biasRange }: ForwardProblem): CaseValues {
  const random = seededRandom(name);
  const cost = costOf(shape);
  const input = floats(cost.input, signed(random));
  const weight = floats(cost.filters, signed(random));
  const [low, high] = biasRange ?? [-1, 1];
  const bias = floats(shape.outChannels, () => low + (high - low) * random());
  const expected = conv2dForward({ shape, input: widen(input), weight: widen(weight), bias: widen(bias), relu });
  const { inChannels, outChannels } = shape;
  return {
    inputs: {
      ...weightInputs(shape, weight),
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

function makeBackward(name: string, { shape, accumulate, mask }: BackwardProblem): CaseValues {
  const random = seededRandom(name);
  const cost = costOf(shape);
  const { inChannels, outChannels } = shape;
  const inPadded = paddedChannels(inChannels);
  const gradOutput = floats(cost.output, signed(random));
  const weight = floats(cost.filters, signed(random));
  const old = floats(cost.input, signed(random));
  const activation = floats(cost.input, rectified(random));
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
function transformedWeight(recording: Recording, shape: Conv2dShape, direction: 'forward' | 'backward') {
  const { inChannels, outChannels } = shape;
  const transformed = recording.scratch('transformed weight', winogradWeightBytes(inChannels, outChannels));
  const source = recording.buffer('weight');
  recordWinogradWeights(recording.preparation, { source, transformed, inChannels, outChannels, direction });
  return transformed;
}

/** The two scratch buffers of Winograd. */
function winogradScratch(recording: Recording, shape: Conv2dShape, direction: 'forward' | 'backward', bands?: number) {
  const sizeBytes = winogradScratchBytes(winogradShapeOf(shape, direction), bands);
  return [recording.scratch('transformed', sizeBytes), recording.scratch('product', sizeBytes)] as const;
}

/** Bands of one tile row and of two wherever a picture has more; the default is one band at the sizes of these cases. */
function bandSizes(shape: Conv2dShape): readonly number[] {
  return [1, 2].filter((rows) => Math.ceil(shape.inHeight / 4) > rows);
}

function forwardVariants({ shape, relu }: ForwardProblem, gpu: Gpu): readonly KernelVariant[] {
  const label = 'conv2d_forward';
  const buffers = ({ buffer }: Recording) => ({
    input: buffer('input'),
    bias: buffer('bias'),
    output: buffer('output'),
  });
  const direct: KernelVariant = {
    name: 'direct',
    record: (recording) => {
      const weight = recording.buffer('weight');
      const options = { label, variant: { family: 'direct' }, shape, weight, relu, ...buffers(recording) } as const;
      recordConv2dForward(recording.program, options);
    },
  };
  const variant = chooseConv2dVariant(shape, 'forward', backendOf(gpu));
  if (variant.family !== 'winograd') return [direct];
  const winograd: KernelVariant = {
    name: 'winograd',
    tolerance: winogradTolerance,
    record: (recording) => {
      const weight = transformedWeight(recording, shape, 'forward');
      const scratch = winogradScratch(recording, shape, 'forward');
      recordConv2dForward(recording.program, { label, variant, shape, weight, scratch, relu, ...buffers(recording) });
    },
  };
  const banded = bandSizes(shape).map(
    (rows): KernelVariant => ({
      name: `winograd, bands of ${rows}`,
      tolerance: winogradTolerance,
      record: (recording) => {
        recordWinograd(recording.program, {
          label,
          lanes: variant.lanes,
          shape: winogradShapeOf(shape, 'forward'),
          weight: transformedWeight(recording, shape, 'forward'),
          scratch: winogradScratch(recording, shape, 'forward', rows),
          relu,
          tileRowsPerBand: rows,
          ...buffers(recording),
        });
      },
    }),
  );
  return [direct, winograd, ...banded];
}

function backwardVariants({ shape, accumulate, mask }: BackwardProblem, gpu: Gpu): readonly KernelVariant[] {
  const label = 'conv2d_backward';
  const buffers = ({ buffer }: Recording) => ({
    gradInput: buffer('gradInput'),
    ...(mask ? { activation: buffer('activation') } : {}),
  });
  const direct: KernelVariant = {
    name: 'direct',
    record: (recording) => {
      recordConv2dBackward(recording.program, {
        label,
        variant: { family: 'direct' },
        shape,
        weight: recording.buffer('weightTransposed'),
        gradOutput: recording.buffer('gradOutput'),
        accumulate,
        ...buffers(recording),
      });
    },
  };
  const variant = chooseConv2dVariant(shape, 'backward', backendOf(gpu));
  if (variant.family !== 'winograd') return [direct];
  const winograd: KernelVariant = {
    name: 'winograd',
    tolerance: winogradTolerance,
    record: (recording) => {
      const weight = transformedWeight(recording, shape, 'backward');
      const scratch = winogradScratch(recording, shape, 'backward');
      const gradOutput = recording.buffer('gradOutput');
      const options = { label, variant, shape, weight, scratch, gradOutput, accumulate, ...buffers(recording) };
      recordConv2dBackward(recording.program, options);
    },
  };
  const banded = bandSizes(shape).map(
    (rows): KernelVariant => ({
      name: `winograd, bands of ${rows}`,
      tolerance: winogradTolerance,
      record: (recording) => {
        const { gradInput, ...activation } = buffers(recording);
        recordWinograd(recording.program, {
          label,
          lanes: variant.lanes,
          shape: winogradShapeOf(shape, 'backward'),
          input: recording.buffer('gradOutput'),
          weight: transformedWeight(recording, shape, 'backward'),
          output: gradInput,
          scratch: winogradScratch(recording, shape, 'backward', rows),
          accumulate,
          tileRowsPerBand: rows,
          ...activation,
        });
      },
    }),
  );
  return [direct, winograd, ...banded];
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
    make: () => makeForward(name, problem),
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
    make: () => makeBackward(name, problem),
    variants: (gpu) => backwardVariants(problem, gpu),
  };
}

export const conv2dCases: readonly KernelCase[] = [
  ...forwardProblems.map(conv2dForwardCase),
  ...backwardProblems.map(conv2dBackwardCase),
];
