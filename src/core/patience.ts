/**
 * Waiting for a repeated piece of device work without burning the device.
 *
 * In Node, Dawn spins on a core while a promise is pending; on an adapter that is the CPU, that core is half the device. So
 * there, most of the time that the work is likely to take is slept before the promise is asked for.
 *
 * The guess comes from below, because sleeping too long costs more than asking too early: the first wait teaches nothing (kernels are
 * compiled in it), one slow moment of the machine can lift the guess only a little, and a guess that nothing has borne out yet is
 * dropped at the first sleep that was too long.
 */

import type { Gpu } from './gpu.ts';

/** How much of the typical time is slept. */
const slept = 0.9;
/** A promise answered within this many milliseconds was asked for too late: the guess was too long. */
const atOnceMs = 1;
/** How fast a guess that was too long shrinks. */
const shrink = 0.85;
/** How fast a guess that was too short grows at most. */
const growth = 1.25;
/** What is believed of a time that was measured without sleep: the wait itself, spinning, makes the work slower, up to twice on two cores. */
const believed = 0.5;

export class Patience {
  /** 0 where nothing is known. */
  #typicalMs = 0;
  #isFirst = true;
  /** Whether a sleep for the guess was ever short enough. */
  #isProven = false;

  /**
   * Waits for `ask`, whose work began at `startedAtMs`, and learns from it.
   *
   * @returns Milliseconds since the start, and whether the sleep was longer than the work, which makes the first figure too long.
   */
  async wait(
    gpu: Pick<Gpu, 'profile'>,
    startedAtMs: number,
    ask: () => Promise<unknown>,
  ): Promise<{ readonly elapsedMs: number; readonly overslept: boolean }> {
    const sleepMs = startedAtMs + slept * this.#typicalMs - performance.now();
    const sleeps = gpu.profile.isSoftware && sleepMs > 1;
    if (sleeps) await new Promise((resolve) => setTimeout(resolve, sleepMs));
    const askedAtMs = performance.now();
    await ask();
    const doneAtMs = performance.now();
    const elapsedMs = doneAtMs - startedAtMs;
    const overslept = sleeps && doneAtMs - askedAtMs < atOnceMs;
    this.#learn(elapsedMs, overslept);
    return { elapsedMs, overslept };
  }

  #learn(elapsedMs: number, overslept: boolean): void {
    if (this.#isFirst) {
      this.#isFirst = false;
    } else if (overslept) {
      this.#typicalMs = this.#isProven ? shrink * this.#typicalMs : 0;
    } else if (this.#typicalMs === 0) {
      this.#typicalMs = believed * elapsedMs;
    } else {
      this.#isProven = true;
      this.#typicalMs = Math.min(elapsedMs, growth * this.#typicalMs);
    }
  }
}
