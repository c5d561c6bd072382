/** The batched matrix product of the `lanes` family, for CPU adapters. `gemm.lanes.wgsl` says why it looks as it does. */

import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { lanesOfGpu } from './family.ts';
import { type GemmKernel, type GemmOptions, strideParams, strideValues } from './gemm.ts';

export const gemmLanesKernel = defineKernel({
  shader: 'gemm.lanes.wgsl',
  bindings: { a: 'read', b: 'read', c: 'readWrite' },
  params: {
    rows: 'u32',
    columns: 'u32',
    depth: 'u32',
    depthTotal: 'u32',
    depthStep: 'u32',
    rowsPerGroup: 'u32',
    ...strideParams,
    relu: 'u32',
    triangle: 'u32',
  },
});

/**
 * Columns that one workgroup holds at most, on any lane count: 8 vectors of 8 lanes measured best (8 / 10 / 12 / 16 vectors: 27.5 / 25.7
 * / 22.0 / 14.8 GFLOP/s on a slower CPU than decision 0015's), and with 128 rows they fill a first-level cache of 32 KiB.
 */
export const gemmColumnBlock = 64;

/** The most of a sum's length that is added up before the result rests in C. */
export const gemmDepthBlock = 128;

export const gemmLanes: GemmKernel = {
  name: 'lanes',
  family: 'lanes',
  rule: 'any shape',
  fits: () => true,
  triangleBlock: gemmColumnBlock,
  record,
};

function record(program: Program, options: GemmOptions): void {
  const { rows, columns, depth } = options;
  const lanes = lanesOfGpu(program.gpu);
  const vectors = chooseVectors(options, lanes);
  const columnBlocks = Math.ceil(columns / (vectors * lanes));
  const rowsPerGroup = chooseRowsPerGroup(rows, columnBlocks * options.batches);
  program.dispatch(gemmLanesKernel, {
    label: options.label,
    constants: {
      LANES: lanes,
      V: vectors,
      KC: chooseDepthBlock(options),
      PARTIAL: Number(columns % (vectors * lanes) !== 0),
    },
    bindings: { a: options.a, b: options.b, c: options.c },
    params: {
      rows,
      columns,
      depth,
      depthTotal: options.splitDepth ?? depth,
      depthStep: options.splitDepth === undefined ? 0 : depth,
      rowsPerGroup,
      ...strideValues(options),
      relu: Number(options.relu ?? false),
      triangle: Number(options.triangle ?? false),
    },
    grid: [columnBlocks, Math.ceil(rows / rowsPerGroup), options.batches],
  });
}

/** Vectors of columns in a block: blocks of one width, at most `gemmColumnBlock`, since a last one is computed whole. */
function chooseVectors({ columns, triangle = false }: GemmOptions, lanes: number): number {
  if (triangle) return gemmColumnBlock / lanes;
  return Math.ceil(columns / Math.ceil(columns / gemmColumnBlock) / lanes);
}

/**
 * Rows per workgroup: many, so that filling the resident block is paid for (256 rows and more measured best), but not so many that
 * cores idle.
 */
function chooseRowsPerGroup(rows: number, otherGroups: number): number {
  const leastGroups = 16;
  const rowGroups = Math.max(Math.ceil(leastGroups / otherGroups), Math.ceil(rows / 512));
  return Math.ceil(rows / Math.min(rowGroups, rows));
}

/**
 * Long blocks of the depth are faster, except where they leave a rest. An f16 C must be made in one block, since the sums rest in C
 * between blocks and would be rounded there. What reads an f16 A has short blocks, which compile in half the time (decision 0024).
 */
function chooseDepthBlock({ a, c, depth }: GemmOptions): 64 | typeof gemmDepthBlock {
  if (c.element === 'f16') {
    return depth > 64 ? gemmDepthBlock : 64;
  }
  return a.element !== 'f16' && (depth % gemmDepthBlock === 0 || depth > 256) ? gemmDepthBlock : 64;
}
