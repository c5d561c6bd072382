/**
 * The inverse square root of a symmetric positive matrix by a fixed count of matrix products: X = A / ‖A‖, and step by step
 * `W = a I + b X + c X²; Q ← Q W; X ← W X W`, after which Q ≈ X^−½. No step depends on a result, so nothing is read back.
 *
 * Source: the odd polynomials in √X are the best ones for singular values on [l, 1], composed one after the other (Amsel et al., "The Polar
 * Express", 2025), in Gram form as Newton–Schulz iterations are. Every factor is a polynomial of one matrix, so every product is symmetric:
 * only what lies on and above the diagonal is made.
 */

import { type BufferSlice, bindingAlignmentBytes, bytesPerFloat, roundUp } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Grid, Program } from '../core/program.ts';
import { vectorsOf } from './elementwise.ts';
import { type GemmKernel, recordGemm } from './gemm.ts';
import { gemmLanes } from './gemm-lanes.ts';
import { gemmTiles } from './gemm-tiles.ts';
import { recordSymmetricMeasures } from './moments.ts';
import type { KernelFamily } from './preference.ts';

export const symmetricCopyKernel = defineKernel({
  shader: 'symmetric_copy.wgsl',
  bindings: { input: 'read', measures: 'read', output: 'readWrite' },
  params: { size: 'u32', stride: 'u32', power: 'f32', factor: 'f32' },
});

export const symmetricPolynomialKernel = defineKernel({
  shader: 'symmetric_polynomial.wgsl',
  bindings: { matrix: 'read', square: 'read', output: 'readWrite' },
  params: { size: 'u32', a: 'f32', b: 'f32', c: 'f32' },
});

/** a, b and c of each step. */
export type RootSteps = readonly (readonly [a: number, b: number, c: number])[];

/** For eigenvalues down to 9e-6 of the norm, 17 products: an evaluation's. */
export const quickRoot: RootSteps = [
  [8.38369327686674, -24.766063776579852, 18.357220088351788],
  [4.04342261322124, -3.011408240348341, 0.5695128536974969],
  [3.5055753759547312, -2.626666327719316, 0.5257225535408697],
  [2.4901165612528415, -1.8342789140881977, 0.43683624552101047],
  [1.9177750194577006, -1.296748766065852, 0.3797046589403282],
];

/** For eigenvalues down to 1e-6 of the norm, 21 products: what is made once. */
export const fineRoot: RootSteps = [
  [8.470370150015327, -25.10831121205495, 18.629470691866427],
  [4.1828429651149746, -3.108715708627683, 0.5806098199168221],
  [3.961865280028929, -2.9540850864114714, 0.5629811934838603],
  [3.286579026840185, -2.4647155719773166, 0.5073573905636551],
  [2.27374242925144, -1.644653751532536, 0.41619029772040345],
  [1.888715573352163, -1.2651565975631944, 0.37651891137214666],
];

/** The product for matrices of a size where the tap's kernels are of this family: any has `tiles`, which need whole vectors only. */
export function productFor(family: KernelFamily, columns: number): GemmKernel {
  if (family === 'lanes' && columns % 64 === 0) return gemmLanes;
  // These matrices have few tiles; small ones keep more of a GPU's cores busy.
  return gemmTiles('32x32');
}

/** Values from one matrix of a pair to the next. */
const strideOf = (size: number): number => roundUp(size ** 2 * bytesPerFloat, bindingAlignmentBytes) / bytesPerFloat;

/** Workgroups of 16 times four columns and 4 rows. @throws ShapeError where columns are no whole vectors. */
function gridOf(size: number, batches = 1): Grid {
  return [Math.ceil(vectorsOf('symmetric', size) / 16), Math.ceil(size / 4), batches];
}

/** Bytes of two matrices, as pairs are kept. */
export function pairBytes(size: number): number {
  return 2 * strideOf(size) * bytesPerFloat;
}

/** Buffers of their own each: no dispatch may read and write one. */
export interface RootBuffers {
  /** `pairBytes`: Q, then X. */
  readonly pair: BufferSlice;
  /** [size, size] */
  readonly weight: BufferSlice;
  /** `pairBytes`: products before they are mirrored. */
  readonly raw: BufferSlice;
  /** `measuresBytes` */
  readonly measures: BufferSlice;
}

interface SquareOptions {
  readonly label: string;
  readonly gemm: GemmKernel;
  readonly size: number;
}

/** Records `c = a · b`, all [size, size], of a symmetric result what lies on and above the diagonal at least. */
export function recordSquareProduct(
  program: Program,
  options: SquareOptions & {
    readonly a: BufferSlice;
    readonly b: BufferSlice;
    readonly c: BufferSlice;
    readonly isSymmetric: boolean;
    /** Products of so many matrices in a and c, pairs, with the one b. */
    readonly batches?: 1 | 2;
  },
): void {
  const { label, gemm, size, a, b, c, isSymmetric, batches = 1 } = options;
  const batch = batches === 1 ? 0 : strideOf(size);
  recordGemm(program, gemm, {
    label: `${label} product`,
    a,
    b,
    c,
    batches,
    rows: size,
    columns: size,
    depth: size,
    aStrides: { batch, row: size, depth: 1 },
    bStrides: { batch: 0, depth: size },
    cStrides: { batch, row: size },
    triangle: isSymmetric,
  });
}

/** Records the whole of a matrix, or a pair, given on and above the diagonal, times `factor · ‖measured‖^−power`. */
export function recordSymmetricCopy(
  program: Program,
  options: {
    readonly label: string;
    readonly size: number;
    readonly input: BufferSlice;
    readonly output: BufferSlice;
    readonly measures: BufferSlice;
    readonly batches?: 1 | 2;
    readonly power?: number;
    readonly factor?: number;
  },
): void {
  const { label, size, input, output, measures, batches = 1, power = 0, factor = 1 } = options;
  program.dispatch(symmetricCopyKernel, {
    label: `${label} copy`,
    bindings: { input, measures, output },
    params: { size, stride: strideOf(size), power, factor },
    grid: gridOf(size, batches),
  });
}

/** Q and X in a pair. */
export function pairOf({ pair }: RootBuffers, size: number): { readonly q: BufferSlice; readonly x: BufferSlice } {
  const sizeBytes = size ** 2 * bytesPerFloat;
  const { buffer, offsetBytes } = pair;
  return {
    q: { buffer, offsetBytes, sizeBytes },
    x: { buffer, offsetBytes: offsetBytes + strideOf(size) * bytesPerFloat, sizeBytes },
  };
}

/**
 * Records `factor · A^−½`, whole, as the first matrix of the pair.
 *
 * @param options.matrix A, [size, size], symmetric, read on and above the diagonal; in `raw` or `weight`, or elsewhere but in the pair.
 */
export function recordInverseRoot(
  program: Program,
  options: SquareOptions & {
    readonly steps: RootSteps;
    readonly matrix: BufferSlice;
    readonly buffers: RootBuffers;
    readonly factor?: number;
  },
): void {
  const { label, gemm, size, steps, matrix, buffers, factor = 1 } = options;
  const { pair, weight, raw, measures } = buffers;
  const { q, x } = pairOf(buffers, size);
  const common = { label, gemm, size, measures };
  const multiply = (a: BufferSlice, b: BufferSlice, batches: 1 | 2 = 1): void =>
    recordSquareProduct(program, { ...common, a, b, c: raw, isSymmetric: true, batches });
  const copy = (output: BufferSlice, told: { batches?: 2; power?: number; factor?: number } = {}): void =>
    recordSymmetricCopy(program, { ...common, input: raw, output, ...told });

  recordSymmetricMeasures(program, { label, size, matrix, output: measures });
  recordSymmetricCopy(program, { ...common, input: matrix, output: x, power: 1 });
  steps.forEach(([a, b, c], index) => {
    const isLast = index === steps.length - 1;
    multiply(x, x);
    program.dispatch(symmetricPolynomialKernel, {
      label: `${label} polynomial`,
      bindings: { matrix: x, square: raw, output: weight },
      params: { size, a, b, c },
      grid: gridOf(size),
    });
    if (index === 0) {
      recordSymmetricCopy(program, { ...common, input: weight, output: q });
      multiply(x, weight);
      copy(x);
    } else if (isLast) {
      multiply(q, weight);
      copy(q, { power: 0.5, factor });
      return;
    } else {
      multiply(pair, weight, 2);
      copy(pair, { batches: 2 });
    }
    multiply(x, weight);
    copy(x);
  });
}
