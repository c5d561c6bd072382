/**
 * Waiting for a repeated piece of device work without burning the device.
 *
 * In Node, Dawn spins on a core while a promise is pending; on an adapter that is the CPU, that core is half the device. So
 * there, most of the time that the work is likely to take is slept before the promise is asked for.
 */

import type { Gpu } from './gpu.ts';

/** How much of the typical time is slept. */
const slept = 0.9;
/** A promise answered within this many milliseconds was asked for too late: the guess was too long. */
const atOnceMs = 1;
/** How fast a guess that was too long shrinks. */
const shrink = 0.85;

export class Patience {
  #typicalMs = 0;

  /**
   * Waits for `ask`, whose work began at `startedAtMs`, and learns from it.
   *
   * @returns Milliseconds since the start, and whether the sleep was longer than the work, which makes the first figure too long.
   */
  async wait(
    gpu: Gpu,
    startedAtMs: number,
    ask: () => Promise<unknown>,
  ): Promise<{ readonly elapsedMs: number; readonly overslept: boolean }> {
    const sleepMs = startedAtMs + slept * this.#typicalMs - performance.now();
    if (gpu.profile.isSoftware && sleepMs > 1) {
      await new Promise((resolve) => setTimeout(resolve, sleepMs));
    }
    const askedAtMs = performance.now();
    await ask();
    const doneAtMs = performance.now();
    const elapsedMs = doneAtMs - startedAtMs;
    const overslept = gpu.profile.isSoftware && sleepMs > 1 && doneAtMs - askedAtMs < atOnceMs;
    this.#typicalMs = overslept ? shrink * this.#typicalMs : elapsedMs;
    return { elapsedMs, overslept };
  }
}
