/** Holds a run between two steps: paused, or let through one step at a time. */

import type { Pace } from '../protocol.ts';

export class Gate {
  #pace: Pace = 'run';
  /** Lets whoever waits look again. */
  #wake: (() => void) | undefined;

  get pace(): Pace {
    return this.#pace;
  }

  /** Sets how the run goes on; `step` lets one step through and pauses. */
  set(pace: Pace): void {
    this.#pace = pace;
    this.#wake?.();
  }

  /** Undefined while the run may go on; else a promise of the next step, which rejects as soon as `ended` does. */
  pass(ended: Promise<never>): Promise<void> | undefined {
    if (this.#pace === 'pause') {
      const held = this.#wait(ended);
      // The run may still be reading losses when it rejects; it sees that all the same.
      held.catch(() => {});
      return held;
    }
    if (this.#pace === 'step') this.#pace = 'pause';
    return undefined;
  }

  /** One run waits at a time. */
  async #wait(ended: Promise<never>): Promise<void> {
    while (this.#pace === 'pause') {
      const changed = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([changed, ended]);
    }
    if (this.#pace === 'step') this.#pace = 'pause';
  }
}
