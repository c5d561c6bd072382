/** Measurements as a table of them gives them. */

import type { FastestVariant } from '../../src/kernels/preference.ts';

/** One variant on maps of any size. */
export function always(variant: string): readonly FastestVariant[] {
  return [{ variant, mostPositions: Number.POSITIVE_INFINITY }];
}
