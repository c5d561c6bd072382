/**
 * The orthonormal cosine transform of planes, by rows and by columns, each a product with a matrix: exact for any size, its own adjoint's inverse,
 * and at the edges it mirrors the picture. A fast transform would save (width + height) / 2 log of them of the multiplications, which are few beside
 * a network's: docs/decisions/0045-pictures-as-frequencies.md.
 */

import type { BufferSlice } from '../core/buffers.ts';
import type { Program } from '../core/program.ts';
import { type GemmKernel, recordGemm } from './gemm.ts';
import { gemmLanes } from './gemm-lanes.ts';
import { gemmTiles } from './gemm-tiles.ts';
import type { KernelFamily } from './preference.ts';

/** The product for a family; every adapter can run the tiles'. */
export function transformProduct(family: KernelFamily): GemmKernel {
  return family === 'lanes' ? gemmLanes : gemmTiles('64x64');
}

/** Sides of planes are multiples of this, as the product of GPUs wants them. */
export const transformStep = 4;

/**
 * C[k][n] = √(2 / N) · cos(π k (2n + 1) / 2N), √(1 / N) where k is 0, of N = `size` (DCT-II; C Cᵀ = 1), in a matrix of `padded` rows and columns
 * that is 0 beyond; [n][k] where transposed.
 *
 * Source: N. Ahmed, T. Natarajan, K. R. Rao, "Discrete Cosine Transform", IEEE Transactions on Computers, 1974.
 */
export function cosineMatrix(size: number, padded: number, isTransposed = false): Float32Array<ArrayBuffer> {
  const cosines = Float64Array.from({ length: 4 * size }, (_, step) => Math.cos((Math.PI * step) / (2 * size)));
  const matrix = new Float32Array(padded * padded);
  for (let k = 0; k < size; k++) {
    const factor = Math.sqrt((k === 0 ? 1 : 2) / size);
    for (let n = 0; n < size; n++) {
      const value = factor * (cosines[(k * (2 * n + 1)) % (4 * size)] ?? 0);
      matrix[isTransposed ? n * padded + k : k * padded + n] = value;
    }
  }
  return matrix;
}

/** What a transform of three planes of [height, width] works with. */
export interface CosineTransform {
  readonly gemm: GemmKernel;
  /** Multiples of `transformStep`. */
  readonly width: number;
  readonly height: number;
  /** `cosineMatrix` of the width, [k][x], and transposed, [x][k]. */
  readonly across: BufferSlice;
  readonly acrossTransposed: BufferSlice;
  /** `cosineMatrix` of the height, [k][y]. */
  readonly down: BufferSlice;
  /** [3, height, width]: what is transformed, in place. */
  readonly planes: BufferSlice;
  /** As large. */
  readonly scratch: BufferSlice;
}

/** Records planes ← the spectrum of planes (`analysis`), or what has it (`synthesis`), its inverse and adjoint. */
export function recordCosineTransform(
  program: Program,
  transform: CosineTransform,
  direction: 'analysis' | 'synthesis',
): void {
  const { gemm, width, height, planes, scratch, across, acrossTransposed, down } = transform;
  const isAnalysis = direction === 'analysis';
  const plane = width * height;
  recordGemm(program, gemm, {
    label: `cosine ${direction} across`,
    a: planes,
    b: isAnalysis ? acrossTransposed : across,
    c: scratch,
    batches: 1,
    rows: 3 * height,
    columns: width,
    depth: width,
    aStrides: { batch: 0, row: width, depth: 1 },
    bStrides: { batch: 0, depth: width },
    cStrides: { batch: 0, row: width },
  });
  recordGemm(program, gemm, {
    label: `cosine ${direction} down`,
    a: down,
    b: scratch,
    c: planes,
    batches: 3,
    rows: height,
    columns: width,
    depth: height,
    aStrides: isAnalysis ? { batch: 0, row: height, depth: 1 } : { batch: 0, row: 1, depth: height },
    bStrides: { batch: plane, depth: width },
    cStrides: { batch: plane, row: width },
  });
}
