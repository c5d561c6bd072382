/**
 * The W2 style loss in f64: by eigenvalues, and by the polynomials that the device has, over channels or over positions.
 *
 *   mean_c((μ − μ*)²) + (1 / C) · tr(Σ* + Σ − 2 (R Σ R)^½), R = Σ*^½
 */

import {
  functionOf,
  identity,
  type Matrix,
  product,
  squareProduct,
  symmetricEigen,
  trace,
  transposed,
} from './matrices.ts';
import { centred, type FeatureShape, type Gaussian, gaussianOf, type Loss, meanPart } from './moment-losses.ts';

export interface Ridges {
  readonly ridge: number;
  readonly meanRidge: number;
}

type Steps = readonly (readonly [number, number, number])[];

/** By eigenvalues; a direction without variance is left where it is. */
export function w2Exact(shape: FeatureShape, feature: Float64Array, target: Gaussian): Loss {
  const { channels } = shape;
  const root = functionOf(symmetricEigen(target.covariance, channels), (value) => Math.sqrt(Math.max(value, 0)));
  const { covariance } = gaussianOf(shape, feature);
  const eigen = symmetricEigen(squareProduct(channels, root, covariance, root), channels);
  const least = 1e-13 * Math.max(...eigen.values);
  const inverse = functionOf(eigen, (value) => (value > least ? 1 / Math.sqrt(value) : 0));
  const sum = eigen.values.reduce((total, value) => total + Math.sqrt(Math.max(value, 0)), 0);
  return assembled(shape, feature, { target, transport: squareProduct(channels, root, inverse, root), cross: sum });
}

/** `A^−½` by the steps, from `A / ‖A‖`. */
export function polynomialInverseRoot(matrix: Matrix, size: number, steps: Steps): Matrix {
  const norm = Math.sqrt(matrix.reduce((sum, value) => sum + value * value, 0));
  let x: Matrix = matrix.map((value) => value / norm);
  let q = identity(size);
  for (const [a, b, c] of steps) {
    const square = squareProduct(size, x, x);
    const unit = identity(size);
    const w = x.map((value, at) => a * (unit[at] ?? 0) + b * value + c * (square[at] ?? 0));
    q = squareProduct(size, q, w);
    x = squareProduct(size, w, x, w);
  }
  return q.map((value) => value / Math.sqrt(norm));
}

/** Over channels; `ridge` times its second moment is added to each channel's variance, `meanRidge` times μ μᵀ to all. */
export function w2OverChannels(
  shape: FeatureShape,
  feature: Float64Array,
  told: { readonly target: Gaussian; readonly ridges: Ridges; readonly steps: Steps; readonly rootSteps: Steps },
): Loss {
  const { channels } = shape;
  const { ridges, steps, rootSteps } = told;
  const target = ridged(told.target, ridges);
  const map = ridged(gaussianOf(shape, feature), ridges);
  const root = squareProduct(
    channels,
    target.covariance,
    polynomialInverseRoot(target.covariance, channels, rootSteps),
  );
  const inverse = polynomialInverseRoot(squareProduct(channels, root, map.covariance, root), channels, steps);
  const transport = squareProduct(channels, root, inverse, root);
  const cross = transport.reduce((sum, value, at) => sum + value * (map.covariance[at] ?? 0), 0);
  return assembled(shape, feature, { target, transport, cross, spread: trace(map.covariance, channels) });
}

/** Over positions, where they are fewer. */
export function w2OverPositions(shape: FeatureShape, feature: Float64Array, target: Gaussian, steps: Steps): Loss {
  const { positions, channels } = shape;
  const deviations = centred(shape, feature);
  const spread = product(deviations, target.covariance, [positions, channels, channels]);
  const inner = product(spread, transposed(deviations, positions, channels), [positions, channels, positions]);
  const root = polynomialInverseRoot(inner, positions, steps).map((value) => value * Math.sqrt(positions));
  const moved = product(root, spread, [positions, positions, channels]);
  const cross = deviations.reduce((sum, value, at) => sum + value * (moved[at] ?? 0), 0) / positions;
  return assembled(shape, feature, { target, moved, cross });
}

function ridged({ mean, covariance }: Gaussian, { ridge, meanRidge }: Ridges): Gaussian {
  const size = mean.length;
  const moved = covariance.map((value, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    const outer = (mean[row] ?? 0) * (mean[column] ?? 0);
    return value + meanRidge * outer + (row === column ? ridge * (value + outer) : 0);
  });
  return { mean, covariance: moved };
}

/** Value and gradient from the transport, or the deviations that it moved. */
function assembled(
  shape: FeatureShape,
  feature: Float64Array,
  parts: {
    readonly target: Gaussian;
    readonly transport?: Matrix;
    readonly moved?: Float64Array;
    /** tr (R Σ R)^½ */
    readonly cross: number;
    /** tr Σ */
    readonly spread?: number;
  },
): Loss {
  const { positions, channels } = shape;
  const { target, transport, cross } = parts;
  const deviations = centred(shape, feature);
  const { mean, covariance } = gaussianOf(shape, feature);
  const ofMean = meanPart(shape, mean, target.mean);
  const moved = parts.moved ?? product(deviations, transport ?? identity(channels), [positions, channels, channels]);
  const spread = parts.spread ?? trace(covariance, channels);
  return {
    value: ofMean.value + (spread + trace(target.covariance, channels) - 2 * cross) / channels,
    gradient: deviations.map((value, at) => {
      return (ofMean.gradient[at % channels] ?? 0) + (2 / (channels * positions)) * (value - (moved[at] ?? 0));
    }),
  };
}
