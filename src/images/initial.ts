/** Pictures to start from. */

import { randomStream } from './random.ts';
import { assertSize, type RgbImage } from './rgb-image.ts';

/**
 * Uniform noise in [0, 1) for each value, drawn in the order of the array, so that equal arguments give equal pictures
 * everywhere. No alpha.
 *
 * @throws ShapeError where a side is not a positive integer; InputError where the seed is not in 0..2^32 - 1.
 */
export function uniformNoise(width: number, height: number, seed: number): RgbImage {
  assertSize(width, height, 'uniformNoise');
  const stream = randomStream(seed);
  const pixels = new Float32Array(width * height * 3);
  for (let i = 0; i < pixels.length; i++) pixels[i] = stream.nextFloat();
  return { width, height, pixels };
}
