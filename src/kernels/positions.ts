/** How many positions windows and filters have. */

/**
 * Positions that windows or filters have along one side of `length`; below 1 where none fits.
 *
 * Source: PyTorch's `pooling_output_shape`, by which a window that begins beyond the map is left out.
 */
export function positionsAlong(
  length: number,
  {
    kernel,
    stride,
    padding,
    ceil = false,
  }: { readonly kernel: number; readonly stride: number; readonly padding: number; readonly ceil?: boolean },
): number {
  const steps = (length + 2 * padding - kernel) / stride;
  const positions = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
  return ceil && (positions - 1) * stride >= length + padding ? positions - 1 : positions;
}
