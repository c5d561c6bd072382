/** Derivatives by differences, and the inner products of adjoint tests, in f64. */

/** Σ_i a[i] · b[i]. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? Number.NaN) * (b[i] ?? Number.NaN);
  return sum;
}

/** √⟨a, a⟩. */
export function norm(a: ArrayLike<number>): number {
  return Math.sqrt(dot(a, a));
}

/**
 * The gradient of `f` at `x` by central differences: (f(x + h eᵢ) − f(x − h eᵢ)) / 2h for every i.
 *
 * Exact up to rounding for polynomials of degree 2; for piecewise ones x must be farther than h from every kink.
 */
export function centralDifferences(f: (x: Float64Array) => number, x: Float64Array, h: number): Float64Array {
  const moved = x.slice();
  return x.map((value, index) => {
    moved[index] = value + h;
    const above = f(moved);
    moved[index] = value - h;
    const below = f(moved);
    moved[index] = value;
    return (above - below) / (2 * h);
  });
}

/** The largest difference of two vectors over the largest value of the second. */
export function largestRelativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = actual.length === expected.length ? 0 : Number.POSITIVE_INFINITY;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs((actual[i] ?? Number.NaN) - (expected[i] ?? Number.NaN));
    if (!(error <= difference)) difference = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    scale = Math.max(scale, Math.abs(expected[i] ?? Number.NaN));
  }
  return difference === 0 ? 0 : difference / scale;
}
