/** Everything that was painted: what the page shows as cards, newest first, and keeps in the browser. */

import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import {
  bytesOf,
  type KeptPainting,
  newestFirst,
  noteShownInTab,
  PaintingStore,
  shownInTab,
  thoseWithRoom,
} from './painting-store.ts';

export class History {
  readonly #store = new PaintingStore();
  readonly #paintings: Signal<readonly KeptPainting[]> = signal([]);
  readonly #urls = new Map<string, { readonly file: Blob; readonly url: string }>();
  readonly #onUnkept: () => void;
  /** The painting on the canvas; undefined where nothing is painted there. */
  readonly shown: Signal<string | undefined> = signal(undefined);
  readonly #compared: Signal<string | undefined> = signal(undefined);
  /** Newest first. */
  readonly paintings: ReadonlySignal<readonly KeptPainting[]> = this.#paintings;
  /** The painting that the one on the canvas is compared with, where it is not the photograph. */
  readonly compared = computed(() => {
    const id = this.#compared.value;
    return id === this.shown.value ? undefined : this.#paintings.value.find((painting) => painting.id === id);
  });
  /** Bytes that the browser would give; undefined where it does not say. */
  readonly roomBytes: Signal<number | undefined> = signal(undefined);
  readonly bytes = computed(() => this.#paintings.value.reduce((sum, painting) => sum + bytesOf(painting), 0));

  /** @param onUnkept is called when the browser has refused to keep a painting. */
  constructor(onUnkept: () => void) {
    this.#onUnkept = onUnkept;
  }

  /** Reads what the browser keeps, also what other tabs have painted since. What it does not keep stays as long as the page. */
  async refresh(): Promise<void> {
    const kept = await this.#store.load();
    const known = new Set(kept.map(({ id }) => id));
    const others = this.#paintings.value.filter(({ id }) => !known.has(id));
    this.#paintings.value = newestFirst([...kept, ...others]);
  }

  /** What this tab showed before it was loaded again; in a new tab, what was painted last in any. */
  lastShown(): KeptPainting | undefined {
    const id = shownInTab();
    if (id === undefined) return this.#paintings.value[0];
    return this.find(id);
  }

  find(id: string): KeptPainting | undefined {
    return this.#paintings.value.find((painting) => painting.id === id);
  }

  /** Notes what is on the canvas, over reloads too. */
  show(id: string | undefined): void {
    this.shown.value = id;
    noteShownInTab(id);
  }

  /** Compares with a painting; with the photograph again where it is the one compared. */
  compare(id: string): void {
    this.#compared.value = this.#compared.value === id ? undefined : id;
  }

  /** Adds a painting, or a later state of it. The oldest go where there is no more room. */
  async keep(painting: KeptPainting): Promise<void> {
    const all = newestFirst([painting, ...this.#paintings.value.filter(({ id }) => id !== painting.id)]);
    const kept = thoseWithRoom(all);
    this.#paintings.value = kept;
    const isKept = await this.#store.save(painting);
    if (!isKept) this.#onUnkept();
    await this.#forget(all.slice(kept.length).map(({ id }) => id));
  }

  async remove(id: string): Promise<void> {
    this.#paintings.value = this.#paintings.value.filter((painting) => painting.id !== id);
    await this.#forget([id]);
  }

  /** An address of a painting's picture, good until it is removed or painted on. */
  urlOf({ id, result }: KeptPainting): string {
    const known = this.#urls.get(id);
    if (known?.file === result) return known.url;
    if (known !== undefined) URL.revokeObjectURL(known.url);
    const url = URL.createObjectURL(result);
    this.#urls.set(id, { file: result, url });
    return url;
  }

  async #forget(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const known = this.#urls.get(id);
      if (known !== undefined) URL.revokeObjectURL(known.url);
      this.#urls.delete(id);
    }
    if (ids.length > 0) await this.#store.remove(ids);
  }
}
