/** Ctrl-C, SIGTERM and a closed terminal: the first ends the run in order, a second Ctrl-C or SIGTERM the process. */

import { exitStatus } from './failure.ts';

const statusOfSignal = {
  SIGINT: exitStatus.interrupted,
  SIGTERM: exitStatus.terminated,
  SIGHUP: exitStatus.hungUp,
} as const;
type EndingSignal = keyof typeof statusOfSignal;
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const satisfies readonly EndingSignal[];

/** npm hands a Ctrl-C on that the terminal has already sent us: within this time it is the same keypress. */
const sameKeypressMs = 300;

export class Interrupts implements Disposable {
  readonly #controller = new AbortController();
  readonly #onFirst: (signal: EndingSignal) => void;
  readonly #beforeEnd: () => void;
  #first: { readonly signal: EndingSignal; readonly atMs: number } | undefined;

  constructor(options: {
    readonly onFirst: (signal: EndingSignal) => void;
    /** Runs before the process ends at the second signal, to give the terminal back. */
    readonly beforeEnd: () => void;
  }) {
    this.#onFirst = options.onFirst;
    this.#beforeEnd = options.beforeEnd;
    for (const signal of endingSignals) process.on(signal, this.#handle);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The exit status that the first signal asks for; undefined when there was none. */
  get status(): number | undefined {
    return this.#first === undefined ? undefined : statusOfSignal[this.#first.signal];
  }

  [Symbol.dispose](): void {
    for (const signal of endingSignals) process.off(signal, this.#handle);
  }

  readonly #handle = (signal: NodeJS.Signals): void => {
    const known = endingSignals.find((one) => one === signal) ?? 'SIGINT';
    if (this.#first === undefined) {
      this.#first = { signal: known, atMs: performance.now() };
      this.#controller.abort();
      this.#onFirst(known);
    } else if (known !== 'SIGHUP' && performance.now() - this.#first.atMs > sameKeypressMs) {
      // A terminal that closes may say so more than once, the kernel and the shell each: that is not impatience.
      this.#beforeEnd();
      this[Symbol.dispose]();
      // Without a handler the signal does what it does to any program, and the shell sees it.
      process.kill(process.pid, known);
    }
  };
}
