/** Adding up in f64. */

/** total[i] = old[i] + values[i], old being 0 where there is none. */
export function add(values: Float64Array, old?: Float64Array): Float64Array {
  return values.map((value, index) => (old?.[index] ?? 0) + value);
}
