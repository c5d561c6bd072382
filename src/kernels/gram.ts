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
import type { Backend, DirectBackend, LanesBackend } from './family.ts';
import { gemmColumnBlock, recordGemm } from './gemm.ts';

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

/** `direct` anywhere; `lanes` where the channels fill whole column blocks of the matrix product. */
export type GramVariant = DirectBackend | LanesBackend;

/** The variant on a backend. */
export function chooseGramVariant(channels: number, backend: Backend): GramVariant {
  return backend.family === 'lanes' && channels % gemmColumnBlock === 0 ? backend : { family: 'direct' };
}

/** Chunks of positions: enough of them to keep an adapter busy, each long enough to be worth a pass of its own. */
function chunkingOf({ positions, channels }: GramShape): { readonly chunkSize: number; readonly chunks: number } {
  const goal = Math.max(1, Math.floor(4096 / channels));
  const chunkSize = Math.max(128, Math.ceil(positions / goal / 128) * 128);
  return { chunkSize, chunks: Math.ceil(positions / chunkSize) };
}

/** Bytes of the scratch buffer for the partial sums. */
export function gramScratchBytes(shape: GramShape): number {
  return chunkingOf(shape).chunks * shape.channels ** 2 * bytesPerFloat;
}

/** Records `output = scale · FᵀF`, [channels, channels]. */
export function recordGramForward(
  program: Program,
  options: {
    readonly variant: GramVariant;
    readonly shape: GramShape;
    /** [positions, channels] */
    readonly feature: BufferSlice;
    /** At least `gramScratchBytes(shape)`. */
    readonly scratch: BufferSlice;
    readonly output: BufferSlice;
    readonly scale: number;
    readonly label?: string;
  },
): void {
  const { variant, shape, feature, scratch, output, scale, label = 'gram' } = options;
  const { positions, channels } = shape;
  const { chunkSize, chunks } = chunkingOf(shape);
  if (variant.family === 'lanes') {
    recordGemm(program, {
      label: `${label} partial`,
      lanes: variant.lanes,
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
    params: { channels, chunks, blockSize: variant.family === 'lanes' ? gemmColumnBlock : 0, scale },
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
  if (variant.family === 'lanes') {
    recordGemm(program, {
      label: `${label} backward`,
      lanes: variant.lanes,
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
