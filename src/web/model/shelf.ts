/** The user's own pictures of this session, those of the last run among them, each to be chosen again by one click. */

import { type Signal, signal } from '@preact/signals';
import type { Role } from './pictures.ts';

export interface OwnPicture {
  readonly file: File;
  /** Address of a small copy, which lives as long as the page. */
  readonly thumbnail: string;
}

export class Shelf {
  readonly #own: Readonly<Record<Role, Signal<readonly OwnPicture[]>>> = { content: signal([]), style: signal([]) };

  /** In the order in which they came. */
  of(role: Role): readonly OwnPicture[] {
    return this.#own[role].value;
  }

  /** The same file, when it was taken before. */
  find(role: Role, { name, size, lastModified }: File): OwnPicture | undefined {
    const own = this.#own[role].peek();
    return own.find(({ file }) => file.name === name && file.size === size && file.lastModified === lastModified);
  }

  /** @returns the address of the thumbnail. */
  add(role: Role, file: File, small: Blob): string {
    const own = this.#own[role];
    const thumbnail = URL.createObjectURL(small);
    own.value = [...own.peek(), { file, thumbnail }];
    return thumbnail;
  }
}
