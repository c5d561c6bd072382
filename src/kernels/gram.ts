/**
 * The Gram matrix of a feature map, `G = scale · FᵀF`, F being the map as [positions, channels], and its backward pass
 * `dF = F · gradGram`. Both sums over positions are cut into chunks (split-K) that a second pass adds in order.
 *
 * Source: Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks" (2016), eq. 3 and 6.
 */

import { type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import { linearGrid, type Program } from '../core/program.ts';
import { elementwiseGrid, workgroupSize } from './elementwise.ts';
import { type Backend, type DirectBackend, type LanesBackend, lanesOfBackend, measuredVariant } from './family.ts';
import { type GemmOptions, gemmColumnBlock, recordGemm } from './gemm.ts';
import { gemmTilesBlock, recordGemmTiles } from './gemm-tiles.ts';
import { type TilesVariant, tileNames } from './tiles.ts';

export const gramForwardKernel = defineKernel({
  shader: 'gram_forward.direct.wgsl',
  bindings: { feature: 'read', partial: 'readWrite' },
  params: { positions: 'u32', channels: 'u32', chunkSize: 'u32' },
});

export const gramReduceKernel = defineKernel({
  shader: 'gram_reduce.wgsl',
  bindings: { partial: 'read', output: 'readWrite' },
  params: { channels: 'u32', chunks: 'u32', blockSize: 'u32', scale: 'f32' },
});

export const gramBackwardKernel = defineKernel({
  shader: 'gram_backward.direct.wgsl',
  bindings: { feature: 'read', gradGram: 'read', gradFeature: 'readWrite' },
  params: { positions: 'u32', channels: 'u32', accumulate: 'u32' },
});

export interface GramShape {
  /** Height times width of the map. */
  readonly positions: number;
  /** A multiple of 4. */
  readonly channels: number;
}

/** `direct` and `tiles` anywhere; `lanes` where the channels fill whole column blocks of the matrix product. */
export type GramVariant = DirectBackend | LanesBackend | TilesVariant;

/** How a person, and a table of measurements, calls a variant: `direct`, `lanes`, `tiles 64x64`. */
export function gramVariantName(variant: GramVariant): string {
  return variant.family === 'tiles' ? `tiles ${variant.tile}` : variant.family;
}

/** Every variant for so many channels, `direct` first. `lanes` is the adapter's lane count, where it has one. */
export function gramVariants(channels: number, lanes: number | undefined): readonly GramVariant[] {
  const onLanes = lanes !== undefined && channels % gemmColumnBlock === 0;
  return [
    { family: 'direct' },
    ...(onLanes ? [{ family: 'lanes', lanes } as const] : []),
    ...tileNames.map((tile) => ({ family: 'tiles', tile }) as const),
  ];
}

/** What a table of measurements calls the Gram matrix of so many channels and its backward pass. */
export function gramOperation(channels: number): string {
  return `gram ${channels}`;
}

/** The variant on a backend. */
export function chooseGramVariant(channels: number, backend: Backend): GramVariant {
  const known = gramVariants(channels, lanesOfBackend(backend));
  const measured = measuredVariant(backend, gramOperation(channels), known, gramVariantName);
  if (measured !== undefined) return measured;
  return known.find(({ family }) => family === backend.family) ?? { family: 'direct' };
}

/** Partial matrices of a GPU take this many values: 512 tiles of 64x64, several for each of its cores. */
const partialValuesOnGpu = 512 * 64 * 64;
/** On a CPU fewer cost less to add up and longer ones more to make: 2¹⁸ and 2¹⁹ take 17.0 and 16.5 ms of an evaluation at 256x192. */
const partialValuesOnCpu = 2 ** 19;
const mostChunks = 1024;

/** Chunks of positions: enough of them to keep an adapter busy, each long enough to be worth a pass of its own. */
function chunkingOf(
  { positions, channels }: GramShape,
  { family }: GramVariant,
): { readonly chunkSize: number; readonly chunks: number } {
  const wanted = Math.min((family === 'tiles' ? partialValuesOnGpu : partialValuesOnCpu) / channels ** 2, mostChunks);
  const goal = Math.max(1, Math.floor(wanted));
  const chunkSize = Math.max(128, Math.ceil(positions / goal / 128) * 128);
  return { chunkSize, chunks: Math.ceil(positions / chunkSize) };
}

/** Bytes of the scratch buffer for the partial sums. */
export function gramScratchBytes(shape: GramShape, variant: GramVariant): number {
  return chunkingOf(shape, variant).chunks * shape.channels ** 2 * bytesPerFloat;
}

/** Records a matrix product on the variant's kernel. */
function recordProduct(
  program: Program,
  variant: LanesBackend | TilesVariant,
  options: Omit<GemmOptions, 'lanes' | 'relu'>,
): void {
  if (variant.family === 'tiles') recordGemmTiles(program, { ...options, tile: variant.tile });
  else recordGemm(program, { ...options, lanes: variant.lanes });
}

/** The edge of the blocks that a variant makes on and above the diagonal only; 0 where it makes every entry. */
function madeBlockOf(variant: GramVariant): number {
  if (variant.family === 'direct') return 0;
  return variant.family === 'tiles' ? gemmTilesBlock(variant.tile) : gemmColumnBlock;
}

/** Records `output = scale · FᵀF`, [channels, channels]. */
export function recordGramForward(
  program: Program,
  options: {
    readonly variant: GramVariant;
    readonly shape: GramShape;
    /** [positions, channels] */
    readonly feature: BufferSlice;
    /** At least `gramScratchBytes(shape, variant)`. */
    readonly scratch: BufferSlice;
    readonly output: BufferSlice;
    readonly scale: number;
    readonly label?: string;
  },
): void {
  const { variant, shape, feature, scratch, output, scale, label = 'gram' } = options;
  const { positions, channels } = shape;
  const { chunkSize, chunks } = chunkingOf(shape, variant);
  if (variant.family !== 'direct') {
    recordProduct(program, variant, {
      label: `${label} partial`,
      a: feature,
      b: feature,
      c: scratch,
      batches: chunks,
      rows: channels,
      columns: channels,
      depth: chunkSize,
      splitDepth: positions,
      aStrides: { batch: chunkSize * channels, row: 1, depth: channels },
      bStrides: { batch: chunkSize * channels, depth: channels },
      cStrides: { batch: channels * channels, row: channels },
      triangle: true,
    });
  } else {
    program.dispatch(gramForwardKernel, {
      label: `${label} partial`,
      bindings: { feature, partial: scratch },
      params: { positions, channels, chunkSize },
      grid: [Math.ceil((channels * channels) / 4 / workgroupSize), 1, chunks],
    });
  }
  program.dispatch(gramReduceKernel, {
    label: `${label} reduce`,
    bindings: { partial: scratch, output },
    params: { channels, chunks, blockSize: madeBlockOf(variant), scale },
    grid: elementwiseGrid((channels * channels) / 4),
  });
}

/**
 * Records `gradFeature = old + F · gradGram`.
 *
 * `gradGram` is symmetric and carries all factors: 2 · scale · dL/dG for `G = scale · FᵀF`.
 */
export function recordGramBackward(
  program: Program,
  options: {
    readonly variant: GramVariant;
    readonly shape: GramShape;
    readonly feature: BufferSlice;
    /** [channels, channels] */
    readonly gradGram: BufferSlice;
    /** [positions, channels] */
    readonly gradFeature: BufferSlice;
    readonly accumulate: boolean;
    readonly label?: string;
  },
): void {
  const { variant, shape, feature, gradGram, gradFeature, accumulate, label = 'gram' } = options;
  const { positions, channels } = shape;
  if (variant.family !== 'direct') {
    recordProduct(program, variant, {
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
    return;
  }
  program.dispatch(gramBackwardKernel, {
    label: `${label} backward`,
    bindings: { feature, gradGram, gradFeature },
    params: { positions, channels, accumulate: Number(accumulate) },
    grid: linearGrid(program.gpu, (positions * channels) / 4, workgroupSize),
  });
}
