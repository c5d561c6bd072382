/** VGG16's convolutions at a picture's size, as problems: what `conv-rows.ts` times. */

import { bytesPerFloat } from '../core/buffers.ts';
import type { Gpu } from '../core/gpu.ts';
import { type Conv2dProblem, type Conv2dShape, conv2dOutputSize } from '../kernels/conv2d.ts';
import { objectivePass } from '../objective/memory-plan.ts';
import type { Settings } from '../settings/settings.ts';
import { kernelsAt } from './network.ts';
import type { Size } from './pictures.ts';

export interface ConvProblem extends Conv2dProblem {
  /** `conv3_2,conv3_3 forward`: the layers that share this shape. */
  readonly name: string;
  /** The input is a ReLU's output, whose mask the backward pass applies. */
  readonly mask: boolean;
  /** Multiplications and additions of the definition, whatever a variant saves. */
  readonly flops: number;
  /** Every input read once, every output written once. */
  readonly leastBytes: number;
  /** The variant that the engine chooses on this device. */
  usedVariant(gpu: Gpu): string;
}

interface LayerShape {
  readonly names: string[];
  readonly shape: Conv2dShape;
  readonly mask: boolean;
}

/** Both directions of every distinct layer, from the picture down. */
export function convProblems(settings: Settings, size: Size): readonly ConvProblem[] {
  const distinct = new Map<string, LayerShape>();
  for (const step of objectivePass(settings.objective, size).steps) {
    if (step.kind !== 'convBackward') continue;
    const { shape, mask, layer } = step;
    const key = JSON.stringify(shape);
    const known = distinct.get(key);
    if (known === undefined) distinct.set(key, { names: [layer.name], shape, mask });
    else known.names.unshift(layer.name);
  }
  return [...distinct.values()].reverse().flatMap(({ names, shape, mask }) =>
    (['forward', 'backward'] as const).map((direction) => ({
      name: `${names.join(',')} ${direction}`,
      shape,
      direction,
      mask,
      ...costOf({ shape, direction }, mask),
      usedVariant: (gpu: Gpu) => kernelsAt(gpu, settings, size).conv2d(names[0] ?? '', direction).name,
    })),
  );
}

function costOf({ shape, direction }: Conv2dProblem, mask: boolean) {
  const { height, width } = conv2dOutputSize(shape);
  const filters = shape.inChannels * shape.outChannels * shape.kernelHeight * shape.kernelWidth;
  const input = shape.inHeight * shape.inWidth * shape.inChannels;
  const output = height * width * shape.outChannels;
  const extra = direction === 'forward' ? shape.outChannels : mask ? input : 0;
  return { flops: 2 * height * width * filters, leastBytes: bytesPerFloat * (filters + input + output + extra) };
}
