/**
 * What was measured on adapters we know (`impasto tune`, docs/decisions/0013-choice-by-measurement.md). Only operations where
 * something else than the family's own choice was fastest. A user's own measurements take precedence.
 */

import type { AdapterProfile } from '../core/gpu.ts';
import type { MeasuredVariants } from './preference.ts';

interface KnownAdapter {
  readonly vendor: string;
  readonly description: RegExp;
  /** The fastest variants by operation and size of the map. */
  readonly variants: MeasuredVariants;
}

const everySize = Number.POSITIVE_INFINITY;

/** Both directions of the convolutions of some blocks, of either VGG. */
function convolutions(blocks: readonly number[]): readonly string[] {
  const layers = blocks.flatMap((block) => [1, 2, 3, 4].map((layer) => `conv${block}_${layer}`));
  return layers.flatMap((layer) => [`conv2d_forward ${layer}`, `conv2d_backward ${layer}`]);
}

/** One variant for operations, on maps of at most so many positions. */
function rows(operations: readonly string[], variant: string, mostPositions: number) {
  return operations.map((operation) => [operation, [{ variant, mostPositions }]] as const);
}

const grams = [64, 128, 256, 512].map((channels) => `gram ${channels}`);

const knownAdapters: readonly KnownAdapter[] = [
  // Mesa 25.0.7, LLVM 15. What decides is how often a weight that was read is used: once a patch, and F(4x4, 3x3) has a quarter of the patches of
  // F(2x2, 3x3) and 2.25 times the weights.
  //
  // From 256x192 down. 16 lanes, two cores, docs/decisions/0015-lanes-experiments.md: conv5 on 48 positions takes 2.9 ms a product by F(2x2), 4.7 by
  // F(4x4); on 192 as much by either, and F(2x2) holds 120 MiB less. Below 160 positions conv3 and conv4 are like it: an evaluation at 64x64, three
  // pairs in turns on a busy machine, 2026-11-27, took 332 ms at its best instead of 578, and 32 s of CPU time for 30 of them and the start instead of 41.
  //
  // Everything else, 8 lanes at `--size 128`, 2026-11-24: the family's own choice was the fastest, the next took twice as long and more
  // (conv3_1 backward, 20.6 against 41.6 ms).
  {
    vendor: 'mesa',
    description: /^llvmpipe/,
    variants: new Map([
      ...rows(convolutions([5]), 'winograd2 lanes', everySize),
      ...rows(convolutions([3, 4]), 'winograd2 lanes', 160),
    ]),
  },
  // SwiftShader 5.0.0 of Chromium 156, 4 lanes, two cores that others used too, 2026-11-24: what tests in a browser run on, at tiny sizes.
  // Seconds of an evaluation of the default preset by `direct`, and by the fastest variants of each layer at 128x128 (`impasto tune`; mostly
  // Winograd with tiles): 0.43 and 6.4 at 24x16, 4.5 and 9 at 64x43, 16.7 and 13 at 128x85. To the first loss at 24x16 it is 2.6 and 49:
  // `direct` compiles quickly too.
  {
    vendor: 'google',
    description: /swiftshader/i,
    variants: new Map(rows([...convolutions([1, 2, 3, 4, 5]), ...grams], 'direct', everySize)),
  },
];

/** The measured variants of an adapter, undefined for one we do not know. */
export function knownVariants({ vendor, description }: AdapterProfile): MeasuredVariants | undefined {
  return knownAdapters.find((one) => one.vendor === vendor && one.description.test(description))?.variants;
}
