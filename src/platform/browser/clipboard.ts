/** The clipboard. */

import { InputError, messageOf } from '../../core/errors.ts';

/** @throws InputError where the browser does not allow it. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch (error) {
    throw new InputError(`the browser did not let the page copy (${messageOf(error)}); allow it or copy by hand`);
  }
}
