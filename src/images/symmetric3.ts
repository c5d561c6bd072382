/** Symmetric 3x3 matrices in f64: products, and functions of their eigenvalues. */

export type Triple = readonly [number, number, number];

/** Row-major. */
export type Matrix3 = readonly [Triple, Triple, Triple];

type Index = 0 | 1 | 2;

export function tripleOf<T>(value: (index: Index) => T): readonly [T, T, T] {
  return [value(0), value(1), value(2)];
}

export function matrixOf(value: (row: Index, column: Index) => number): Matrix3 {
  return tripleOf((row) => tripleOf((column) => value(row, column)));
}

export function product(a: Matrix3, b: Matrix3): Matrix3 {
  return matrixOf((i, j) => a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j]);
}

/** Each sweep squares what is left beside the diagonal, so that from a few on nothing is. */
const sweeps = 12;

/**
 * Q f(Λ) Qᵀ of a symmetric matrix Q Λ Qᵀ, symmetric to the bit.
 *
 * Source: Jacobi's cyclic rotations (Golub and Van Loan, Matrix Computations, 8.5).
 */
export function ofEigenvalues(matrix: Matrix3, f: (eigenvalue: number) => number): Matrix3 {
  let diagonalised = matrix;
  let vectors: Matrix3 = matrixOf((i, j) => Number(i === j));
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const rotation = rotationFor(diagonalised, p, q);
      diagonalised = product(product(transposed(rotation), diagonalised), rotation);
      vectors = product(vectors, rotation);
    }
  }
  const values = tripleOf((i) => f(diagonalised[i][i]));
  const entry = (i: Index, j: Index): number =>
    vectors[i][0] * values[0] * vectors[j][0] +
    vectors[i][1] * values[1] * vectors[j][1] +
    vectors[i][2] * values[2] * vectors[j][2];
  return matrixOf((i, j) => (i <= j ? entry(i, j) : entry(j, i)));
}

/** The rotation J in the plane of two axes after which Jᵀ A J has a 0 at (p, q). */
function rotationFor(matrix: Matrix3, p: Index, q: Index): Matrix3 {
  const beside = matrix[p][q];
  const half = (matrix[q][q] - matrix[p][p]) / 2;
  const tangent = beside === 0 ? 0 : (half < 0 ? -beside : beside) / (Math.abs(half) + Math.hypot(half, beside));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  return matrixOf((i, j) => {
    if (i === p && j === q) return sine;
    if (i === q && j === p) return -sine;
    if (i !== j) return 0;
    return i === p || i === q ? cosine : 1;
  });
}

function transposed(matrix: Matrix3): Matrix3 {
  return matrixOf((i, j) => matrix[j][i]);
}
