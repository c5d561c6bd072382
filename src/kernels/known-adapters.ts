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
  // Mesa 25.0.7, LLVM 15, 8 lanes, two cores that others used too; `--size 128`, 2026-11-24. The family's own choice was the fastest of
  // up to nine variants in every operation; the next one took twice as long and more (conv3_1 backward, 20.6 against 41.6 ms).
  { vendor: 'mesa', description: /^llvmpipe/, variants: new Map() },
];

/** The measured variants of an adapter, undefined for one we do not know. */
export function knownVariants({ vendor, description }: AdapterProfile): MeasuredVariants | undefined {
  return knownAdapters.find((one) => one.vendor === vendor && one.description.test(description))?.variants;
}
