/** The last checkpoint of a painting, as the browser keeps it (IndexedDB): one, since it is as large as its run's memory of curvature. */

import { type Signal, signal } from '@preact/signals';
import { createStore, del, get, set } from 'idb-keyval';

export interface KeptCheckpoint {
  /** Of the painting, in the history. */
  readonly id: string;
  /** As `impasto resume` takes it. */
  readonly file: Blob;
  readonly evaluation: number;
  readonly budget: number;
}

const key = 'last';

export class Checkpoints {
  readonly #store = createStore('impasto-checkpoints', 'last');
  /** Of the run that was painted last; undefined where it came to its end. */
  readonly last: Signal<KeptCheckpoint | undefined> = signal(undefined);

  async load(): Promise<void> {
    this.last.value ??= await get<KeptCheckpoint>(key, this.#store).catch(() => undefined);
  }

  /** Where the browser keeps nothing, it lasts as long as the page. */
  async keep(checkpoint: KeptCheckpoint): Promise<void> {
    this.last.value = checkpoint;
    await set(key, checkpoint, this.#store).catch(() => {});
  }

  async forget(): Promise<void> {
    this.last.value = undefined;
    await del(key, this.#store).catch(() => {});
  }
}
