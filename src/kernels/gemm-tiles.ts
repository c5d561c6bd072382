/**
 * The batched matrix product of the `tiles` family, for GPUs: Winograd, the Gram matrix and its backward pass end here.
 * `gemm.tiles.wgsl` says how it works.
 */

import { type BufferSlice, bytesPerElement } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import type { GemmOptions } from './gemm.ts';
import { type TileName, tileConstants } from './tiles.ts';

export const gemmTilesKernel = defineKernel({
  shader: 'gemm.tiles.wgsl',
  bindings: { a: 'read', b: 'read', c: 'readWrite' },
  params: {
    rows: 'u32',
    columns: 'u32',
    depth: 'u32',
    depthTotal: 'u32',
    depthStep: 'u32',
    aBatch: 'u32',
    aRow: 'u32',
    aDepth: 'u32',
    bBatch: 'u32',
    bDepth: 'u32',
    cBatch: 'u32',
    cRow: 'u32',
    accumulate: 'u32',
    triangle: 'u32',
  },
});

export type GemmTilesOptions = Omit<GemmOptions, 'lanes' | 'relu'> & {
  readonly tile: TileName;
  /** Row tiles of a dispatch; as many as the adapter allows when absent. */
  readonly rowTilesPerBand?: number;
};

/** Row tiles of a band are a multiple of this, so that a band begins where a binding may (256 bytes). */
const bandStep = 8;

/** Whether whole vectors of 4 can be read and written: along columns, and along k or, where A is transposed, its rows. */
export function gemmTilesFit(
  options: Pick<GemmTilesOptions, 'rows' | 'columns' | 'depth' | 'splitDepth'> & Steps,
): boolean {
  const { aStrides, bStrides, cStrides } = options;
  const strides = [aStrides.batch, bStrides.batch, bStrides.depth, cStrides.batch, cStrides.row];
  const ofA = isTransposed(options)
    ? [options.rows, aStrides.depth]
    : [options.depth, options.splitDepth ?? 0, aStrides.row];
  return [...strides, ...ofA, options.columns].every((value) => value % 4 === 0);
}

type Steps = Pick<GemmOptions, 'aStrides' | 'bStrides' | 'cStrides'>;

function isTransposed({ aStrides }: Steps): boolean {
  return aStrides.depth !== 1;
}

/** Where `triangle` is asked for, the edge of the square blocks that are made on and above the diagonal. */
export function gemmTilesBlock(tile: TileName): number {
  const { TILE_M, TILE_N } = tileConstants(tile);
  return Math.max(TILE_M, TILE_N);
}

/**
 * Records `C[b] = old + A[b] · B[b]` for every batch, in bands of rows past the adapter's most workgroups a dimension (Gram's
 * backward pass from pictures of 2048x2048 on).
 *
 * @throws ShapeError where vectors do not fit (`gemmTilesFit`).
 */
export function recordGemmTiles(program: Program, options: GemmTilesOptions): void {
  if (!gemmTilesFit(options)) {
    throw new ShapeError(`${options.label}: sizes and strides of the tiles product must be multiples of 4`);
  }
  const { TILE_M } = tileConstants(options.tile);
  const { maxComputeWorkgroupsPerDimension } = program.gpu.device.limits;
  const mostTiles = options.rowTilesPerBand ?? Math.floor(maxComputeWorkgroupsPerDimension / bandStep) * bandStep;
  const bandRows = mostTiles * TILE_M;
  for (let firstRow = 0; firstRow < options.rows; firstRow += bandRows) {
    recordBand(program, {
      ...options,
      rows: Math.min(bandRows, options.rows - firstRow),
      a: sliceFrom(options.a, firstRow * options.aStrides.row),
      c: sliceFrom(options.c, firstRow * options.cStrides.row),
    });
  }
}

/** The rest of a slice, from a value on. */
function sliceFrom(slice: BufferSlice, value: number): BufferSlice {
  const skipped = value * bytesPerElement(slice.element);
  return { ...slice, offsetBytes: slice.offsetBytes + skipped, sizeBytes: slice.sizeBytes - skipped };
}

function recordBand(program: Program, options: GemmTilesOptions): void {
  const { rows, columns, depth, aStrides, bStrides, cStrides } = options;
  const constants = tileConstants(options.tile);
  program.dispatch(gemmTilesKernel, {
    label: options.label,
    constants: { ...constants, TRANSPOSED: Number(isTransposed(options)) },
    bindings: { a: options.a, b: options.b, c: options.c },
    params: {
      rows,
      columns,
      depth,
      depthTotal: options.splitDepth ?? depth,
      depthStep: options.splitDepth === undefined ? 0 : depth,
      aBatch: aStrides.batch,
      aRow: aStrides.row,
      aDepth: aStrides.depth,
      bBatch: bStrides.batch,
      bDepth: bStrides.depth,
      cBatch: cStrides.batch,
      cRow: cStrides.row,
      accumulate: Number(options.accumulate ?? false),
      // Only matrices of a few tiles are symmetric, so a band that does not begin at row 0 never asks for this.
      triangle: options.triangle === true ? gemmTilesBlock(options.tile) : 0,
    },
    grid: [Math.ceil(columns / constants.TILE_N), Math.ceil(rows / constants.TILE_M), options.batches],
  });
}
