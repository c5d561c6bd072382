/** What a person's buttons do to a run: paused, let through one step at a time, ended. There from the moment the run is ordered. */

import type { Pace } from '../protocol.ts';

export class Gate {
  /** The run's number. */
  readonly run: number;
  readonly #abort = new AbortController();
  /** Whether nobody waits for the run any more: it was stopped before it had painted anything, and is on its way out. */
  isAbandoned = false;
  /** Resolves when a person ends the run. */
  readonly stopped: Promise<void> = new Promise((resolve) => {
    this.#abort.signal.addEventListener('abort', () => resolve());
  });

  #pace: Exclude<Pace, 'stop'> = 'run';
  /** Lets whoever waits look again. */
  #wake: (() => void) | undefined;

  constructor(run: number) {
    this.run = run;
  }

  get pace(): Exclude<Pace, 'stop'> {
    return this.#pace;
  }

  /** Aborted when the run is to end after the evaluation at work. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Sets how the run goes on. One that is to end is held no more. */
  set(pace: Pace): void {
    if (this.signal.aborted) return;
    if (pace === 'stop') this.#abort.abort();
    this.#pace = pace === 'stop' ? 'run' : pace;
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
