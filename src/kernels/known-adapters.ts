/**
 * What was measured on adapters we know (`impasto tune`, docs/decisions/0013-choice-by-measurement.md). Only operations where
 * something else than the family's own choice was fastest. A user's own measurements take precedence.
 */

import type { AdapterProfile } from '../core/gpu.ts';
import type { MeasuredVariants } from './preference.ts';

interface KnownAdapter {
  readonly vendor: string;
  readonly description: RegExp;
  /** The fastest variant by operation, with what it took and what the family's own choice took beside it. */
  readonly variants: MeasuredVariants;
}

/** One variant for everything that has several. */
function everyOperation(variant: string): readonly (readonly [operation: string, variant: string])[] {
  const layers = [1, 2, 3, 4, 5].flatMap((block) => [1, 2, 3, 4].map((layer) => `conv${block}_${layer}`));
  const convolutions = layers.flatMap((layer) => [`conv2d_forward ${layer}`, `conv2d_backward ${layer}`]);
  const grams = [64, 128, 256, 512].map((channels) => `gram ${channels}`);
  return [...convolutions, ...grams].map((operation) => [operation, variant] as const);
}

const knownAdapters: readonly KnownAdapter[] = [
  // Mesa 25.0.7, LLVM 15, 8 lanes, two cores that others used too; `--size 128`, 2026-11-24. But for conv5, the family's own choice was the
  // fastest in every operation; the next one took twice as long and more (conv3_1 backward, 20.6 against 41.6 ms). conv5's products, with
  // 16 lanes at 128x96: 2.9 ms by F(2x2, 3x3), 4.7 by F(4x4, 3x3) (docs/decisions/0015-lanes-experiments.md).
  {
    vendor: 'mesa',
    description: /^llvmpipe/,
    variants: new Map(
      ['conv5_1', 'conv5_2', 'conv5_3', 'conv5_4'].flatMap((layer) =>
        ['forward', 'backward'].map((direction) => [`conv2d_${direction} ${layer}`, 'winograd2 lanes'] as const),
      ),
    ),
  },
  // SwiftShader 5.0.0 of Chromium 156, 4 lanes, two cores that others used too, 2026-11-24: what tests in a browser run on, at tiny sizes.
  // Seconds of an evaluation of the default preset by `direct`, and by the fastest variants of each layer at 128x128 (`impasto tune`; mostly
  // Winograd with tiles): 0.43 and 6.4 at 24x16, 4.5 and 9 at 64x43, 16.7 and 13 at 128x85. To the first loss at 24x16 it is 2.6 and 49:
  // `direct` compiles quickly too.
  { vendor: 'google', description: /swiftshader/i, variants: new Map(everyOperation('direct')) },
];

/** The measured variants of an adapter, undefined for one we do not know. */
export function knownVariants({ vendor, description }: AdapterProfile): MeasuredVariants | undefined {
  return knownAdapters.find((one) => one.vendor === vendor && one.description.test(description))?.variants;
}
