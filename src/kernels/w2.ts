/** The two ends of the W2 loss: coefficients from moments and transport, or the gradient from transported deviations. */

import type { BufferSlice } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { elementwiseGrid, workgroupSize } from './elementwise.ts';
import type { GramShape } from './gram.ts';
import type { Ridges, Statistics } from './moments.ts';
import { partialsPerTerm } from './mse.ts';

export const w2CoefficientsKernel = defineKernel({
  shader: 'w2_coefficients.wgsl',
  bindings: {
    transport: 'read',
    moments: 'read',
    means: 'read',
    targetMeans: 'read',
    measures: 'read',
    matrix: 'readWrite',
    addend: 'readWrite',
    partial: 'readWrite',
  },
  params: { channels: 'u32', ridge: 'f32', meanRidge: 'f32', scale: 'f32' },
});

export const w2CentreKernel = defineKernel({
  shader: 'w2_centre.wgsl',
  bindings: { feature: 'read', means: 'read', output: 'readWrite' },
  params: { positions: 'u32', channels: 'u32', columns: 'u32' },
});

export const w2GradientKernel = defineKernel({
  shader: 'w2_gradient.wgsl',
  bindings: {
    feature: 'read',
    means: 'read',
    transported: 'read',
    targetMeans: 'read',
    measures: 'read',
    gradient: 'readWrite',
    partial: 'readWrite',
  },
  params: { positions: 'u32', channels: 'u32', columns: 'u32', scale: 'f32', accumulate: 'u32' },
});

interface W2Target {
  /** Means, [channels]. */
  readonly targetMeans: BufferSlice;
  /** Trace and squared norm of the covariance. */
  readonly measures: BufferSlice;
}

/** Records the coefficients of the W2 loss and its partial sums; `w2_coefficients.wgsl` says which. */
export function recordW2Coefficients(
  program: Program,
  options: W2Target & {
    readonly label: string;
    readonly channels: number;
    /** T, [channels, channels], symmetric, on and above the diagonal. */
    readonly transport: BufferSlice;
    /** Second moments and means of the map. */
    readonly moments: Statistics;
    readonly coefficients: Statistics;
    /** [partialsPerTerm] */
    readonly partial: BufferSlice;
    readonly ridges: Ridges;
    readonly scale: number;
  },
): void {
  const { label, channels, transport, moments, coefficients, partial, ridges, scale } = options;
  program.dispatch(w2CoefficientsKernel, {
    label: `${label} coefficients`,
    bindings: {
      transport,
      moments: moments.matrix,
      means: moments.vector,
      targetMeans: options.targetMeans,
      measures: options.measures,
      matrix: coefficients.matrix,
      addend: coefficients.vector,
      partial,
    },
    params: { channels, ridge: ridges.ridge, meanRidge: ridges.meanRidge, scale },
    grid: [partialsPerTerm / workgroupSize],
  });
}

interface W2Map {
  readonly label: string;
  readonly shape: GramShape;
  /** At least the positions; what lies beyond them is 0. */
  readonly columns: number;
  /** [positions, channels] */
  readonly feature: BufferSlice;
  /** [channels] */
  readonly means: BufferSlice;
}

/** Records the map's deviations from its means, transposed and padded: `output`, [channels, columns]. */
export function recordW2Centre(program: Program, options: W2Map & { readonly output: BufferSlice }): void {
  const { label, shape, columns, feature, means, output } = options;
  program.dispatch(w2CentreKernel, {
    label: `${label} centre`,
    bindings: { feature, means, output },
    params: { positions: shape.positions, channels: shape.channels, columns },
    grid: elementwiseGrid(shape.channels * columns),
  });
}

/** Records value and gradient of the W2 loss from transported deviations; `w2_gradient.wgsl` says which. */
export function recordW2Gradient(
  program: Program,
  options: W2Map &
    W2Target & {
      /** [channels, columns] */
      readonly transported: BufferSlice;
      /** [positions, channels] */
      readonly gradient: BufferSlice;
      readonly accumulate: boolean;
      /** [partialsPerTerm] */
      readonly partial: BufferSlice;
      readonly scale: number;
    },
): void {
  const { label, shape, columns, scale, accumulate } = options;
  const { feature, means, transported, targetMeans, measures, gradient, partial } = options;
  program.dispatch(w2GradientKernel, {
    label: `${label} gradient`,
    bindings: { feature, means, transported, targetMeans, measures, gradient, partial },
    params: { positions: shape.positions, channels: shape.channels, columns, scale, accumulate: Number(accumulate) },
    grid: [partialsPerTerm / workgroupSize],
  });
}
