/** The step between a picture and the network's input, for a window, in f64: normalise on the cut, and back with sums. */

import type { ChannelTriple } from '../../src/kernels/normalise.ts';
import type { WindowPlace } from '../../src/kernels/picture-window.ts';
import { normaliseBackward, normaliseForward } from './normalise.ts';

/** Of each value [height, width, 3] of a window its place in the picture. */
function placesOf({ width, height, pitch, first }: WindowPlace): readonly number[] {
  return Array.from({ length: width * height * 3 }, (_, index) => {
    const [x, y] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width)];
    return first + 3 * (y * pitch + x) + (index % 3);
  });
}

/** output[y, x, c] = scale_c · picture[y, x, c] + offset_c, output[y, x, 3] = 0. */
export function pictureWindowForward(
  picture: Float64Array,
  place: WindowPlace,
  scale: ChannelTriple,
  offset: ChannelTriple,
): Float64Array {
  const cut = Float64Array.from(placesOf(place), (at) => picture[at] ?? Number.NaN);
  return normaliseForward(cut, scale, offset);
}

/** gradient[y, x, c] = old + scale_c · gradOutput[y, x, c], old being 0 but in the first `done` columns and rows. */
export function pictureWindowBackward(
  gradOutput: Float64Array,
  old: Float64Array,
  place: WindowPlace & { readonly done: { readonly columns: number; readonly rows: number } },
  scale: ChannelTriple,
): Float64Array {
  const gradient = old.slice();
  const own = normaliseBackward(gradOutput, scale);
  placesOf(place).forEach((at, index) => {
    const [x, y] = [Math.floor(index / 3) % place.width, Math.floor(index / 3 / place.width)];
    const isDone = x < place.done.columns || y < place.done.rows;
    gradient[at] = (isDone ? (old[at] ?? Number.NaN) : 0) + (own[index] ?? Number.NaN);
  });
  return gradient;
}
