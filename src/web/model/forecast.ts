/** How long a painting will take, from how fast the last ones were on this device. Kept by the browser. */

import { type ScaleWork, workOf } from '../../transfer/work.ts';

const key = 'impasto-speed';

interface Speed {
  /** Another one says nothing of this. */
  readonly adapter: string;
  /** Evaluations times pixels a second, everything from the click to the picture included. */
  readonly workPerSecond: number;
}

/** Keeps the speed of a run that went to its end. */
export function keepSpeed(adapter: string, scales: readonly ScaleWork[], elapsedMs: number): void {
  const workPerSecond = (1000 * workOf(scales)) / elapsedMs;
  if (!(workPerSecond > 0 && Number.isFinite(workPerSecond))) return;
  try {
    localStorage.setItem(key, JSON.stringify({ adapter, workPerSecond } satisfies Speed));
  } catch {
    // A browser that keeps nothing forecasts nothing.
  }
}

/** Undefined before the first run on the adapter. */
export function forecastSeconds(adapter: string, scales: readonly ScaleWork[]): number | undefined {
  try {
    const kept: Partial<Speed> = JSON.parse(localStorage.getItem(key) ?? '{}');
    if (kept.adapter !== adapter || kept.workPerSecond === undefined) return undefined;
    const seconds = workOf(scales) / kept.workPerSecond;
    return Number.isFinite(seconds) ? seconds : undefined;
  } catch {
    return undefined;
  }
}
