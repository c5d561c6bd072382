/** A contact sheet: paintings along the top, photographs down the left, where they meet what was painted. */

import { fitLongestSide, resizeImage } from '../../src/images/resize.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';

/** Between pictures, in pixels. */
const gap = 8;
const channels = 3;

/** Rows of pictures with this longest side, each centred in its column and its row, on white; undefined leaves a place empty. */
export function contactSheet(rows: readonly (readonly (RgbImage | undefined)[])[], side: number): RgbImage {
  const fitted = rows.map((row) => row.map((picture) => picture && fitInto(picture, side)));
  const heights = fitted.map((row) => Math.max(...row.map((picture) => picture?.height ?? 0)));
  const columns = Math.max(...rows.map((row) => row.length));
  const width = columns * (side + gap) + gap;
  const height = heights.reduce((sum, one) => sum + one + gap, gap);
  const sheet: RgbImage = { width, height, pixels: new Float32Array(width * height * channels).fill(1) };
  let rowTop = gap;
  for (const [y, row] of fitted.entries()) {
    const rowHeight = heights[y] ?? 0;
    for (const [x, picture] of row.entries()) {
      if (picture === undefined) continue;
      const left = gap + x * (side + gap) + Math.floor((side - picture.width) / 2);
      paste(sheet, picture, { left, top: rowTop + Math.floor((rowHeight - picture.height) / 2) });
    }
    rowTop += rowHeight + gap;
  }
  return sheet;
}

/** The picture with this longest side, never enlarged. */
export function fitInto(picture: RgbImage, side: number): RgbImage {
  const { width, height } = fitLongestSide(picture.width, picture.height, side);
  return resizeImage(picture, width, height);
}

function paste(onto: RgbImage, picture: RgbImage, at: { readonly left: number; readonly top: number }): void {
  const row = picture.width * channels;
  for (let y = 0; y < picture.height; y++) {
    const from = picture.pixels.subarray(y * row, (y + 1) * row);
    onto.pixels.set(from, ((at.top + y) * onto.width + at.left) * channels);
  }
}
