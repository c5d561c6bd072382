/** Runs in the browser: decodes pictures as the page does. Built by the test beside it. */

import { decodeImage } from '../../../src/platform/browser/image-files.ts';

/** The picture's values in 0..255, [height, width, 3], or what was wrong with it. */
async function decodePicture(base64: string): Promise<readonly number[] | string> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  try {
    const { pixels } = await decodeImage(new Blob([bytes]), 'picture');
    return [...pixels].map((value) => value * 255);
  } catch (error) {
    return String(error);
  }
}

Object.assign(globalThis, { decodePicture });
