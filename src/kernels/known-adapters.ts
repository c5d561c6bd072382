/**
 * What was measured on adapters we know (`impasto tune`, docs/decisions/0013-choice-by-measurement.md). Only operations where
 * something else than the family's own choice was fastest. A user's own measurements take precedence.
 */

import type { AdapterProfile, MeasuredVariants } from '../core/gpu.ts';

interface KnownAdapter {
  readonly vendor: string;
  readonly description: RegExp;
  /** The fastest variant by operation, with what it took and what the family's own choice took beside it. */
  readonly variants: MeasuredVariants;
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
  // SwiftShader 5.0.0 of Chromium 156, 4 lanes, two cores; `--size 128`, 2026-11-24. From conv4_1 on the family's own choice was the fastest
  // or within the spread; the Gram matrices were not measured at this size.
  {
    vendor: 'google',
    description: /swiftshader/i,
    variants: new Map([
      ['conv2d_forward conv1_1', 'tiles 128x64'], // 126 ms, im2col lanes 189
      ['conv2d_backward conv1_1', 'direct'], // 59 ms, im2col lanes 183
      ['conv2d_forward conv1_2', 'winograd tiles 128x64'], // 229 ms, winograd lanes 473
      ['conv2d_backward conv1_2', 'winograd tiles 128x64'], // 307 ms, winograd lanes 474
      ['conv2d_forward conv2_1', 'winograd tiles 128x64'], // 149 ms, winograd lanes 275
      ['conv2d_backward conv2_1', 'winograd tiles 128x64'], // 148 ms, winograd lanes 263
      ['conv2d_forward conv2_2', 'winograd tiles 128x64'], // 227 ms, winograd lanes 506
      ['conv2d_backward conv2_2', 'winograd tiles 128x64'], // 249 ms, winograd lanes 481
      ['conv2d_forward conv3_1', 'winograd tiles 64x64'], // 138 ms, winograd lanes 210
      ['conv2d_backward conv3_1', 'winograd tiles 64x64'], // 137 ms, winograd lanes 258
      // 213 ms forward, 218 ms backward, winograd lanes 469 and 465.
      ...['conv3_2', 'conv3_3', 'conv3_4'].flatMap((layer) =>
        ['forward', 'backward'].map((direction) => [`conv2d_${direction} ${layer}`, 'winograd tiles 64x64'] as const),
      ),
    ]),
  },
];

/** The measured variants of an adapter, undefined for one we do not know. */
export function knownVariants({ vendor, description }: AdapterProfile): MeasuredVariants | undefined {
  return knownAdapters.find((one) => one.vendor === vendor && one.description.test(description))?.variants;
}
