/** A few values of an operation's result in f64, from its definition: what even the `direct` kernels are held to. */

import type { ConvTrialValues } from '../bench/conv-trial.ts';
import { randomStream } from '../images/random.ts';
import type { Conv2dProblem } from '../kernels/conv2d.ts';
import { paddedChannels } from '../kernels/elementwise.ts';

/** A place in an output and what must stand there. */
export interface Sample {
  readonly index: number;
  readonly expected: number;
}

const samplesTaken = 48;

/** Indices spread over `count` values, the first and last among them. */
function places(count: number): readonly number[] {
  const random = randomStream(7);
  const drawn = Array.from({ length: samplesTaken }, () => Math.floor(random.nextFloat() * count));
  return [...new Set([0, count - 1, ...drawn])];
}

/** A convolution of 3x3, stride 1, padding 1 by zeros: forward with bias and ReLU, backward with the ReLU's mask. */
export function conv2dSamples(problem: Conv2dProblem, values: ConvTrialValues): readonly Sample[] {
  const { shape, direction } = problem;
  const { bias, activation } = values;
  const made = direction === 'forward' ? shape.outChannels : shape.inChannels;
  const width = paddedChannels(made);
  return places(shape.inHeight * shape.inWidth * width).map((index) => {
    const [pixel, channel] = [Math.floor(index / width), index % width];
    if (channel >= made) return { index, expected: 0 };
    const sum = convolutionAt(problem, values, pixel, channel);
    if (direction === 'forward') return { index, expected: Math.max(sum + (bias[channel] ?? 0), 0) };
    return { index, expected: (activation[index] ?? 0) > 0 ? sum : 0 };
  });
}

function convolutionAt(
  { shape, direction }: Conv2dProblem,
  { source, weight }: ConvTrialValues,
  pixel: number,
  channel: number,
): number {
  const { inHeight: height, inWidth: width, inChannels, outChannels } = shape;
  const [y, x] = [Math.floor(pixel / width), pixel % width];
  const channels = direction === 'forward' ? inChannels : outChannels;
  const sign = direction === 'forward' ? 1 : -1;
  let sum = 0;
  for (let ky = 0; ky < 3; ky++) {
    for (let kx = 0; kx < 3; kx++) {
      const [atY, atX] = [y + sign * (ky - 1), x + sign * (kx - 1)];
      if (atY < 0 || atY >= height || atX < 0 || atX >= width) continue;
      const row = (atY * width + atX) * paddedChannels(channels);
      for (let other = 0; other < channels; other++) {
        const filter = direction === 'forward' ? channel * inChannels + other : other * inChannels + channel;
        sum += (source[row + other] ?? 0) * (weight[filter * 9 + ky * 3 + kx] ?? 0);
      }
    }
  }
  return sum;
}

/** The Gram matrix `scale · FᵀF` and `F · gradGram`. */
export function gramSamples(problem: {
  readonly positions: number;
  readonly channels: number;
  readonly feature: Float32Array;
  readonly gradGram: Float32Array;
  readonly scale: number;
}): { readonly forward: readonly Sample[]; readonly backward: readonly Sample[] } {
  const { positions, channels, feature, gradGram, scale } = problem;
  const forward = places(channels ** 2).map((index) => {
    const [row, column] = [Math.floor(index / channels), index % channels];
    let sum = 0;
    for (let t = 0; t < positions; t++) {
      sum += (feature[t * channels + row] ?? 0) * (feature[t * channels + column] ?? 0);
    }
    return { index, expected: scale * sum };
  });
  const backward = places(positions * channels).map((index) => {
    const [row, column] = [Math.floor(index / channels) * channels, index % channels];
    let sum = 0;
    for (let d = 0; d < channels; d++) sum += (feature[row + d] ?? 0) * (gradGram[d * channels + column] ?? 0);
    return { index, expected: sum };
  });
  return { forward, backward };
}
