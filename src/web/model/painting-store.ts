/**
 * Paintings as the browser keeps them (IndexedDB): each run that has painted something, with its settings and pictures, so that nothing
 * is lost by a reload or by the next run. Where the browser keeps nothing, they last as long as the page.
 */

import { createStore, delMany, entries, set } from 'idb-keyval';
import type { PageSettings } from '../settings.ts';
import type { Making } from './export.ts';
import type { Trace } from './trace.ts';

export interface KeptPicture {
  readonly name: string;
  readonly file: Blob;
  readonly example: string | undefined;
  readonly weight: number;
}

/** A finished picture, or one as it was when the page last heard of it. */
export interface KeptPainting {
  /** Raised when the meaning changes; other versions are not read. */
  readonly version: 4;
  readonly id: string;
  /** When it was kept last, in milliseconds since 1970. */
  readonly keptAtMs: number;
  readonly making: Making;
  readonly settings: PageSettings;
  readonly content: KeptPicture;
  readonly styles: readonly KeptPicture[];
  /** The picture as PNG. */
  readonly result: Blob;
  readonly width: number;
  readonly height: number;
  readonly trace: Trace;
  /** Evaluations spent, of how many. */
  readonly evaluations: number;
  readonly budget: number;
}

/** So many paintings are kept, and so much of the browser's room is taken, whichever is reached first; the oldest go. */
const most = { paintings: 40, bytes: 200e6 };

/** Of the browser's session storage, which each tab has for itself, over reloads too: the painting that the tab shows. */
const shownKey = 'impasto-painting';

export class PaintingStore {
  readonly #store = createStore('impasto', 'runs');

  /** Those kept by any tab, newest first; none where the browser keeps nothing. */
  async load(): Promise<readonly KeptPainting[]> {
    try {
      const kept = await entries<string, KeptPainting>(this.#store);
      const readable = kept.map(([, painting]) => painting).filter((painting) => painting.version === 4);
      const outdated = kept.filter(([, painting]) => painting.version !== 4).map(([key]) => key);
      if (outdated.length > 0) await delMany(outdated, this.#store);
      return newestFirst(readable);
    } catch {
      return [];
    }
  }

  /** False where the browser has no room or keeps nothing. */
  async save(painting: KeptPainting): Promise<boolean> {
    try {
      await set(painting.id, painting, this.#store);
      return true;
    } catch {
      return false;
    }
  }

  async remove(ids: readonly string[]): Promise<void> {
    try {
      await delMany([...ids], this.#store);
    } catch {
      // What was never kept need not be removed.
    }
  }
}

/** The painting that this tab showed last, empty where nothing was painted; undefined in a new tab. */
export function shownInTab(): string | undefined {
  try {
    return sessionStorage.getItem(shownKey) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Notes what this tab shows; undefined: nothing painted. */
export function noteShownInTab(id: string | undefined): void {
  try {
    sessionStorage.setItem(shownKey, id ?? '');
  } catch {
    // Where nothing is kept there is nothing to come back to.
  }
}

/** Bytes of a painting's pictures, its own and those it was made of. */
export function bytesOf({ result, content, styles }: KeptPainting): number {
  return [content, ...styles].reduce((sum, { file }) => sum + file.size, result.size);
}

export function newestFirst(paintings: readonly KeptPainting[]): readonly KeptPainting[] {
  return [...paintings].sort((one, other) => other.keptAtMs - one.keptAtMs);
}

/** Of paintings with the newest first, those that there is room for: always the newest one. */
export function thoseWithRoom(paintings: readonly KeptPainting[]): readonly KeptPainting[] {
  let bytes = 0;
  const last = paintings.findIndex((painting, index) => {
    bytes += bytesOf(painting);
    return index > 0 && (index >= most.paintings || bytes > most.bytes);
  });
  return last < 0 ? paintings : paintings.slice(0, last);
}
