/** Vectors that are longer than a binding may be, taken in ranges: what is elementwise is recorded once for each. */

import { type BufferSlice, bindingAlignmentBytes, bytesPerFloat } from './buffers.ts';

/** Values of a vector, one after the other. */
export interface ValueRange {
  /** Where a binding may begin. */
  readonly first: number;
  readonly count: number;
}

/** The ranges of a vector of so many floats, each of which may be bound; one for a vector that may be bound as a whole. */
export function rangesOf(values: number, mostBindingBytes: number): readonly ValueRange[] {
  if (values * bytesPerFloat <= mostBindingBytes) return [{ first: 0, count: values }];
  const most = (Math.floor(mostBindingBytes / bindingAlignmentBytes) * bindingAlignmentBytes) / bytesPerFloat;
  const ranges: ValueRange[] = [];
  for (let first = 0; first < values; first += most) ranges.push({ first, count: Math.min(most, values - first) });
  return ranges;
}

/** A range of a vector of floats, to be bound. */
export function sliceOf(vector: BufferSlice, { first, count }: ValueRange): BufferSlice {
  return {
    ...vector,
    offsetBytes: vector.offsetBytes + first * bytesPerFloat,
    sizeBytes: count * bytesPerFloat,
  };
}

/** A vector of floats as ranges that can each be bound: itself where it can. */
export function boundRanges(vector: BufferSlice, mostBindingBytes: number): readonly BufferSlice[] {
  return rangesOf(vector.sizeBytes / bytesPerFloat, mostBindingBytes).map((range) => sliceOf(vector, range));
}

/** What is bound to work on a stretch of a vector that may begin anywhere, and where in it the stretch begins. */
export function coverOf(
  vector: BufferSlice,
  { first, count }: ValueRange,
): { readonly slice: BufferSlice; readonly first: number } {
  const skipped = first % (bindingAlignmentBytes / bytesPerFloat);
  return { slice: sliceOf(vector, { first: first - skipped, count: count + skipped }), first: skipped };
}
