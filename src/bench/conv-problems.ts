/** VGG16's convolutions at a picture's size, as problems with data: what `conv-rows.ts` times. */

import { conv2dBackwardCase, conv2dForwardCase, weightInputs } from '../../test/cases/conv2d.ts';
import type { KernelCase } from '../../test/cases/kernel-case.ts';
import { padChannels } from '../../test/support/layout.ts';
import { floats, rectified, seededRandom, signed } from '../../test/support/random.ts';
import type { Gpu } from '../core/gpu.ts';
import { chooseConv2dVariant, conv2dVariantName } from '../kernels/conv2d.ts';
import { type Conv2dShape, conv2dOutputSize } from '../kernels/conv2d-shape.ts';
import { paddedChannels } from '../kernels/elementwise.ts';
import { backendOf } from '../kernels/family.ts';
import { conv2dShapeOf } from '../models/pass.ts';
import { objectivePass } from '../objective/memory-plan.ts';
import { settings } from './network.ts';
import type { Size } from './pictures.ts';

type Floats = Float32Array<ArrayBuffer>;

export interface ConvProblem {
  /** `conv3_2,conv3_3 forward`: the layers that share this shape. */
  readonly name: string;
  /** Its variants and costs; its slow reference is not made at this size. */
  readonly kernelCase: KernelCase;
  /** The variant that the engine chooses on this device. */
  usedVariant(gpu: Gpu): string;
  /** Every buffer a variant may ask for, the output among them. */
  values(): ReadonlyMap<string, Floats>;
  readonly output: 'output' | 'gradInput';
}

interface LayerShape {
  readonly names: string[];
  readonly shape: Conv2dShape;
  /** The input is a ReLU's output, whose mask the backward pass applies. */
  readonly mask: boolean;
}

/** Both directions of every distinct layer, from the picture down. */
export function convProblems(size: Size): readonly ConvProblem[] {
  return layerShapes(size).flatMap((layer) => [forwardProblem(layer), backwardProblem(layer)]);
}

function layerShapes(size: Size): readonly LayerShape[] {
  const distinct = new Map<string, LayerShape>();
  for (const step of objectivePass(settings.objective, size).steps) {
    if (step.kind !== 'convBackward') continue;
    const shape = conv2dShapeOf(step.layer, step.input, settings.objective.paddingMode);
    const key = JSON.stringify(shape);
    const known = distinct.get(key);
    if (known === undefined) distinct.set(key, { names: [step.layer.name], shape, mask: step.mask });
    else known.names.unshift(step.layer.name);
  }
  return [...distinct.values()].reverse();
}

function forwardProblem({ names, shape }: LayerShape): ConvProblem {
  return {
    name: `${names.join(',')} forward`,
    kernelCase: conv2dForwardCase({ shape, relu: true }),
    usedVariant: (gpu) => usedVariant(gpu, shape, 'forward', names[0]),
    output: 'output',
    values: () => {
      const { random, input, output, weights, bias } = common(shape);
      return new Map([
        ...weights,
        ['input', input(rectified(random))],
        ['bias', padChannels(bias, shape.outChannels, output.channels)],
        ['output', new Float32Array(output.values)],
      ]);
    },
  };
}

function backwardProblem({ names, shape, mask }: LayerShape): ConvProblem {
  return {
    name: `${names.join(',')} backward`,
    kernelCase: conv2dBackwardCase({ shape, accumulate: false, mask }),
    usedVariant: (gpu) => usedVariant(gpu, shape, 'backward', names[0]),
    output: 'gradInput',
    values: () => {
      const { random, input, output, weights } = common(shape);
      const activation = input(rectified(random));
      return new Map([
        ...weights,
        ['gradOutput', floats(output.values, signed(random))],
        ['activation', activation],
        ['gradInput', new Float32Array(activation.length)],
      ]);
    },
  };
}

function usedVariant(gpu: Gpu, shape: Conv2dShape, direction: 'forward' | 'backward', layer?: string): string {
  return conv2dVariantName(chooseConv2dVariant(shape, direction, backendOf(gpu), layer));
}

function common(shape: Conv2dShape) {
  const random = seededRandom('benchmark');
  const { inHeight, inWidth, inChannels, outChannels, kernelHeight, kernelWidth } = shape;
  const { height, width } = conv2dOutputSize(shape);
  const channels = paddedChannels(outChannels);
  const weight = floats(outChannels * inChannels * kernelHeight * kernelWidth, signed(random));
  const bias = floats(outChannels, signed(random));
  return {
    random,
    bias,
    // Some variants keep the bias with their weights.
    weights: Object.entries(weightInputs(shape, weight, bias)),
    output: { channels, values: height * width * channels },
    input: (draw: () => number): Floats =>
      padChannels(floats(inHeight * inWidth * inChannels, draw), inChannels, paddedChannels(inChannels)),
  };
}
