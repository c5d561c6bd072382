/** The last run, kept by the browser (IndexedDB) so that a reload loses nothing. Where the browser keeps nothing, nothing is kept. */

import { createStore, get, set } from 'idb-keyval';
import type { PageSettings } from '../settings.ts';
import type { Making } from './export.ts';
import type { Trace } from './trace.ts';

export interface KeptPicture {
  readonly name: string;
  readonly file: Blob;
  readonly example: string | undefined;
  readonly weight: number;
}

export interface KeptRun {
  /** Raised when the meaning changes; other versions are not read. */
  readonly version: 3;
  readonly settings: PageSettings;
  readonly making: Making | undefined;
  readonly content: KeptPicture;
  readonly styles: readonly KeptPicture[];
  /** The picture as PNG. */
  readonly result: Blob;
  readonly trace: Trace;
  /** Evaluations spent, of how many. */
  readonly evaluations: number;
  readonly budget: number;
}

const key = 'last-run';

export class RunStorage {
  readonly #store = createStore('impasto', 'runs');

  async load(): Promise<KeptRun | undefined> {
    try {
      const kept = await get<KeptRun>(key, this.#store);
      return kept?.version === 3 ? kept : undefined;
    } catch {
      return undefined;
    }
  }

  /** False where the browser has no room or keeps nothing. */
  async save(run: KeptRun): Promise<boolean> {
    try {
      await set(key, run, this.#store);
      return true;
    } catch {
      return false;
    }
  }
}
