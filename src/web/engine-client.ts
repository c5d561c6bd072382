/** The page's end of the worker: typed calls, and events as they come. */

import { InputError } from '../core/errors.ts';
import type { CallName, Calls, EngineEvent, FromWorker, Refusal, ToWorker } from './protocol.ts';

/** A call the engine refused, with its one sentence. */
export class RefusedError extends InputError {
  readonly largestSide: number | undefined;

  constructor({ message, largestSide }: Refusal) {
    super(message);
    this.largestSide = largestSide;
  }
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class EngineClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;

  /** @param onFailure is called when the worker itself breaks down, with a sentence. */
  constructor(onEvent: (event: EngineEvent) => void, onFailure: (message: string) => void) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'impasto' });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === 'event') onEvent(data.event);
      else this.#settle(data);
    });
    this.#worker.addEventListener('error', (event) => {
      const message = `the engine's worker stopped (${event.message || 'it could not be loaded'}); reload the page`;
      for (const { reject } of this.#waiting.values()) reject(new InputError(message));
      this.#waiting.clear();
      onFailure(message);
    });
  }

  /** Calls the worker. @throws RefusedError with the worker's sentence. */
  async call<Name extends CallName>(
    call: Name,
    sent: Calls[Name]['sent'],
    transfer: Transferable[] = [],
  ): Promise<Calls[Name]['answer']> {
    const id = ++this.#calls;
    const message: ToWorker = { id, call, sent };
    const answered = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#worker.postMessage(message, transfer);
    // The worker's handlers are checked against the same table.
    return (await answered) as Calls[Name]['answer'];
  }

  #settle(message: Exclude<FromWorker, { readonly kind: 'event' }>): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'answer') waiting?.resolve(message.answer);
    else waiting?.reject(new RefusedError(message.refusal));
  }
}
