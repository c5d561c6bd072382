/**
 * The last run of each tab, kept by the browser (IndexedDB) so that a reload loses nothing. A tab that has none of its own begins with the last
 * of all. Where the browser keeps nothing, nothing is kept.
 */

import { createStore, del, get, set } from 'idb-keyval';
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

/** Where the ids of the tabs are kept, the one that kept a run last at the end. */
const tabsKey = 'tabs';
const mostTabs = 4;
/** Of the browser's session storage, which each tab has for itself, over reloads too. */
const ownIdKey = 'impasto-tab';

export class RunStorage {
  readonly #store = createStore('impasto', 'runs');

  /** The tab's own run; of a new tab, the last run of any. */
  async load(): Promise<KeptRun | undefined> {
    try {
      const tabs = await this.#tabs();
      const kept = (await get<KeptRun>(ownId(), this.#store)) ?? (await get<KeptRun>(tabs.at(-1) ?? '', this.#store));
      return kept?.version === 3 ? kept : undefined;
    } catch {
      return undefined;
    }
  }

  /** False where the browser has no room or keeps nothing. */
  async save(run: KeptRun): Promise<boolean> {
    try {
      const id = ownId();
      await set(id, run, this.#store);
      const tabs = [...(await this.#tabs()).filter((tab) => tab !== id), id];
      for (const old of tabs.slice(0, -mostTabs)) await del(old, this.#store);
      await set(tabsKey, tabs.slice(-mostTabs), this.#store);
      return true;
    } catch {
      return false;
    }
  }

  async #tabs(): Promise<readonly string[]> {
    return (await get<readonly string[]>(tabsKey, this.#store)) ?? [];
  }
}

function ownId(): string {
  const known = sessionStorage.getItem(ownIdKey);
  if (known !== null) return known;
  const id = `run-${crypto.randomUUID()}`;
  sessionStorage.setItem(ownIdKey, id);
  return id;
}
