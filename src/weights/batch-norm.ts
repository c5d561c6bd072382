/** Folding a batch normalisation in evaluation mode into the convolution before it. */

import type { FloatArray } from './dtype.ts';

/** PyTorch's default of `BatchNorm2d(eps)`, which torchvision's VGGs keep; its networks with branches have 1e-3. */
export const batchNormEpsilon = 1e-5;

/** Per output channel, `[out]` each: `gamma * (x - mean) / sqrt(variance + eps) + beta`. */
export interface BatchNorm {
  readonly gamma: FloatArray;
  readonly beta: FloatArray;
  readonly mean: FloatArray;
  readonly variance: FloatArray;
  /** {@link batchNormEpsilon} when absent. */
  readonly epsilon?: number;
}

/**
 * The convolution that equals `batchNorm(conv(x))`, computed in f64 and rounded to f32 once:
 * `weight'[o] = s[o] weight[o]`, `bias'[o] = s[o] (bias[o] - mean[o]) + beta[o]`, `s = gamma / sqrt(variance + eps)`.
 *
 * Shapes: weight OIHW, bias `[out]`. A negative variance gives NaN, which the caller refuses.
 * Source: Ioffe and Szegedy, "Batch Normalization" (2015), section 3.1, the inference transform.
 */
export function foldBatchNorm(
  weight: FloatArray,
  bias: FloatArray,
  { gamma, beta, mean, variance, epsilon = batchNormEpsilon }: BatchNorm,
): { readonly weight: Float32Array; readonly bias: Float32Array } {
  const channels = bias.length;
  const perChannel = weight.length / channels;
  const foldedWeight = new Float32Array(weight.length);
  const foldedBias = new Float32Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    const scale = (gamma[channel] ?? Number.NaN) / Math.sqrt((variance[channel] ?? Number.NaN) + epsilon);
    const centred = (bias[channel] ?? Number.NaN) - (mean[channel] ?? Number.NaN);
    foldedBias[channel] = scale * centred + (beta[channel] ?? Number.NaN);
    for (let i = channel * perChannel; i < (channel + 1) * perChannel; i++) {
      foldedWeight[i] = scale * (weight[i] ?? Number.NaN);
    }
  }
  return { weight: foldedWeight, bias: foldedBias };
}
