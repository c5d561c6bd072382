/** Runs in the browser: decodes pictures as the page does. Built by the test beside it. */

import { decodeImage, encodePng } from '../../../src/platform/browser/image-files.ts';

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

/** Bytes of our PNG of a picture and of the browser's own, in that order. */
async function pngBytes(url: string): Promise<readonly [ours: number, browsers: number]> {
  const file = await (await fetch(url)).blob();
  const ours = await encodePng(await decodeImage(file, 'picture'));
  const bitmap = await createImageBitmap(file);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d', { alpha: false })?.drawImage(bitmap, 0, 0);
  return [ours.size, (await canvas.convertToBlob({ type: 'image/png' })).size];
}

Object.assign(globalThis, { decodePicture, pngBytes });
