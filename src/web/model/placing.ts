/** Putting several pictures in place at once: those of a link, of a kept painting, or of a page that is opened. */

import { exampleOf } from '../examples.ts';
import type { Linked } from '../link.ts';
import type { Attempts } from './attempts.ts';
import type { KeptPicture } from './painting-store.ts';
import type { Pictures, Role } from './pictures.ts';

/** A picture to be put in place: one that was kept, or an example by its id. */
type Source = KeptPicture | { readonly example: string; readonly weight: number };

/** What is left out stays as it is; paintings that are given take the place of those that are there. */
export interface Sources {
  readonly content?: Source | undefined;
  readonly styles?: readonly Source[] | undefined;
}

/** Places pictures one after the other; what cannot be had is said in notices. */
export async function placePictures(
  pictures: Pictures,
  attempts: Attempts,
  { content, styles }: Sources,
): Promise<void> {
  const take = (role: Role, source: Source) =>
    attempts.make(async () => {
      const { weight } = source;
      if (!('file' in source)) return await pictures.takeExample(role, source.example, { weight });
      const { file, name, example = '' } = source;
      await pictures.take(role, file, { name, weight, example: exampleOf(example) });
    });
  if (content !== undefined) await take('content', content);
  if (styles === undefined) return;
  for (const { id } of pictures.styles.value) pictures.remove(id);
  for (const style of styles) await take('style', style);
}

/** The pictures that a link names. */
export function linkedSources({ content, styles }: Linked): Sources {
  return { content: content === undefined ? undefined : { example: content, weight: 1 }, styles };
}

/** Whether the page was reloaded, or is come back to from another one. */
export function isReturn(): boolean {
  const types = performance.getEntriesByType('navigation').flatMap((entry) => ('type' in entry ? [entry.type] : []));
  return types.some((type) => type === 'reload' || type === 'back_forward');
}
