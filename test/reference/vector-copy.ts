/** Words as they are. */

/** output = input. Layout: [values]. */
export function vectorCopy(input: Float64Array): Float64Array {
  return input.slice();
}
