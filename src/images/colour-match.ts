/**
 * A picture's colours brought to another's: the map that moves one normal distribution of RGB colours onto the other with least effort.
 *
 *   x ↦ T (x − μ_A) + μ_B,  T = A^-½ (A^½ B A^½)^½ A^-½
 *
 * with the means μ and the covariances A of the picture and B of the other, each plus 1e-5 · I, so that a grey or flat picture has a map too.
 *
 * Source: Olkin and Pukelsheim, "The distance between two random vectors with given dispersion matrices" (1982).
 */

import type { ColourStatistics } from './colour-statistics.ts';
import { assertRgbImage, type RgbImage } from './rgb-image.ts';
import { type Matrix3, matrixOf, ofEigenvalues, product, type Triple, tripleOf } from './symmetric3.ts';

/** x ↦ `matrix` · x + `offset` on colours. */
export interface ColourMap {
  readonly matrix: Matrix3;
  readonly offset: Triple;
}

/** Variance added to each channel: a hundredth of what a picture has, in deviations. */
const addedVariance = 1e-5;

/** Statistics of all colours together, each picture counting by its share, whatever its size. Shares add up to 1. */
export function mixedStatistics(
  parts: readonly { readonly statistics: ColourStatistics; readonly share: number }[],
): ColourStatistics {
  const sum = (value: (statistics: ColourStatistics) => number): number =>
    parts.reduce((total, { statistics, share }) => total + share * value(statistics), 0);
  const mean = tripleOf((c) => sum((one) => one.mean[c]));
  // About the common mean: second moments mix, covariances do not.
  const covariance = matrixOf((a, b) =>
    sum((one) => one.covariance[a][b] + (one.mean[a] - mean[a]) * (one.mean[b] - mean[b])),
  );
  return { mean, covariance };
}

/** The map from colours with the statistics `from` to such with the statistics `to`; symmetric, in f64. */
export function colourMap(from: ColourStatistics, to: ColourStatistics): ColourMap {
  const [a, b] = [widened(from.covariance), widened(to.covariance)];
  const root = ofEigenvalues(a, rootOf);
  const inverseRoot = ofEigenvalues(a, (value) => 1 / rootOf(value));
  const middle = ofEigenvalues(product(product(root, b), root), rootOf);
  const matrix = product(product(inverseRoot, middle), inverseRoot);
  const offset = tripleOf((c) => to.mean[c] - dot(matrix[c], from.mean));
  return { matrix, offset };
}

/**
 * The picture moved along the map by `strength`: 0 leaves it, 1 applies the map; clamped to 0..1.
 *
 * @returns a picture that shares `alpha` with the given one. @throws ShapeError where the picture's arrays do not fit its size.
 */
export function mapColours(image: RgbImage, { matrix, offset }: ColourMap, strength: number): RgbImage {
  assertRgbImage(image, 'mapColours');
  const pixels = new Float32Array(image.pixels.length);
  for (let from = 0; from < pixels.length; from += 3) {
    const colour = tripleOf((c) => image.pixels[from + c] ?? 0);
    for (const c of [0, 1, 2] as const) {
      const value = colour[c] + strength * (dot(matrix[c], colour) + offset[c] - colour[c]);
      pixels[from + c] = Math.min(Math.max(value, 0), 1);
    }
  }
  return { ...image, pixels };
}

function widened(covariance: Matrix3): Matrix3 {
  return matrixOf((i, j) => covariance[i][j] + (i === j ? addedVariance : 0));
}

/** Of an eigenvalue, which rounding may bring below 0. */
function rootOf(value: number): number {
  return Math.sqrt(Math.max(value, 0));
}

function dot(row: Triple, colour: Triple): number {
  return row[0] * colour[0] + row[1] * colour[1] + row[2] * colour[2];
}
