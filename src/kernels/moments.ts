/**
 * Means and covariances of feature maps: sums over positions, what is made of them, and gradients that are affine in a position's features.
 * Every matrix is [channels, channels] and symmetric; second moments (the Gram matrix over positions) are made in `gram.ts`.
 */

import { type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { elementwiseGrid, vectorsOf, workgroupSize } from './elementwise.ts';
import type { GramShape } from './gram.ts';
import { partialsPerTerm } from './mse.ts';

export const channelSumKernel = defineKernel({
  shader: 'channel_sum.wgsl',
  bindings: { feature: 'read', output: 'readWrite' },
  params: { positions: 'u32', vectors: 'u32', chunkSize: 'u32', scale: 'f32' },
});

export const channelAddKernel = defineKernel({
  shader: 'channel_add.wgsl',
  bindings: { addend: 'read', gradient: 'readWrite' },
  params: { count: 'u32', vectors: 'u32', accumulate: 'u32' },
});

export const covarianceKernel = defineKernel({
  shader: 'covariance.wgsl',
  bindings: { moments: 'read', means: 'read', output: 'readWrite', outputMeans: 'readWrite' },
  params: { channels: 'u32', ridge: 'f32', meanRidge: 'f32' },
});

export const symmetricMeasuresKernel = defineKernel({
  shader: 'symmetric_measures.wgsl',
  bindings: { matrix: 'read', output: 'readWrite' },
  params: { size: 'u32' },
});

export const covarianceCoefficientsKernel = defineKernel({
  shader: 'covariance_coefficients.wgsl',
  bindings: {
    moments: 'read',
    means: 'read',
    targetCovariance: 'read',
    targetMeans: 'read',
    measures: 'read',
    matrix: 'readWrite',
    addend: 'readWrite',
    partial: 'readWrite',
  },
  params: { channels: 'u32', weight: 'f32', scale: 'f32' },
});

/** Trace and squared Frobenius norm. */
export const measuresBytes = 2 * bytesPerFloat;

const mostChunks = 256;

/** Chunks of positions whose sums are made side by side. */
function chunksOf(positions: number): { readonly chunkSize: number; readonly chunks: number } {
  const chunkSize = Math.max(32, Math.ceil(positions / mostChunks));
  return { chunkSize, chunks: Math.ceil(positions / chunkSize) };
}

/** Bytes of the partial sums of {@link recordChannelSums}. */
export function channelSumsScratchBytes({ positions, channels }: GramShape): number {
  return chunksOf(positions).chunks * channels * bytesPerFloat;
}

/** Records `output = scale · Σ over positions of feature`, [channels]. */
export function recordChannelSums(
  program: Program,
  options: {
    readonly label: string;
    readonly shape: GramShape;
    /** [positions, channels] */
    readonly feature: BufferSlice;
    /** At least `channelSumsScratchBytes`. */
    readonly scratch: BufferSlice;
    readonly output: BufferSlice;
    readonly scale: number;
  },
): void {
  const { label, shape, feature, scratch, output, scale } = options;
  const { chunkSize, chunks } = chunksOf(shape.positions);
  const vectors = vectorsOf('channel_sum', shape.channels);
  const columns = Math.ceil(vectors / workgroupSize);
  program.dispatch(channelSumKernel, {
    label: `${label} sums`,
    bindings: { feature, output: scratch },
    params: { positions: shape.positions, vectors, chunkSize, scale: 1 },
    grid: [columns, 1, chunks],
  });
  program.dispatch(channelSumKernel, {
    label: `${label} sums`,
    bindings: { feature: scratch, output },
    params: { positions: chunks, vectors, chunkSize: chunks, scale },
    grid: [columns],
  });
}

/** Records `gradient = old + addend` at every position, old being 0 unless `accumulate`. */
export function recordChannelAdd(
  program: Program,
  options: {
    readonly label: string;
    readonly shape: GramShape;
    /** [channels] */
    readonly addend: BufferSlice;
    /** [positions, channels] */
    readonly gradient: BufferSlice;
    readonly accumulate: boolean;
  },
): void {
  const { label, shape, addend, gradient, accumulate } = options;
  const vectors = vectorsOf('channel_add', shape.channels);
  const count = shape.positions * vectors;
  program.dispatch(channelAddKernel, {
    label: `${label} shift`,
    bindings: { addend, gradient },
    params: { count, vectors, accumulate: Number(accumulate) },
    grid: elementwiseGrid(count),
  });
}

/** Means and a matrix of a map or its target. */
export interface Statistics {
  /** [channels, channels] */
  readonly matrix: BufferSlice;
  /** [channels] */
  readonly vector: BufferSlice;
}

/** What is added to a covariance so that roundings leave it without negative eigenvalues. */
export interface Ridges {
  /** Times each channel's second moment, to its variance. */
  readonly ridge: number;
  /** Times means · meansᵀ. */
  readonly meanRidge: number;
}

export const noRidges: Ridges = { ridge: 0, meanRidge: 0 };

/** Records covariance and means from second moments and means. */
export function recordCovariance(
  program: Program,
  options: {
    readonly label: string;
    readonly channels: number;
    readonly moments: Statistics;
    readonly output: Statistics;
    readonly ridges: Ridges;
  },
): void {
  const { label, channels, moments, output, ridges } = options;
  program.dispatch(covarianceKernel, {
    label: `${label} covariance`,
    bindings: {
      moments: moments.matrix,
      means: moments.vector,
      output: output.matrix,
      outputMeans: output.vector,
    },
    params: { channels, ridge: ridges.ridge, meanRidge: ridges.meanRidge },
    grid: elementwiseGrid(channels * vectorsOf('covariance', channels)),
  });
}

/** Records trace and squared norm of a symmetric matrix, [size, size], of which what lies below the diagonal is not read. */
export function recordSymmetricMeasures(
  program: Program,
  options: {
    readonly label: string;
    readonly size: number;
    readonly matrix: BufferSlice;
    readonly output: BufferSlice;
  },
): void {
  const { label, size, matrix, output } = options;
  program.dispatch(symmetricMeasuresKernel, {
    label: `${label} measures`,
    bindings: { matrix, output },
    params: { size },
    grid: [1],
  });
}

/** Records the coefficients of the covariance loss and its partial sums; `covariance_coefficients.wgsl` says which. */
export function recordCovarianceCoefficients(
  program: Program,
  options: {
    readonly label: string;
    readonly channels: number;
    /** Second moments and means of the map. */
    readonly moments: Statistics;
    /** Covariance and means. */
    readonly target: Statistics;
    /** Of the target's covariance. */
    readonly measures: BufferSlice;
    readonly coefficients: Statistics;
    /** [partialsPerTerm] */
    readonly partial: BufferSlice;
    readonly weight: number;
    readonly scale: number;
  },
): void {
  const { label, channels, moments, target, measures, coefficients, partial, weight, scale } = options;
  program.dispatch(covarianceCoefficientsKernel, {
    label: `${label} coefficients`,
    bindings: {
      moments: moments.matrix,
      means: moments.vector,
      targetCovariance: target.matrix,
      targetMeans: target.vector,
      measures,
      matrix: coefficients.matrix,
      addend: coefficients.vector,
      partial,
    },
    params: { channels, weight, scale },
    grid: [partialsPerTerm / workgroupSize],
  });
}
