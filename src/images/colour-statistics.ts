/** Mean and covariance of a picture's colours, and noise that has them. */

import { nextNormal } from './initial.ts';
import { randomStream } from './random.ts';
import { assertRgbImage, assertSize, type RgbImage } from './rgb-image.ts';
import { type Matrix3, type Triple, tripleOf } from './symmetric3.ts';

export interface ColourStatistics {
  /** Mean of each channel. */
  readonly mean: Triple;
  /** Covariance of the channels over all pixels (divided by their number), row-major and symmetric. */
  readonly covariance: Matrix3;
}

/** In f64. @throws ShapeError where the picture's arrays do not fit its size. */
export function colourStatistics(image: RgbImage): ColourStatistics {
  assertRgbImage(image, 'colourStatistics');
  const { pixels } = image;
  const count = pixels.length / 3;
  const sums = [0, 0, 0];
  for (let i = 0; i < pixels.length; i++) sums[i % 3] = (sums[i % 3] ?? 0) + (pixels[i] ?? 0);
  const mean = tripleOf((c) => (sums[c] ?? 0) / count);
  const squares = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < pixels.length; i += 3) {
    const [r, g, b] = tripleOf((c) => (pixels[i + c] ?? 0) - mean[c]);
    [r * r, r * g, r * b, g * g, g * b, b * b].forEach((square, at) => {
      squares[at] = (squares[at] ?? 0) + square;
    });
  }
  const [rr = 0, rg = 0, rb = 0, gg = 0, gb = 0, bb = 0] = squares.map((sum) => sum / count);
  return {
    mean,
    covariance: [
      [rr, rg, rb],
      [rg, gg, gb],
      [rb, gb, bb],
    ],
  };
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
function choleskyFactor([[a], [b, c], [d, e, f]]: Matrix3): Matrix3 {
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
