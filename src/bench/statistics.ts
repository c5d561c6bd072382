/** What a list of measured times comes to. */

export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Least, middle (the mean of two where their number is even) and greatest. @throws RangeError for no values. */
export function summarise(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new RangeError('there is nothing to summarise');
  const half = sorted.length / 2;
  const low = sorted[Math.ceil(half) - 1] ?? min;
  const high = sorted[Math.floor(half)] ?? max;
  return { count: sorted.length, min, median: (low + high) / 2, max };
}

/** Sums lists of the same length place by place: the parts of a layer, run by run. */
export function sumByRun(parts: readonly (readonly number[])[]): readonly number[] {
  const runs = Math.min(...parts.map((part) => part.length));
  return Array.from({ length: Number.isFinite(runs) ? runs : 0 }, (_, run) =>
    parts.reduce((sum, part) => sum + (part[run] ?? 0), 0),
  );
}

/** Repetitions that fit a time goal after one of them took `onceMs`. */
export function repetitionsFor(
  onceMs: number,
  bounds: { readonly goalMs: number; readonly least: number; readonly most: number },
): number {
  const wanted = Math.ceil(bounds.goalMs / Math.max(onceMs, 1e-3));
  return Math.min(Math.max(wanted, bounds.least), bounds.most);
}

/** `count` a second, in 1e9: GFLOP/s from operations, GB/s from bytes. */
export function gigaPerSecond(count: number, milliseconds: number): number {
  return count / milliseconds / 1e6;
}
