/** The batched matrix products of the `tiles` family, for GPUs. `gemm.tiles.wgsl` says how they work. */

import { type BufferSlice, bytesPerElement } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { type GemmKernel, type GemmOptions, type GemmShape, strideParams, strideValues } from './gemm.ts';
import { type TileName, tileConstants } from './tiles.ts';

const interfaceOf = {
  bindings: { a: 'read', b: 'read', c: 'readWrite' },
  params: {
    rows: 'u32',
    columns: 'u32',
    depth: 'u32',
    depthTotal: 'u32',
    depthStep: 'u32',
    ...strideParams,
    triangle: 'u32',
  },
} as const;

export const gemmTilesKernel = defineKernel({ shader: 'gemm.tiles.wgsl', ...interfaceOf });

/** Of an A that is stored transposed. */
export const gemmTransposedTilesKernel = defineKernel({ shader: 'gemm_transposed.tiles.wgsl', ...interfaceOf });

/** Row tiles of a band are a multiple of this, so that a band begins where a binding may (256 bytes). */
const bandStep = 8;

/**
 * The product with a tile. Rows past the adapter's most workgroups a dimension (Gram's backward pass from pictures of 2048x2048 on) are made
 * in bands of several dispatches.
 *
 * @param rowTilesPerBand row tiles of a dispatch; as many as the adapter allows when absent.
 */
export function gemmTiles(tile: TileName, rowTilesPerBand?: number): GemmKernel {
  const { TILE_M, TILE_N } = tileConstants(tile);
  return {
    name: `tiles ${tile}`,
    family: 'tiles',
    rule: 'sizes and strides that are multiples of 4, and no ReLU',
    fits: (shape) => shape.relu !== true && areWholeVectors(shape),
    triangleBlock: Math.max(TILE_M, TILE_N),
    record: (program, options) => {
      const { maxComputeWorkgroupsPerDimension } = program.gpu.device.limits;
      const mostTiles = rowTilesPerBand ?? Math.floor(maxComputeWorkgroupsPerDimension / bandStep) * bandStep;
      const bandRows = mostTiles * TILE_M;
      for (let firstRow = 0; firstRow < options.rows; firstRow += bandRows) {
        recordBand(program, tile, {
          ...options,
          rows: Math.min(bandRows, options.rows - firstRow),
          a: sliceFrom(options.a, firstRow * options.aStrides.row),
          c: sliceFrom(options.c, firstRow * options.cStrides.row),
        });
      }
    },
  };
}

/** Whether whole vectors of 4 can be read and written: along columns, and along k or, where A is transposed, its rows. */
function areWholeVectors(shape: GemmShape): boolean {
  const { aStrides, bStrides, cStrides } = shape;
  const firsts = [aStrides.first ?? 0, cStrides.first ?? 0];
  const strides = [...firsts, aStrides.batch, bStrides.batch, bStrides.depth, cStrides.batch, cStrides.row];
  const ofA = isTransposed(shape) ? [shape.rows, aStrides.depth] : [shape.depth, shape.splitDepth ?? 0, aStrides.row];
  return [...strides, ...ofA, shape.columns].every((value) => value % 4 === 0);
}

function isTransposed({ aStrides }: GemmShape): boolean {
  return aStrides.depth !== 1;
}

/** The rest of a slice, from a value on. */
function sliceFrom(slice: BufferSlice, value: number): BufferSlice {
  const skipped = value * bytesPerElement(slice.element);
  return { ...slice, offsetBytes: slice.offsetBytes + skipped, sizeBytes: slice.sizeBytes - skipped };
}

function recordBand(program: Program, tile: TileName, options: GemmOptions): void {
  const { rows, columns, depth } = options;
  const constants = tileConstants(tile);
  program.dispatch(isTransposed(options) ? gemmTransposedTilesKernel : gemmTilesKernel, {
    label: options.label,
    constants,
    bindings: { a: options.a, b: options.b, c: options.c },
    params: {
      rows,
      columns,
      depth,
      depthTotal: options.splitDepth ?? depth,
      depthStep: options.splitDepth === undefined ? 0 : depth,
      ...strideValues(options),
      // Only matrices of a few tiles are symmetric, so a band that does not begin at row 0 never asks for this.
      triangle: options.triangle === true ? Math.max(constants.TILE_M, constants.TILE_N) : 0,
    },
    grid: [Math.ceil(columns / constants.TILE_N), Math.ceil(rows / constants.TILE_M), options.batches],
  });
}
