/** Small pictures for tests, and how far two are apart. */

import type { RgbImage } from '../../src/images/rgb-image.ts';

/** The picture whose value at column x, row y, channel c is `value(x, y, c)`. */
export function pictureOf(width: number, height: number, value: (x: number, y: number, c: number) => number): RgbImage {
  const pixels = new Float32Array(width * height * 3);
  for (let i = 0; i < pixels.length; i++) {
    const pixel = Math.floor(i / 3);
    pixels[i] = value(pixel % width, Math.floor(pixel / width), i % 3);
  }
  return { width, height, pixels };
}

/** max |a - b|; infinite where the lengths differ or a value is NaN. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN));
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return largest;
}
