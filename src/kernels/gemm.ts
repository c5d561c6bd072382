/**
 * The batched matrix product `C[b] = old + A[b] · B[b]`: Winograd, im2col, the Gram matrix and its backward pass all end here, so it is
 * the one kernel to tune. This is its door, with the rules of its shapes; `gemm-lanes.ts` has the kernel of CPU adapters,
 * `gemm-tiles.ts` those of GPUs.
 */

import { type BufferSlice, bytesPerElement } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Program } from '../core/program.ts';
import type { KernelFamily } from './preference.ts';

/** Strides of an operand, in values. */
interface Strides {
  /** Values before the first; none when absent. */
  readonly first?: number;
  readonly batch: number;
  readonly row: number;
  readonly depth: number;
}

export interface GemmShape {
  readonly batches: number;
  readonly rows: number;
  readonly columns: number;
  /** Length of the sum in one batch. */
  readonly depth: number;
  /** Where batches are chunks of one long sum: its length. The last chunk may then be shorter. */
  readonly splitDepth?: number;
  readonly aStrides: Strides;
  /** Columns are contiguous. */
  readonly bStrides: Omit<Strides, 'row' | 'first'>;
  readonly cStrides: Omit<Strides, 'depth'>;
  /** Makes negative results 0. */
  readonly relu?: boolean;
}

export interface GemmOptions extends GemmShape {
  readonly label: string;
  /** A[batch][row][k] */
  readonly a: BufferSlice;
  /** B[batch][k][column] */
  readonly b: BufferSlice;
  /** C[batch][row][column] */
  readonly c: BufferSlice;
  /** Adds to what C holds. */
  readonly accumulate?: boolean;
  /** C is symmetric: leaves out what lies below the kernel's `triangleBlock` on the diagonal. */
  readonly triangle?: boolean;
}

/** Members of `struct Params` for how the operands lie, in the order of every shader of the product. */
export const strideParams = {
  aFirst: 'u32',
  aBatch: 'u32',
  aRow: 'u32',
  aDepth: 'u32',
  bBatch: 'u32',
  bDepth: 'u32',
  cFirst: 'u32',
  cBatch: 'u32',
  cRow: 'u32',
  accumulate: 'u32',
} as const;

/** Their values. */
export function strideValues({ aStrides, bStrides, cStrides, accumulate }: GemmOptions) {
  return {
    aFirst: aStrides.first ?? 0,
    aBatch: aStrides.batch,
    aRow: aStrides.row,
    aDepth: aStrides.depth,
    bBatch: bStrides.batch,
    bDepth: bStrides.depth,
    cFirst: cStrides.first ?? 0,
    cBatch: cStrides.batch,
    cRow: cStrides.row,
    accumulate: Number(accumulate ?? false),
  };
}

/** A kernel behind the door. */
export interface GemmKernel {
  /** `lanes`, `tiles 64x64`. */
  readonly name: string;
  readonly family: KernelFamily;
  /** What a shape must be, for an error. */
  readonly rule: string;
  /** Whether it can run a shape. */
  fits(shape: GemmShape): boolean;
  /** Edge of the blocks that are made on and above the diagonal where `triangle` is asked for. */
  readonly triangleBlock: number;
  /** Records a product that fits. `recordGemm` is for callers. */
  record(program: Program, options: GemmOptions): void;
}

/** Records a product. @throws ShapeError where the kernel cannot run the shape, or an operand is too small for it. */
export function recordGemm(program: Program, kernel: GemmKernel, options: GemmOptions): void {
  const { label, batches, rows, columns, depth, splitDepth = batches * depth } = options;
  if (Math.min(batches, rows, columns, depth) < 1 || Math.ceil(splitDepth / depth) > batches) {
    throw new ShapeError(
      `${label}: a product of ${batches} times ${rows}x${depth} by ${depth}x${columns} is empty or too short for its sum`,
    );
  }
  if (!kernel.fits(options)) {
    throw new ShapeError(
      `${label}: the ${kernel.name} product wants ${kernel.rule}, got ${rows}x${depth} by ${depth}x${columns}`,
    );
  }
  const { aStrides, bStrides, cStrides } = options;
  const isSplit = options.splitDepth !== undefined;
  // Of chunks of one sum only the last may end early, in the operands that are read along it.
  const lastDepth = isSplit ? splitDepth - (batches - 1) * depth : depth;
  const last = batches - 1;
  assertHolds(
    label,
    'A',
    options.a,
    (aStrides.first ?? 0) + last * aStrides.batch + (rows - 1) * aStrides.row + (lastDepth - 1) * aStrides.depth,
  );
  assertHolds(label, 'B', options.b, last * bStrides.batch + (lastDepth - 1) * bStrides.depth + columns - 1);
  const lastOfC = last * cStrides.batch + (rows - 1) * cStrides.row + columns - 1;
  assertHolds(label, 'C', options.c, (cStrides.first ?? 0) + lastOfC);
  kernel.record(program, options);
}

function assertHolds(label: string, operand: string, slice: BufferSlice, lastValue: number): void {
  const values = Math.floor(slice.sizeBytes / bytesPerElement(slice.element));
  if (values > lastValue) return;
  throw new ShapeError(`${label}: ${operand} holds ${values} values, the product reaches its value ${lastValue + 1}`);
}
