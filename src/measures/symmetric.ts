/** Eigenvalues of symmetric matrices, by ml-matrix (tridiagonal form, then QL, as in EISPACK and JAMA). Square, row-major, f64. */

import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** A symmetric positive matrix's square root, [size, size]; eigenvalues below 0, which only rounding makes, count as 0. */
export function symmetricRoot(values: Float64Array, size: number): Matrix {
  const { realEigenvalues, eigenvectorMatrix: vectors } = decompose(matrixOf(values, size));
  const scaled = vectors.clone();
  scaled.mulRowVector(realEigenvalues.map((value) => Math.sqrt(Math.max(value, 0))));
  return scaled.mmul(vectors.transpose());
}

/** The sum of the square roots of the eigenvalues of `root · values · root`, both symmetric and positive. */
export function traceOfRoot(root: Matrix, values: Float64Array): number {
  const product = root.mmul(matrixOf(values, root.rows)).mmul(root);
  const symmetric = product.add(product.transpose()).mul(0.5);
  return decompose(symmetric).realEigenvalues.reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0);
}

export type { Matrix } from 'ml-matrix';

function decompose(matrix: Matrix): EigenvalueDecomposition {
  return new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
}

function matrixOf(values: Float64Array, size: number): Matrix {
  return Matrix.from1DArray(size, size, values);
}
