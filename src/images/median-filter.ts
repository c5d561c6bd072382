/** The median of a square window round each value, channel by channel. */

import { ShapeError } from '../core/errors.ts';
import { assertRgbImage, type RgbImage } from './rgb-image.ts';

/**
 * The median over a size x size window, each channel for itself; equal to `scipy.ndimage.median_filter(pixels, [size, size, 1])`.
 *
 * - An even window has no middle: it reaches size / 2 up and left, size / 2 - 1 down and right (scipy's origin 0).
 * - Of an even number of values the greater of the two middle ones is taken, not their mean.
 * - The border is mirrored with the edge repeated, `c b a | a b c` (scipy's mode "reflect"), as often as a window wider than the
 *   picture needs.
 *
 * @returns a picture that shares `alpha` with the given one.
 * @throws ShapeError where `size` is not a positive integer or the picture's arrays do not fit its size.
 */
export function medianFilter(image: RgbImage, size: number): RgbImage {
  assertRgbImage(image, 'medianFilter');
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new ShapeError(`medianFilter: size must be a positive integer, got ${size}`);
  }
  const { width, height, pixels } = image;
  const columns = mirroredWindow(width, size);
  const rows = mirroredWindow(height, size);
  const window = new Float32Array(size * size);
  const filtered = new Float32Array(pixels.length);
  for (let i = 0; i < filtered.length; i++) {
    const [channel, pixel] = [i % 3, Math.floor(i / 3)];
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    let filled = 0;
    for (let dy = 0; dy < size; dy++) {
      const row = (rows[y + dy] ?? 0) * width;
      for (let dx = 0; dx < size; dx++) {
        window[filled++] = pixels[(row + (columns[x + dx] ?? 0)) * 3 + channel] ?? 0;
      }
    }
    filtered[i] = selectRank(window, Math.floor(window.length / 2));
  }
  return { ...image, pixels: filtered };
}

/** The places `-floor(size / 2) ... side + ceil(size / 2) - 2` of an axis, mirrored into `0 ... side - 1`. */
function mirroredWindow(side: number, size: number): Int32Array {
  const before = Math.floor(size / 2);
  return Int32Array.from({ length: side + size - 1 }, (_, index) => {
    const period = 2 * side;
    const place = (((index - before) % period) + period) % period;
    return place < side ? place : period - 1 - place;
  });
}

/** The value that sorting would put at `rank`; reorders the array. Source: C. A. R. Hoare, "Algorithm 65: find", CACM 4(7), 1961. */
function selectRank(values: Float32Array, rank: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[rank] ?? 0;
    let [left, right] = [low, high];
    while (left <= right) {
      while ((values[left] ?? 0) < pivot) left++;
      while (pivot < (values[right] ?? 0)) right--;
      if (left <= right) {
        const swapped = values[left] ?? 0;
        values[left++] = values[right] ?? 0;
        values[right--] = swapped;
      }
    }
    if (right < rank) low = left;
    if (rank < left) high = right;
  }
  return values[rank] ?? 0;
}
