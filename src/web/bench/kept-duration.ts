/** How long the last measurement took, which says how long one like it will. Kept by the browser. */

import type { BenchRequest } from './protocol.ts';

const key = 'impasto-bench-seconds';

interface Kept {
  /** The adapter and what was measured; anything else says nothing of this. */
  readonly of: string;
  readonly seconds: number;
}

/** Keeps the time of a measurement that went to its end. */
export function keepDuration(adapter: string, request: BenchRequest, seconds: number): void {
  try {
    localStorage.setItem(key, JSON.stringify({ of: nameOf(adapter, request), seconds } satisfies Kept));
  } catch {
    // A browser that keeps nothing says nothing.
  }
}

export function keptSeconds(adapter: string, request: BenchRequest): number | undefined {
  try {
    const kept: Partial<Kept> = JSON.parse(localStorage.getItem(key) ?? '{}');
    return kept.of === nameOf(adapter, request) && Number.isFinite(kept.seconds) ? kept.seconds : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(adapter: string, { layerSide, sides, allVariants }: BenchRequest): string {
  return JSON.stringify([adapter, layerSide, sides, allVariants]);
}
