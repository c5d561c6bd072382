/** The style losses on means and covariances in f64, each by its definition: value and gradient at a map F, [positions, channels]. */

import { product, trace, transposed } from './matrices.ts';

export interface FeatureShape {
  readonly positions: number;
  readonly channels: number;
}

export interface Gaussian {
  readonly mean: Float64Array;
  /** [channels, channels] */
  readonly covariance: Float64Array;
}

export interface Loss {
  readonly value: number;
  /** [positions, channels] */
  readonly gradient: Float64Array;
}

export function meanOf({ positions, channels }: FeatureShape, feature: Float64Array): Float64Array {
  return Float64Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let t = 0; t < positions; t++) sum += feature[t * channels + c] ?? 0;
    return sum / positions;
  });
}

export function centred(shape: FeatureShape, feature: Float64Array): Float64Array {
  const mean = meanOf(shape, feature);
  return feature.map((value, at) => value - (mean[at % shape.channels] ?? 0));
}

export function gaussianOf(shape: FeatureShape, feature: Float64Array): Gaussian {
  const { positions, channels } = shape;
  const deviations = centred(shape, feature);
  const sum = product(transposed(deviations, positions, channels), deviations, [channels, positions, channels]);
  return { mean: meanOf(shape, feature), covariance: sum.map((value) => value / positions) };
}

/** Weighted second moments and means, as of one picture: the Gaussian of a mix. */
export function mixedGaussian(parts: readonly { readonly gaussian: Gaussian; readonly share: number }[]): Gaussian {
  const [first] = parts;
  if (first === undefined) throw new Error('a mix of nothing');
  const size = first.gaussian.mean.length;
  const mean = new Float64Array(size);
  const moments = new Float64Array(size * size);
  for (const { gaussian, share } of parts) {
    gaussian.mean.forEach((value, c) => {
      mean[c] = (mean[c] ?? 0) + share * value;
    });
    gaussian.covariance.forEach((value, at) => {
      const outer = (gaussian.mean[Math.floor(at / size)] ?? 0) * (gaussian.mean[at % size] ?? 0);
      moments[at] = (moments[at] ?? 0) + share * (value + outer);
    });
  }
  const covariance = moments.map((value, at) => value - (mean[Math.floor(at / size)] ?? 0) * (mean[at % size] ?? 0));
  return { mean, covariance };
}

/** mean((μ − μ*)²) and 2 (μ − μ*) / (C N), the mean's part at every position. */
export function meanPart({ positions, channels }: FeatureShape, mean: Float64Array, target: Float64Array) {
  const shift = mean.map((value, c) => value - (target[c] ?? 0));
  return {
    value: shift.reduce((sum, value) => sum + value * value, 0) / channels,
    gradient: shift.map((value) => (2 * value) / (channels * positions)),
  };
}

/** mean((μ − μ*)²) + κ · (tr Σ* / C) · ‖Σ − Σ*‖² / ‖Σ*‖² */
export function covarianceLoss(shape: FeatureShape, feature: Float64Array, target: Gaussian, share: number): Loss {
  const { positions, channels } = shape;
  const { mean, covariance } = gaussianOf(shape, feature);
  const ofMean = meanPart(shape, mean, target.mean);
  const error = covariance.map((value, at) => value - (target.covariance[at] ?? 0));
  const squares = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);
  const k = (share * trace(target.covariance, channels)) / (channels * squares(target.covariance));
  const moved = product(centred(shape, feature), error, [positions, channels, channels]);
  return {
    value: ofMean.value + k * squares(error),
    gradient: moved.map((value, at) => (ofMean.gradient[at % channels] ?? 0) + ((4 * k) / positions) * value),
  };
}
