/** Square matrices in f64, row by row, and the eigenvalues of symmetric ones. */

export type Matrix = Float64Array;

/** A[rows, depth] · B[depth, columns] */
export function product(a: Matrix, b: Matrix, [rows, depth, columns]: readonly [number, number, number]): Matrix {
  const c = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < depth; k++) {
      const factor = a[i * depth + k] ?? 0;
      for (let j = 0; j < columns; j++)
        c[i * columns + j] = (c[i * columns + j] ?? 0) + factor * (b[k * columns + j] ?? 0);
    }
  }
  return c;
}

export function squareProduct(size: number, ...[first, ...rest]: readonly [Matrix, ...Matrix[]]): Matrix {
  return rest.reduce((left, right) => product(left, right, [size, size, size]), first);
}

/** [rows, columns] to [columns, rows] */
export function transposed(a: Matrix, rows: number, columns: number): Matrix {
  return Float64Array.from({ length: a.length }, (_, at) => a[(at % rows) * columns + Math.floor(at / rows)] ?? 0);
}

export function identity(size: number): Matrix {
  return Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
}

export function trace(a: Matrix, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += a[i * size + i] ?? 0;
  return sum;
}

export interface Eigen {
  readonly values: Float64Array;
  /** Columns are eigenvectors. */
  readonly vectors: Matrix;
}

/** Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, 8.5). */
export function symmetricEigen(matrix: Matrix, size: number): Eigen {
  const a = Float64Array.from(matrix);
  const vectors = identity(size);
  const at = (i: number, j: number): number => a[i * size + j] ?? 0;
  const scale = Math.sqrt(a.reduce((sum, value) => sum + value * value, 0));
  for (let sweep = 0; sweep < 40; sweep++) {
    let off = 0;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        off = Math.max(off, Math.abs(at(p, q)));
        if (Math.abs(at(p, q)) > 1e-18 * scale) rotate(a, vectors, size, p, q);
      }
    }
    if (off <= 1e-16 * scale) break;
  }
  return { values: Float64Array.from({ length: size }, (_, i) => at(i, i)), vectors };
}

function rotate(a: Matrix, vectors: Matrix, size: number, p: number, q: number): void {
  const value = (i: number, j: number): number => a[i * size + j] ?? 0;
  const theta = (value(q, q) - value(p, p)) / (2 * value(p, q));
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  const turn = (m: Matrix, first: number, second: number): void => {
    const [x, y] = [m[first] ?? 0, m[second] ?? 0];
    m[first] = c * x - s * y;
    m[second] = s * x + c * y;
  };
  for (let k = 0; k < size; k++) turn(a, k * size + p, k * size + q);
  for (let k = 0; k < size; k++) turn(a, p * size + k, q * size + k);
  for (let k = 0; k < size; k++) turn(vectors, k * size + p, k * size + q);
}

/** V f(λ) Vᵀ */
export function functionOf({ values, vectors }: Eigen, f: (value: number) => number): Matrix {
  const size = values.length;
  const scaled = vectors.map((value, at) => value * f(values[at % size] ?? 0));
  return product(scaled, transposed(vectors, size, size), [size, size, size]);
}
