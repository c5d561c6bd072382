/** Squared error in f64. */

/** Σ_i (input[i] − reference[i])². */
export function mseValue(input: Float64Array, reference: Float64Array): number {
  return input.reduce((sum, value, index) => sum + (value - (reference[index] ?? 0)) ** 2, 0);
}

/** old + scale · (input − reference); the gradient of `mseValue` times scale / 2. */
export function mseGradient(
  input: Float64Array,
  reference: Float64Array,
  scale: number,
  old?: Float64Array,
): Float64Array {
  return input.map((value, index) => (old?.[index] ?? 0) + scale * (value - (reference[index] ?? 0)));
}
