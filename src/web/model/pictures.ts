/** The photograph and the paintings that are chosen: shown as thumbnails here, decoded in the worker. */

import { type Signal, signal } from '@preact/signals';
import { assertReadableSize, defaultMaxPixels } from '../../images/file-format.ts';
import type { EngineClient } from '../engine-client.ts';
import { type Example, exampleOf } from '../examples.ts';
import { mostStyles } from '../link.ts';
import type { PictureInfo } from '../protocol.ts';

export type Role = 'content' | 'style';

/** A picture the worker holds. */
export interface Card extends PictureInfo {
  readonly id: string;
  readonly name: string;
  /** Where the page shows it from. */
  readonly url: string;
  readonly file: Blob;
  readonly example: Example | undefined;
  /** Its part in the mix of paintings; a photograph has none. */
  readonly weight: number;
}

export class Pictures {
  readonly content: Signal<Card | undefined> = signal(undefined);
  readonly styles: Signal<readonly Card[]> = signal([]);
  readonly #engine: EngineClient;
  #count = 0;

  constructor(engine: EngineClient) {
    this.#engine = engine;
  }

  /**
   * Takes a file as the photograph, as a further painting, or in place of the painting `replaces`.
   *
   * @throws InputError with a sentence where it is no picture, or one too large.
   */
  async take(
    role: Role,
    file: Blob,
    given: {
      readonly name: string;
      readonly example?: Example | undefined;
      readonly weight?: number | undefined;
      readonly replaces?: string | undefined;
    },
  ): Promise<void> {
    const id = `${role}-${++this.#count}`;
    const url = URL.createObjectURL(file);
    let info: PictureInfo;
    try {
      await this.#assertSize(url, given.name);
      info = await this.#engine.call('picture', { id, file, name: given.name });
    } catch (error) {
      URL.revokeObjectURL(url);
      throw error;
    }
    const weight = given.weight ?? this.styles.value.find((card) => card.id === given.replaces)?.weight ?? 1;
    const card: Card = { id, url, file, name: given.name, example: given.example, weight, ...info };
    if (role === 'content') {
      this.#forget(this.content.value);
      this.content.value = card;
      return;
    }
    const old = this.styles.value.find((style) => style.id === given.replaces);
    this.styles.value =
      old === undefined ? [...this.styles.value, card] : this.styles.value.map((one) => (one === old ? card : one));
    this.#forget(old);
    for (const surplus of this.styles.value.slice(0, -mostStyles)) this.remove(surplus.id);
  }

  /** Takes an example by its id; unknown ids are ignored. */
  async takeExample(
    role: Role,
    id: string,
    given: { readonly weight?: number | undefined; readonly replaces?: string | undefined } = {},
  ): Promise<void> {
    const example = exampleOf(id);
    if (example === undefined) return;
    const response = await fetch(example.url);
    await this.take(role, await response.blob(), { ...given, name: example.title, example });
  }

  setWeight(id: string, weight: number): void {
    this.styles.value = this.styles.value.map((card) => (card.id === id ? { ...card, weight } : card));
  }

  remove(id: string): void {
    this.#forget(this.styles.value.find((card) => card.id === id));
    this.styles.value = this.styles.value.filter((card) => card.id !== id);
  }

  #forget(card: Card | undefined): void {
    if (card === undefined) return;
    URL.revokeObjectURL(card.url);
    void this.#engine.call('forget', { id: card.id });
  }

  /** Looks at the size before anything is decoded: an element that is not shown reads the header only. */
  async #assertSize(url: string, name: string): Promise<void> {
    const element = new Image();
    const loaded = new Promise<boolean>((resolve) => {
      element.onload = () => resolve(true);
      element.onerror = () => resolve(false);
    });
    element.src = url;
    // Files that are no pictures are refused by the worker, which can say what they are.
    if (await loaded) assertReadableSize(name, element.naturalWidth, element.naturalHeight, defaultMaxPixels);
  }
}
