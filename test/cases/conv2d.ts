/** conv2d, forward and backward-data: how a problem becomes a case with its variants. The problems are in `conv2d-problems.ts`. */

import type { Gpu } from '../../src/core/gpu.ts';
import {
  type ChannelPlace,
  type Conv2dOptions,
  type Conv2dProblem,
  type Conv2dShape,
  type Conv2dVariant,
  conv2dOutputSize,
  conv2dVariants,
  recordConv2d,
} from '../../src/kernels/conv2d.ts';
import { paddedChannels } from '../../src/kernels/elementwise.ts';
import { lanesOf } from '../../src/kernels/family.ts';
import { conv2dBackward, conv2dForward } from '../reference/conv2d.ts';
import { isInPlace, padChannels, padReference, placeChannels, placeReference } from '../support/layout.ts';
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
  untouched,
  unwritten,
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
  const place = shape.place === undefined ? '' : ` @${shape.place.first}/${shape.place.of}`;
  return `x=[${inHeight},${inWidth},${inChannels}] w=[${weight}] s=${stride} p=${padding} ${shape.paddingMode}${place}`;
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

/** Channels of a concatenation's other parts stay as they are. */
function placeRule(channels: number, place: ChannelPlace): (index: number) => ElementRule {
  return (index) => (isInPlace(index, channels, place) ? 'compare' : 'untouched');
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
  const { inChannels, outChannels, place } = shape;
  const padded = paddedChannels(outChannels);
  return {
    host: { weight, bias },
    inputs: {
      input: padChannels(input, inChannels, paddedChannels(inChannels)),
      bias: padChannels(bias, outChannels, padded),
    },
    outputs: {
      output: {
        initial: new Float32Array((cost.output / outChannels) * (place?.of ?? padded)).fill(
          place === undefined ? unwritten : untouched,
        ),
        expected:
          place === undefined
            ? padReference(expected, outChannels, padded)
            : placeReference(expected, outChannels, place),
        tolerance: accumulated(inChannels * shape.kernelHeight * shape.kernelWidth + 1),
        rule: place === undefined ? paddingRule(outChannels) : placeRule(outChannels, place),
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
    host: { weight, bias: new Float32Array(outChannels) },
    inputs: {
      gradOutput:
        shape.place === undefined
          ? padChannels(gradOutput, outChannels, paddedChannels(outChannels))
          : placeChannels(gradOutput, outChannels, shape.place, unwritten),
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

/** The tolerance that a variant's arithmetic needs, where it is not the case's. */
function toleranceOf({ name }: Conv2dVariant): { readonly tolerance?: Tolerance } {
  return name.startsWith('winograd') ? { tolerance: winogradTolerance } : {};
}

/** The weights in the form that a variant reads; what it makes of them on the device is made in the preparation. */
function weightOf(recording: Recording, variant: Conv2dVariant, problem: Conv2dProblem) {
  const weights = { weight: recording.host('weight'), bias: recording.host('bias') };
  const { values, transform } = variant.packWeights(problem, weights);
  const uploaded = recording.upload('weight', values);
  if (transform === undefined) return uploaded;
  const transformed = recording.scratch('transformed weight', variant.weightBytes(problem));
  transform(recording.preparation, uploaded, transformed);
  return transformed;
}

/** The name of a variant without the tile of its product. */
function algorithmOf({ name }: Conv2dVariant): string {
  return name.replace(/ \d+x\d+$/, '');
}

/**
 * The variants that cut a map into bands, in bands of one row and of two wherever a map has more; the default is one band at the sizes of these
 * cases. Banding does not know the tile of the product, so one tile will do.
 */
export function bandsOf(variants: readonly Conv2dVariant[], shape: Conv2dShape): readonly Conv2dVariant[] {
  return variants
    .filter((variant, index) => variants.findIndex((one) => algorithmOf(one) === algorithmOf(variant)) === index)
    .flatMap((variant) => [1, 2].flatMap((rows) => variant.inBands?.(rows, shape) ?? []));
}

function variantsOf(
  problem: Conv2dProblem,
  gpu: Gpu,
  operands: (recording: Recording) => Pick<Conv2dOptions, 'source' | 'output' | 'epilogue'>,
): readonly KernelVariant[] {
  const variants = conv2dVariants(problem, lanesOf(gpu.profile));
  return [...variants, ...bandsOf(variants, problem.shape)].map(
    (variant): KernelVariant => ({
      name: variant.name,
      ...toleranceOf(variant),
      makesNoHalf:
        problem.direction === 'forward' && !variant.fits({ ...problem, makesHalf: true }, lanesOf(gpu.profile)),
      record: (recording) => {
        recordConv2d(recording.program, variant, {
          label: `conv2d_${problem.direction}`,
          shape: problem.shape,
          weight: weightOf(recording, variant, problem),
          scratch: variant
            .scratchBytes(problem)
            .map((bytes, index) => recording.scratch(`${variant.name} ${index + 1}`, bytes)),
          ...operands(recording),
        });
      },
    }),
  );
}

function forwardVariants({ shape, relu }: ForwardProblem, gpu: Gpu): readonly KernelVariant[] {
  return variantsOf({ shape, direction: 'forward' }, gpu, ({ buffer }) => ({
    source: buffer('input'),
    output: buffer('output'),
    epilogue: { direction: 'forward', bias: buffer('bias'), relu },
  }));
}

function backwardVariants({ shape, accumulate, mask }: BackwardProblem, gpu: Gpu): readonly KernelVariant[] {
  return variantsOf({ shape, direction: 'backward' }, gpu, ({ buffer }) => ({
    source: buffer('gradOutput'),
    output: buffer('gradInput'),
    epilogue: { direction: 'backward', accumulate, activation: mask ? buffer('activation') : undefined },
  }));
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
