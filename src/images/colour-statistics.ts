/** Mean and covariance of a picture's colours, and noise that has them. */

import { nextNormal } from './initial.ts';
import { randomStream } from './random.ts';
import { assertRgbImage, assertSize, type RgbImage } from './rgb-image.ts';

type Triple = readonly [number, number, number];

export interface ColourStatistics {
  /** Mean of each channel. */
  readonly mean: Triple;
  /** Covariance of the channels over all pixels (divided by their number), row-major and symmetric. */
  readonly covariance: readonly [Triple, Triple, Triple];
}

/** In f64. @throws ShapeError where the picture's arrays do not fit its size. */
export function colourStatistics(image: RgbImage): ColourStatistics {
  assertRgbImage(image, 'colourStatistics');
  const { pixels } = image;
  const count = pixels.length / 3;
  const average = (value: (pixel: number) => number): number => {
    let sum = 0;
    for (let pixel = 0; pixel < count; pixel++) sum += value(pixel);
    return sum / count;
  };
  const mean = tripleOf((c) => average((pixel) => pixels[pixel * 3 + c] ?? 0));
  const deviation = (pixel: number, c: 0 | 1 | 2): number => (pixels[pixel * 3 + c] ?? 0) - mean[c];
  const covarianceOf = (a: 0 | 1 | 2, b: 0 | 1 | 2): number =>
    average((pixel) => deviation(pixel, a) * deviation(pixel, b));
  return { mean, covariance: tripleOf((a) => tripleOf((b) => covarianceOf(a, b))) };
}

/**
 * Noise whose pixels are drawn from the normal distribution with a picture's mean colour and colour covariance, clamped to 0..1:
 * the picture's palette without its forms. (crowsonkb/style-transfer-pytorch draws each channel for itself, which loses what
 * the channels have in common: its noise is more colourful than the picture.)
 *
 * @throws ShapeError where a side is not a positive integer; InputError where the seed is not in 0..2^32 - 1.
 */
export function noiseLike(statistics: ColourStatistics, width: number, height: number, seed: number): RgbImage {
  assertSize(width, height, 'noiseLike');
  const stream = randomStream(seed);
  const factor = choleskyFactor(statistics.covariance);
  const pixels = new Float32Array(width * height * 3);
  for (let from = 0; from < pixels.length; from += 3) {
    const normal = tripleOf(() => nextNormal(stream));
    const colour = tripleOf(
      (c) => statistics.mean[c] + factor[c][0] * normal[0] + factor[c][1] * normal[1] + factor[c][2] * normal[2],
    );
    pixels.set(
      colour.map((value) => Math.min(Math.max(value, 0), 1)),
      from,
    );
  }
  return { width, height, pixels };
}

/** L with L Lᵀ = the matrix, lower triangular; a direction without variance (a grey picture has two) gets none. */
function choleskyFactor([[a], [b, c], [d, e, f]]: ColourStatistics['covariance']): readonly [Triple, Triple, Triple] {
  const root = (square: number): number => Math.sqrt(Math.max(square, 0));
  const over = (value: number, pivot: number): number => (pivot > pivotMin ? value / pivot : 0);
  const l00 = root(a);
  const l10 = over(b, l00);
  const l11 = root(c - l10 * l10);
  const l20 = over(d, l00);
  const l21 = over(e - l20 * l10, l11);
  const l22 = root(f - l20 * l20 - l21 * l21);
  return [
    [l00, 0, 0],
    [l10, l11, 0],
    [l20, l21, l22],
  ];
}

/** Well below one step of 16 bits, well above the rounding of sums in f64. */
const pivotMin = 1e-7;

function tripleOf<T>(value: (index: 0 | 1 | 2) => T): readonly [T, T, T] {
  return [value(0), value(1), value(2)];
}
