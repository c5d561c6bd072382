/** The Gram matrix and its backward pass as matrix products, with any kernel of theirs. */

import { type GemmKernel, recordGemm } from './gemm.ts';
import { gemmLanes } from './gemm-lanes.ts';
import { gemmTiles } from './gemm-tiles.ts';
import {
  type Chunking,
  chunkingOf,
  chunksBytes,
  type GramShape,
  type GramVariant,
  recordReduce,
} from './gram-variant.ts';
import { tileNames } from './tiles.ts';

/** Partial matrices of a GPU take this many values: 512 tiles of 64x64, several for each of its cores. */
const partialValuesOnGpu = 512 * 64 * 64;
/** On a CPU fewer cost less to add up and longer ones more to make: 2¹⁸ and 2¹⁹ take 17.0 and 16.5 ms of an evaluation at 256x192. */
const partialValuesOnCpu = 2 ** 19;

/** Both passes as matrix products. */
function gramOnProduct(gemm: GemmKernel, partialValues: number): GramVariant {
  const product = ({ positions, channels }: GramShape, { chunkSize, chunks }: Chunking) => ({
    batches: chunks,
    rows: channels,
    columns: channels,
    depth: chunkSize,
    splitDepth: positions,
    aStrides: { batch: chunkSize * channels, row: 1, depth: channels },
    bStrides: { batch: chunkSize * channels, depth: channels },
    cStrides: { batch: channels * channels, row: channels },
  });
  return {
    name: gemm.name,
    family: gemm.family,
    fits: (shape) => gemm.fits(product(shape, chunkingOf(shape, partialValues))),
    scratchBytes: (shape) => chunksBytes(chunkingOf(shape, partialValues), shape),
    recordForward: (program, options) => {
      const { shape, feature, scratch, label = 'gram' } = options;
      const chunking = chunkingOf(shape, partialValues);
      const operands = { label: `${label} partial`, a: feature, b: feature, c: scratch, triangle: true };
      recordGemm(program, gemm, { ...operands, ...product(shape, chunking) });
      recordReduce(program, options, chunking, gemm.triangleBlock);
    },
    recordBackward: (program, { shape, feature, gradGram, gradFeature, accumulate, label = 'gram' }) => {
      const { positions, channels } = shape;
      recordGemm(program, gemm, {
        label: `${label} backward`,
        a: feature,
        b: gradGram,
        c: gradFeature,
        batches: 1,
        rows: positions,
        columns: channels,
        depth: channels,
        aStrides: { batch: 0, row: channels, depth: 1 },
        bStrides: { batch: 0, depth: channels },
        cStrides: { batch: 0, row: channels },
        accumulate,
      });
    },
  };
}

export const gramLanes = gramOnProduct(gemmLanes, partialValuesOnCpu);

/** Every tile, the usual one first. */
export const gramTiles: readonly GramVariant[] = tileNames.map((tile) =>
  gramOnProduct(gemmTiles(tile), partialValuesOnGpu),
);
