/** What the positions of a feature map say together: their mean, their Gram matrix, and how far two maps' are apart. In f64. */

import { ShapeError } from '../core/errors.ts';
import { choleskyFactor, nuclearNormOfProduct } from './factors.ts';

/** A feature map on the host, [positions, channels]. */
export interface FeatureValues {
  readonly channels: number;
  readonly values: Float32Array;
}

export interface FeatureStatistics {
  readonly channels: number;
  /** [C]. */
  readonly mean: Float64Array;
  /** Mean of f fᵀ over the positions, [C, C]: C times the Gram matrix divided by all values, whose relative distances are the same. */
  readonly secondMoments: Float64Array;
}

/** Positions that are added up at a time, so that a sum is loaded and stored once for all of them. */
const stride = 4;

/** @throws ShapeError for a map without positions, or whose values are not a whole number of them. */
export function featureStatistics({ channels, values }: FeatureValues): FeatureStatistics {
  const positions = values.length / channels;
  if (!Number.isInteger(positions) || positions < 1) {
    throw new ShapeError(`featureStatistics: ${values.length} values are no positions of ${channels} channels`);
  }
  const mean = new Float64Array(channels);
  const moments = new Float64Array(channels * channels);
  const block = new Float64Array(stride * channels);
  for (let from = 0; from < positions; from += stride) {
    const count = Math.min(stride, positions - from) * channels;
    block.fill(0);
    block.set(values.subarray(from * channels, from * channels + count));
    for (let i = 0; i < count; i++) mean[i % channels] = (mean[i % channels] ?? 0) + (block[i] ?? 0);
    addProducts(moments, block, channels);
  }
  for (let i = 0; i < channels; i++) {
    mean[i] = (mean[i] ?? 0) / positions;
    for (let j = 0; j <= i; j++) {
      const value = (moments[i * channels + j] ?? 0) / positions;
      moments[i * channels + j] = value;
      moments[j * channels + i] = value;
    }
  }
  return { channels, mean, secondMoments: moments };
}

/** Adds f fᵀ of a block's positions to the lower triangle. */
function addProducts(moments: Float64Array, block: Float64Array, channels: number): void {
  const [second, third, fourth] = [channels, 2 * channels, 3 * channels];
  for (let i = 0; i < channels; i++) {
    const a = block[i] ?? 0;
    const b = block[second + i] ?? 0;
    const c = block[third + i] ?? 0;
    const d = block[fourth + i] ?? 0;
    // After a ReLU this holds for many.
    if (a === 0 && b === 0 && c === 0 && d === 0) continue;
    const row = i * channels;
    for (let j = 0; j <= i; j++) {
      const sum =
        a * (block[j] ?? 0) + b * (block[second + j] ?? 0) + c * (block[third + j] ?? 0) + d * (block[fourth + j] ?? 0);
      moments[row + j] = (moments[row + j] ?? 0) + sum;
    }
  }
}

/** ‖A − B‖ / ‖B‖ of two Gram matrices, Frobenius' norm. @throws ShapeError where channels differ. */
export function gramDistance(of: FeatureStatistics, to: FeatureStatistics): number {
  assertSameChannels(of.channels, to.channels, 'gramDistance');
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < to.secondMoments.length; i++) {
    const b = to.secondMoments[i] ?? 0;
    difference += ((of.secondMoments[i] ?? 0) - b) ** 2;
    norm += b * b;
  }
  return relativeTo(Math.sqrt(difference), Math.sqrt(norm)) ?? Number.NaN;
}

/** Added to the diagonal of every covariance, so that fewer positions than channels make no singular one. */
const ridge = 1e-4;

/** Below this share of the two traces a distance is rounding, and counts as 0. */
const roundingShare = 1e-8;

/** A Gaussian that others are compared with. */
export class GaussianTarget {
  readonly #own: Gaussian;

  constructor(statistics: FeatureStatistics) {
    this.#own = gaussianOf(statistics);
  }

  /**
   * The squared 2-Wasserstein distance of the Gaussians: |μ − μ*|² + tr(S + S* − 2 (S*^½ S S*^½)^½).
   *
   * No root is taken: with S = L Lᵀ and S* = L* L*ᵀ the eigenvalues of S* S are the squared singular values of L*ᵀ L, whose sum is the
   * root's trace, to all digits that f64 has.
   *
   * Source: Dowson and Landau, "The Fréchet distance between multivariate normal distributions" (1982).
   *
   * @throws ShapeError where channels differ.
   */
  distance(of: FeatureStatistics): number {
    const { channels, mean, factor, trace } = this.#own;
    assertSameChannels(of.channels, channels, 'GaussianTarget');
    const other = gaussianOf(of);
    const traces = other.trace + trace;
    const means = mean.reduce((sum, value, index) => sum + (value - (other.mean[index] ?? 0)) ** 2, 0);
    const distance = means + traces - 2 * nuclearNormOfProduct(factor, other.factor, channels);
    return distance > roundingShare * traces ? distance : 0;
  }
}

interface Gaussian {
  readonly channels: number;
  readonly mean: Float64Array;
  /** Lower triangular, of the covariance. */
  readonly factor: Float64Array;
  /** Of the covariance. */
  readonly trace: number;
}

function gaussianOf(statistics: FeatureStatistics): Gaussian {
  const { channels, mean } = statistics;
  const covariance = covarianceOf(statistics);
  return { channels, mean, factor: choleskyFactor(covariance, channels), trace: traceOf(covariance, channels) };
}

function covarianceOf({ channels, mean, secondMoments }: FeatureStatistics): Float64Array {
  return secondMoments.map((value, index) => {
    const [i, j] = [Math.floor(index / channels), index % channels];
    return value - (mean[i] ?? 0) * (mean[j] ?? 0) + (i === j ? ridge : 0);
  });
}

function traceOf(matrix: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += matrix[i * size + i] ?? 0;
  return sum;
}

function assertSameChannels(of: number, to: number, what: string): void {
  if (of !== to) throw new ShapeError(`${what}: a map of ${of} channels cannot be compared with one of ${to}`);
}

/** `value / whole`; 0 where there is no value, null where only the whole is missing and nothing can be said. */
export function relativeTo(value: number, whole: number): number | null {
  if (value === 0) return 0;
  return whole === 0 ? null : value / whole;
}
