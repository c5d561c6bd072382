/** What is pasted into the page: files, or the link of a picture. */

import { InputError, messageOf } from '../../core/errors.ts';
import type { PageModel } from './page.ts';
import type { Role } from './pictures.ts';

export interface Pasted {
  readonly files: readonly File[];
  readonly text: string;
}

/** Takes pasted files, or else the picture that a pasted link names. Other texts are let go by. */
export async function takePasted(
  model: PageModel,
  { files, text }: Pasted,
  role: Role,
  replaces?: string,
): Promise<void> {
  try {
    const link = files.length > 0 ? undefined : linkIn(text);
    const taken = link === undefined ? files : [await fetchPicture(link)];
    if (taken.length > 0) await model.changes.receive(role, taken, replaces);
  } catch (error) {
    model.notices.add('problem', messageOf(error));
  }
}

/** The text as a link, where it is one and nothing else. */
function linkIn(text: string): URL | undefined {
  const word = text.trim();
  return /^https?:\/\/\S+$/i.test(word) && URL.canParse(word) ? new URL(word) : undefined;
}

/** @throws InputError where the link leads elsewhere, or to nothing. */
async function fetchPicture(link: URL): Promise<File> {
  if (link.origin !== location.origin) {
    throw new InputError(`This page talks to no other site: save the picture from ${link.host}, then drop it here.`);
  }
  const name = link.pathname.split('/').at(-1) || link.host;
  const response = await fetch(link).catch(() => undefined);
  if (response?.ok !== true) throw new InputError(`There is no picture to be had at ${link.href}.`);
  return new File([await response.blob()], name);
}
