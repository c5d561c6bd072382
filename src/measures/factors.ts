/** What the Gaussians' distance needs of linear algebra: triangular factors, and the sum of singular values, by ml-matrix. Row-major, f64. */

import { CholeskyDecomposition, Matrix, SingularValueDecomposition } from 'ml-matrix';

/** L with L Lᵀ = the matrix, [size, size], lower triangular; the matrix must be positive definite. */
export function choleskyFactor(values: Float64Array, size: number): Float64Array {
  const { lowerTriangularMatrix } = new CholeskyDecomposition(Matrix.from1DArray(size, size, values));
  return Float64Array.from(lowerTriangularMatrix.to1DArray());
}

/** The sum of the singular values of Aᵀ B, of two lower triangular matrices, [size, size]. */
export function nuclearNormOfProduct(a: Float64Array, b: Float64Array, size: number): number {
  const product = new Float64Array(size * size);
  // Row k has k + 1 entries, so that this is a third of a general product's work.
  for (let k = 0; k < size; k++) {
    const row = k * size;
    for (let i = 0; i <= k; i++) {
      const factor = a[row + i] ?? 0;
      const to = i * size;
      for (let j = 0; j <= k; j++) product[to + j] = (product[to + j] ?? 0) + factor * (b[row + j] ?? 0);
    }
  }
  const { diagonal } = new SingularValueDecomposition(Matrix.from1DArray(size, size, product), {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
  });
  return diagonal.reduce((sum, value) => sum + value, 0);
}
