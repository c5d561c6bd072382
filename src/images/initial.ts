/** Pictures to start from that are made, not read: noise of several kinds, drawn from a seed. */

import { type RandomStream, randomStream } from './random.ts';
import { assertRgbImage, assertSize, type RgbImage } from './rgb-image.ts';

/**
 * Uniform noise in [0, 1) for each value, drawn in the order of the array, so that equal arguments give equal pictures
 * everywhere. No alpha.
 *
 * @throws ShapeError where a side is not a positive integer; InputError where the seed is not in 0..2^32 - 1.
 */
export function uniformNoise(width: number, height: number, seed: number): RgbImage {
  return noiseOf(width, height, seed, (stream) => stream.nextFloat());
}

/**
 * Normal noise of mean 0.5 and standard deviation 0.25 for each value; values outside 0..1 are drawn again, which leaves a standard
 * deviation of 0.22. Equal arguments give equal pictures wherever `Math.log` is the same.
 *
 * Source: crowsonkb/style-transfer-pytorch (`init='normal'`).
 *
 * @throws as {@link uniformNoise}.
 */
export function normalNoise(width: number, height: number, seed: number): RgbImage {
  return noiseOf(width, height, seed, (stream) => {
    for (;;) {
      const value = 0.5 + 0.25 * nextNormal(stream);
      if (value >= 0 && value <= 1) return value;
    }
  });
}

/**
 * Mid grey with noise below one step of 8 bits: 0.5 ± 1/510. Exactly flat it would be the same at every pixel to the network, and
 * so would the gradient be.
 *
 * @throws as {@link uniformNoise}.
 */
export function greyPicture(width: number, height: number, seed: number): RgbImage {
  return noiseOf(width, height, seed, (stream) => 0.5 + (stream.nextFloat() - 0.5) / 255);
}

/**
 * Every value moved half-way to its channel's `centre`: noise whose deviation is halved. In the normalised space of a network whose
 * mean is `centre` this is a division by 2.
 *
 * @returns a picture that shares `alpha` with the given one. @throws ShapeError where the picture's arrays do not fit its size.
 */
export function halveTowards(image: RgbImage, centre: readonly [number, number, number]): RgbImage {
  assertRgbImage(image, 'halveTowards');
  return { ...image, pixels: image.pixels.map((value, index) => (value + (centre[index % 3] ?? 0)) / 2) };
}

/** A picture without alpha whose values are drawn in the order of the array. */
function noiseOf(width: number, height: number, seed: number, draw: (stream: RandomStream) => number): RgbImage {
  assertSize(width, height, 'noise');
  const stream = randomStream(seed);
  const pixels = new Float32Array(width * height * 3);
  for (let i = 0; i < pixels.length; i++) pixels[i] = draw(stream);
  return { width, height, pixels };
}

/**
 * A number of the standard normal distribution; half of what the method yields is thrown away, which keeps no state.
 *
 * Source: G. Marsaglia and T. A. Bray, "A convenient method for generating normal variables", SIAM Review 6(3), 1964.
 */
export function nextNormal(stream: RandomStream): number {
  for (;;) {
    const [u, v] = [2 * stream.nextFloat() - 1, 2 * stream.nextFloat() - 1];
    const square = u * u + v * v;
    if (square > 0 && square < 1) return u * Math.sqrt((-2 * Math.log(square)) / square);
  }
}
