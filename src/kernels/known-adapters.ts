/**
 * What was measured on adapters we know (`impasto tune`, docs/decisions/0013-choice-by-measurement.md). Only rows where
 * something else than the family's own choice was fastest. A user's own measurements take precedence.
 */

import type { AdapterProfile, MeasuredVariants } from '../core/gpu.ts';

interface KnownAdapter {
  readonly vendor: string;
  readonly description: RegExp;
  /** The variant by operation, each with the milliseconds it took and those of the family's own choice. */
  readonly variants: MeasuredVariants;
}

const knownAdapters: readonly KnownAdapter[] = [];

/** The measured variants of an adapter, undefined for one we do not know. */
export function knownVariants({ vendor, description }: AdapterProfile): MeasuredVariants | undefined {
  return knownAdapters.find((one) => one.vendor === vendor && one.description.test(description))?.variants;
}
