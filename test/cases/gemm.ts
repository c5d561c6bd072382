/** The batched matrix product of both families, in every use of its strides. */

import type { Gpu } from '../../src/core/gpu.ts';
import { lanesOf } from '../../src/kernels/family.ts';
import { type GemmKernel, recordGemm } from '../../src/kernels/gemm.ts';
import { gemmLanes } from '../../src/kernels/gemm-lanes.ts';
import { gemmTiles } from '../../src/kernels/gemm-tiles.ts';
import { tileNames } from '../../src/kernels/tiles.ts';
import { gemm } from '../reference/gemm.ts';
import { floats, seededRandom, signed } from '../support/random.ts';
import {
  accumulated,
  bytesOf,
  type CaseValues,
  type KernelCase,
  type KernelVariant,
  unwritten,
} from './kernel-case.ts';

interface GemmProblem {
  readonly batches: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Length of the one sum that the batches are chunks of. */
  readonly splitDepth?: number;
  readonly accumulate: boolean;
  /** A is stored [k][row]. */
  readonly transposed: boolean;
  /** Row tiles of a dispatch of the `tiles` family; absent, one dispatch holds all. */
  readonly rowTilesPerBand?: number;
  /** Floats between the rows and matrices of the operands, beyond their own. */
  readonly gap: number;
  /** Floats before A and C. */
  readonly first: number;
}

const control: GemmProblem = {
  batches: 2,
  rows: 5,
  columns: 64,
  depth: 64,
  accumulate: false,
  transposed: false,
  gap: 0,
  first: 0,
};

function stridesOf({ batches, rows, columns, depth, splitDepth, transposed, gap, first }: GemmProblem) {
  const aMinor = (transposed ? rows : depth) + gap;
  const aMajor = transposed ? depth : rows;
  const bDepth = columns + gap;
  const cRow = columns + gap;
  const isSplit = splitDepth !== undefined;
  return {
    aStrides: {
      first,
      batch: aMajor * aMinor + (isSplit ? 0 : gap),
      row: transposed ? 1 : aMinor,
      depth: transposed ? aMinor : 1,
    },
    bStrides: { batch: depth * bDepth + (isSplit ? 0 : gap), depth: bDepth },
    cStrides: { first, batch: rows * cRow + gap, row: cRow },
    aLength: first + batches * (aMajor * aMinor + gap),
    bLength: batches * (depth * bDepth + gap),
    cLength: first + batches * (rows * cRow + gap),
  };
}

function makeGemm(name: string, problem: GemmProblem): CaseValues {
  const { batches, rows, columns, depth, splitDepth, accumulate } = problem;
  const random = seededRandom(name);
  const { aStrides, bStrides, cStrides, aLength, bLength, cLength } = stridesOf(problem);
  const a = floats(aLength, signed(random));
  const b = floats(bLength, signed(random));
  const initial = floats(cLength, accumulate ? signed(random) : () => unwritten);
  const dense = gemm({
    batches,
    rows,
    columns,
    depth: (batch) => Math.min(depth, (splitDepth ?? Number.POSITIVE_INFINITY) - batch * depth),
    a: (batch, row, k) =>
      a[aStrides.first + batch * aStrides.batch + row * aStrides.row + k * aStrides.depth] ?? Number.NaN,
    b: (batch, k, column) => b[batch * bStrides.batch + k * bStrides.depth + column] ?? Number.NaN,
    old: (batch, row, column) =>
      accumulate ? (initial[cStrides.first + batch * cStrides.batch + row * cStrides.row + column] ?? Number.NaN) : 0,
  });
  const expected = new Float64Array(cLength);
  const written = new Set<number>();
  dense.forEach((value, index) => {
    const [batch, row] = [Math.floor(index / (rows * columns)), Math.floor(index / columns) % rows];
    const at = cStrides.first + batch * cStrides.batch + row * cStrides.row + (index % columns);
    expected[at] = value;
    written.add(at);
  });
  return {
    inputs: { a, b },
    outputs: {
      c: {
        initial,
        expected,
        tolerance: accumulated(depth + 1),
        rule: (index) => (written.has(index) ? 'compare' : 'untouched'),
      },
    },
  };
}

function gemmVariants(problem: GemmProblem, gpu: Gpu): readonly KernelVariant[] {
  const { batches, rows, columns, depth, splitDepth, accumulate, rowTilesPerBand } = problem;
  const strides = stridesOf(problem);
  const sizes = { batches, rows, columns, depth, ...(splitDepth === undefined ? {} : { splitDepth }) };
  const onLanes = lanesOf(gpu.profile) === undefined ? [] : [gemmLanes];
  const kernels: readonly GemmKernel[] = [...onLanes, ...tileNames.map((tile) => gemmTiles(tile, rowTilesPerBand))];
  return kernels
    .filter((kernel) => kernel.fits({ ...sizes, ...strides }))
    .map((kernel) => ({
      name: kernel.name,
      record: ({ program, buffer }) => {
        const operands = { a: buffer('a'), b: buffer('b'), c: buffer('c') };
        recordGemm(program, kernel, { label: 'gemm', ...operands, ...sizes, ...strides, accumulate });
      },
    }));
}

function gemmCase(change: Partial<GemmProblem>): KernelCase {
  const problem: GemmProblem = { ...control, ...change };
  const { batches, rows, columns, depth, splitDepth, accumulate, transposed, gap, first, rowTilesPerBand } = problem;
  const flags = [
    splitDepth === undefined ? '' : ` of ${splitDepth}`,
    transposed ? ' transposed' : '',
    accumulate ? ' accumulate' : '',
    gap === 0 ? '' : ` gap=${gap}`,
    first === 0 ? '' : ` from ${first}`,
    rowTilesPerBand === undefined ? '' : ` bands of ${rowTilesPerBand}`,
  ];
  const name = `gemm a=[${batches},${rows},${depth}] b=[${batches},${depth},${columns}]${flags.join('')}`;
  const sizes = [batches * rows * depth, batches * depth * columns, batches * rows * columns * (accumulate ? 2 : 1)];
  return {
    op: 'gemm',
    name,
    flops: 2 * rows * columns * (splitDepth ?? batches * depth),
    leastBytes: bytesOf(...sizes),
    make: () => makeGemm(name, problem),
    variants: (gpu) => gemmVariants(problem, gpu),
  };
}

export const gemmCases: readonly KernelCase[] = [
  gemmCase({}),
  // Depth on both sides of a vector of lanes and of the blocks of 64 and 128 rows that stay in registers.
  ...[1, 7, 8, 9, 63, 65, 127, 128, 129, 192, 256, 257, 300, 384, 512].map((depth) => gemmCase({ depth })),
  // Rows that do not divide into the groups; batches alone decide how many groups there are.
  ...[1, 2, 15, 16, 17, 33, 513].map((rows) => gemmCase({ rows, batches: 1 })),
  gemmCase({ rows: 37, batches: 36 }),
  gemmCase({ columns: 192 }),
  gemmCase({ accumulate: true }),
  gemmCase({ accumulate: true, depth: 200 }),
  gemmCase({ transposed: true, rows: 70 }),
  gemmCase({ gap: 12 }),
  gemmCase({ gap: 12, transposed: true, accumulate: true, depth: 130 }),
  // Some columns of a wider C, some depth of a wider A; columns that end within a block, within a vector of lanes.
  gemmCase({ gap: 12, first: 8, rows: 19, columns: 48, accumulate: true }),
  gemmCase({ gap: 16, first: 4, rows: 21, columns: 72, depth: 40, transposed: true }),
  gemmCase({ rows: 9, columns: 3, depth: 70, accumulate: true }),
  // Edges of the tiles: rows, columns and depth that end within a tile of any shape, one vector past it, one row alone.
  gemmCase({ rows: 70, columns: 68, depth: 20, gap: 12, accumulate: true }),
  gemmCase({ rows: 129, columns: 4, depth: 4 }),
  gemmCase({ rows: 1, columns: 36, depth: 36 }),
  // Rows in bands of several dispatches, the last one ragged.
  gemmCase({ rows: 1029, columns: 8, depth: 4, rowTilesPerBand: 8, accumulate: true }),
  gemmCase({ rows: 1028, columns: 4, depth: 5, rowTilesPerBand: 8, transposed: true }),
  // The same with A transposed, whose depth may be anything.
  gemmCase({ rows: 68, columns: 68, depth: 7, transposed: true, gap: 4 }),
  gemmCase({ rows: 132, columns: 12, depth: 17, transposed: true, accumulate: true }),
  ...[257, 303].map((splitDepth) =>
    gemmCase({ rows: 36, columns: 36, splitDepth, depth: 128, batches: 3, transposed: true }),
  ),
  // Batches as chunks of one sum: a ragged last chunk, one of a single product, a whole one, only one.
  ...[300, 257, 384, 100].map((splitDepth) =>
    gemmCase({ splitDepth, depth: 128, batches: Math.ceil(splitDepth / 128), transposed: true }),
  ),
];
