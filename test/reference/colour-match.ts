/**
 * The map between two normal distributions of colours, slow and obvious: T = A^-½ (A^½ B A^½)^½ A^-½, roots by the iteration of Denman and
 * Beavers (1976), X ← (X + Y⁻¹) / 2, Y ← (Y + X⁻¹) / 2 from X = M, Y = I, which needs no eigenvalues.
 */

type Matrix = readonly (readonly number[])[];

export interface Distribution {
  readonly mean: readonly number[];
  readonly covariance: Matrix;
}

/** Mean and covariance over all pixels, [pixels, 3]. */
export function distributionOf(pixels: ArrayLike<number>): Distribution {
  const count = pixels.length / 3;
  const each = [0, 1, 2];
  const average = (value: (pixel: number) => number): number =>
    Array.from({ length: count }, (_, pixel) => value(pixel)).reduce((sum, one) => sum + one, 0) / count;
  const at = (pixel: number, c: number): number => pixels[pixel * 3 + c] ?? Number.NaN;
  const mean = each.map((c) => average((pixel) => at(pixel, c)));
  const off = (pixel: number, c: number): number => at(pixel, c) - (mean[c] ?? Number.NaN);
  return { mean, covariance: each.map((a) => each.map((b) => average((pixel) => off(pixel, a) * off(pixel, b)))) };
}

/** The colours of `pixels`, which have the distribution `from`, moved to the distribution `to`; not clamped. */
export function matchedColours(pixels: ArrayLike<number>, from: Distribution, to: Distribution): readonly number[] {
  const added = (covariance: Matrix): Matrix => map(covariance, (value, i, j) => value + (i === j ? 1e-5 : 0));
  const [a, b] = [added(from.covariance), added(to.covariance)];
  const root = rootOf(a);
  const map3 = times(times(inverse(root), rootOf(times(times(root, b), root))), inverse(root));
  return Array.from({ length: pixels.length }, (_, index) => {
    const first = index - (index % 3);
    const row = map3[index % 3] ?? [];
    const moved = row.reduce((sum, value, c) => sum + value * ((pixels[first + c] ?? 0) - (from.mean[c] ?? 0)), 0);
    return moved + (to.mean[index % 3] ?? Number.NaN);
  });
}

function rootOf(matrix: Matrix): Matrix {
  let [x, y]: [Matrix, Matrix] = [matrix, map(matrix, (_, i, j) => Number(i === j))];
  for (let step = 0; step < 60; step++) {
    const [xInverse, yInverse] = [inverse(x), inverse(y)];
    [x, y] = [
      map(x, (value, i, j) => (value + at(yInverse, i, j)) / 2),
      map(y, (value, i, j) => (value + at(xInverse, i, j)) / 2),
    ];
  }
  return x;
}

/** By cofactors. */
function inverse(matrix: Matrix): Matrix {
  const cofactor = (i: number, j: number): number => {
    const [a, b] = [(i + 1) % 3, (i + 2) % 3];
    const [c, d] = [(j + 1) % 3, (j + 2) % 3];
    return at(matrix, a, c) * at(matrix, b, d) - at(matrix, a, d) * at(matrix, b, c);
  };
  const determinant = [0, 1, 2].reduce((sum, j) => sum + at(matrix, 0, j) * cofactor(0, j), 0);
  return map(matrix, (_, i, j) => cofactor(j, i) / determinant);
}

function times(a: Matrix, b: Matrix): Matrix {
  return map(a, (_, i, j) => [0, 1, 2].reduce((sum, k) => sum + at(a, i, k) * at(b, k, j), 0));
}

function map(matrix: Matrix, value: (old: number, i: number, j: number) => number): Matrix {
  return matrix.map((row, i) => row.map((old, j) => value(old, i, j)));
}

function at(matrix: Matrix, i: number, j: number): number {
  return matrix[i]?.[j] ?? Number.NaN;
}
