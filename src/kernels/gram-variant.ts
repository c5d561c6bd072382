/** What a variant of the Gram matrix is, and what all of them share: the chunks of positions and the pass that adds them up. */

import { type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { elementwiseGrid } from './elementwise.ts';
import type { Variant } from './family.ts';

export const gramReduceKernel = defineKernel({
  shader: 'gram_reduce.wgsl',
  bindings: { partial: 'read', output: 'readWrite' },
  params: { channels: 'u32', chunks: 'u32', blockSize: 'u32', scale: 'f32' },
});

export interface GramShape {
  /** Height times width of the map. */
  readonly positions: number;
  /** A multiple of 4. */
  readonly channels: number;
}

/** What both passes share. */
interface GramOptions {
  readonly shape: GramShape;
  /** [positions, channels] */
  readonly feature: BufferSlice;
  readonly label?: string;
}

export interface GramForwardOptions extends GramOptions {
  /** At least the variant's `scratchBytes`. */
  readonly scratch: BufferSlice;
  /** [channels, channels] */
  readonly output: BufferSlice;
  readonly scale: number;
}

export interface GramBackwardOptions extends GramOptions {
  /** [channels, channels], symmetric, with all factors: 2 · scale · dL/dG for `G = scale · FᵀF`. */
  readonly gradGram: BufferSlice;
  /** [positions, channels] */
  readonly gradFeature: BufferSlice;
  readonly accumulate: boolean;
}

/** How the Gram matrix and its backward pass run: one value that says what they fit, what scratch they take, and how they are recorded. */
export interface GramVariant extends Variant<GramShape> {
  fits(shape: GramShape): boolean;
  /** Bytes of the scratch buffer for the partial sums. */
  scratchBytes(shape: GramShape): number;
  /** Records `output = scale · FᵀF`. `recordGramForward` is for callers. */
  recordForward(program: Program, options: GramForwardOptions): void;
  /** Records `gradFeature = old + F · gradGram`. */
  recordBackward(program: Program, options: GramBackwardOptions): void;
}

const mostChunks = 1024;

export interface Chunking {
  readonly chunkSize: number;
  readonly chunks: number;
}

/** Chunks of positions, so that partial matrices take about so many values: enough of them to keep an adapter busy, each long enough to be worth a pass of its own. */
export function chunkingOf({ positions, channels }: GramShape, partialValues: number): Chunking {
  const goal = Math.max(1, Math.floor(Math.min(partialValues / channels ** 2, mostChunks)));
  const chunkSize = Math.max(128, Math.ceil(positions / goal / 128) * 128);
  return { chunkSize, chunks: Math.ceil(positions / chunkSize) };
}

export function chunksBytes({ chunks }: Chunking, { channels }: GramShape): number {
  return chunks * channels ** 2 * bytesPerFloat;
}

/** Records the sum of the partial matrices; `blockSize` is the edge of the blocks on and above the diagonal that hold them, 0 for all. */
export function recordReduce(
  program: Program,
  options: GramForwardOptions,
  { chunks }: Chunking,
  blockSize: number,
): void {
  const { shape, scratch, output, scale, label = 'gram' } = options;
  const { channels } = shape;
  program.dispatch(gramReduceKernel, {
    label: `${label} reduce`,
    bindings: { partial: scratch, output },
    params: { channels, chunks, blockSize, scale },
    grid: elementwiseGrid((channels * channels) / 4),
  });
}
