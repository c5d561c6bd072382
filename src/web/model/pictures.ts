/** The photograph and the paintings that are chosen: shown as thumbnails here, decoded in the worker. */

import { computed, type Signal, signal } from '@preact/signals';
import { assertReadableSize, defaultMaxPixels } from '../../images/file-format.ts';
import type { PictureSize } from '../../settings/sizes.ts';
import type { EngineClient } from '../engine-client.ts';
import { type Example, exampleOf } from '../examples.ts';
import { mostStyles } from '../link.ts';
import type { PictureInfo } from '../protocol.ts';
import { Shelf } from './shelf.ts';

export type Role = 'content' | 'style';

/** A picture the worker holds. */
export interface Card extends PictureInfo {
  readonly id: string;
  readonly name: string;
  /** Where the page shows it from. */
  readonly url: string;
  /** Address of a small copy, the same whenever the same picture is chosen. */
  readonly thumbnail: string;
  readonly file: Blob;
  readonly example: Example | undefined;
  /** Its part in the mix of paintings; a photograph has none. */
  readonly weight: number;
}

/** What it takes to show a picture. */
type Shown = Pick<Card, 'url' | 'name' | 'width' | 'height'>;

/** What is known of a picture beside its file. */
interface Given {
  readonly name: string;
  readonly example?: Example | undefined;
  readonly weight?: number | undefined;
  /** A painting whose place it takes, or that of the painting which has taken it since. */
  readonly replaces?: string | undefined;
}

export class Pictures {
  readonly content: Signal<Card | undefined> = signal(undefined);
  readonly styles: Signal<readonly Card[]> = signal([]);
  /** The first photograph while the worker, which may not even be there, has not decoded it. */
  readonly #coming: Signal<Shown | undefined> = signal(undefined);
  /** The photograph as the page shows it: the first one as soon as its file is there. */
  readonly photograph = computed<Shown | undefined>(() => this.content.value ?? this.#coming.value);
  /** The user's own pictures, to be chosen again. */
  readonly shelf = new Shelf();
  readonly #engine: EngineClient;
  /** Paintings that were replaced, each with the one that took its place. */
  readonly #successors = new Map<string, string>();
  #count = 0;

  constructor(engine: EngineClient) {
    this.#engine = engine;
  }

  /**
   * Takes a file as the photograph, as a further painting, or in place of the painting `replaces`.
   *
   * @throws InputError with a sentence where it is no picture, or one too large.
   */
  async take(role: Role, file: Blob, given: Given): Promise<void> {
    const id = `${role}-${++this.#count}`;
    const url = URL.createObjectURL(file);
    let info: PictureInfo;
    let thumbnail: string;
    try {
      const size = await this.#sizeOf(url, given.name);
      if (role === 'content' && size !== undefined) this.#coming.value = { url, name: given.name, ...size };
      info = await this.#engine.call('picture', { id, file, name: given.name });
      thumbnail = given.example?.thumbnail ?? (await this.#shelve(role, id, file, given.name));
    } catch (error) {
      if (this.#coming.value?.url === url) this.#coming.value = undefined;
      URL.revokeObjectURL(url);
      throw error;
    }
    const old = role === 'style' ? this.#current(given.replaces) : undefined;
    const weight = given.weight ?? old?.weight ?? 1;
    const card: Card = { id, url, thumbnail, file, name: given.name, example: given.example, weight, ...info };
    if (role === 'content') {
      this.#forget(this.content.value);
      this.content.value = card;
      return;
    }
    this.styles.value =
      old === undefined ? [...this.styles.value, card] : this.styles.value.map((one) => (one === old ? card : one));
    if (old !== undefined) this.#successors.set(old.id, id);
    this.#forget(old);
    for (const surplus of this.styles.value.slice(0, -mostStyles)) this.remove(surplus.id);
  }

  /** Takes an example by its id; unknown ids are ignored. */
  async takeExample(role: Role, id: string, given: Pick<Given, 'weight' | 'replaces'> = {}): Promise<void> {
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

  /** The painting in the place that this one had. */
  #current(id: string | undefined): Card | undefined {
    const successor = id === undefined ? undefined : this.#successors.get(id);
    if (successor !== undefined) return this.#current(successor);
    return this.styles.value.find((card) => card.id === id);
  }

  /** The address of the thumbnail of one of the user's own pictures, which is on the shelf from here on. */
  async #shelve(role: Role, id: string, file: Blob, name: string): Promise<string> {
    const own = file instanceof File ? file : new File([file], name);
    const known = this.shelf.find(role, own);
    if (known !== undefined) return known.thumbnail;
    return this.shelf.add(role, own, await this.#engine.call('thumbnail', { id }));
  }

  #forget(card: Card | undefined): void {
    if (card === undefined) return;
    URL.revokeObjectURL(card.url);
    void this.#engine.call('forget', { id: card.id });
  }

  /**
   * Looks at the size before anything is decoded: an element that is not shown reads the header only. Undefined for files that are no
   * pictures: they are refused by the worker, which can say what they are.
   *
   * @throws InputError where it is too large.
   */
  async #sizeOf(url: string, name: string): Promise<PictureSize | undefined> {
    const element = new Image();
    const loaded = new Promise<boolean>((resolve) => {
      element.onload = () => resolve(true);
      element.onerror = () => resolve(false);
    });
    element.src = url;
    if (!(await loaded)) return undefined;
    const { naturalWidth: width, naturalHeight: height } = element;
    assertReadableSize(name, width, height, defaultMaxPixels);
    return { width, height };
  }
}
