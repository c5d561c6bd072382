/** Walking a strided array in row-major order: PyTorch views, Fortran order, HWIO kernels. Strides count elements. */

import { elementCountOf, type FloatArray } from './dtype.ts';

/** Strides of a row-major (C order) array: `[h*w, w, 1]` for `[c, h, w]`. */
export function rowMajorStrides(shape: readonly number[]): readonly number[] {
  return shape.map((_, axis) => elementCountOf(shape.slice(axis + 1)));
}

/** Strides of a column-major (Fortran order) array: `[1, c, c*h]` for `[c, h, w]`. */
export function columnMajorStrides(shape: readonly number[]): readonly number[] {
  return shape.map((_, axis) => elementCountOf(shape.slice(0, axis)));
}

/** Whether walking the strides visits elements one after the other; axes of extent 1 may have any stride. */
export function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  const expected = rowMajorStrides(shape);
  return shape.every((extent, axis) => extent === 1 || strides[axis] === expected[axis]);
}

/** Elements from the first to the last one a strided array touches, both counted; 0 for an empty array. */
export function spanOf(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) {
    return 0;
  }
  return shape.reduce((span, extent, axis) => span + (extent - 1) * (strides[axis] ?? 0), 1);
}

/**
 * A row-major copy of a strided array that starts at `values[0]`.
 *
 * The caller has checked that `spanOf(shape, strides)` elements are there. Returns `values` itself if nothing moves.
 */
export function gatherStrided(values: FloatArray, shape: readonly number[], strides: readonly number[]): FloatArray {
  const count = elementCountOf(shape);
  if (isRowMajor(shape, strides)) {
    return values.subarray(0, count);
  }
  const gathered = values instanceof Float64Array ? new Float64Array(count) : new Float32Array(count);
  const inner = shape.at(-1) ?? 1;
  const innerStride = strides.at(-1) ?? 1;
  const outerAxes = shape.length - 1;
  const index = new Array<number>(outerAxes).fill(0);
  let base = 0;
  for (let target = 0; target < count; target += inner) {
    for (let i = 0; i < inner; i++) {
      gathered[target + i] = values[base + i * innerStride] ?? 0;
    }
    // Count up the outer axes like an odometer, the last one fastest.
    for (let axis = outerAxes - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      const stride = strides[axis] ?? 0;
      if (next < (shape[axis] ?? 1)) {
        index[axis] = next;
        base += stride;
        break;
      }
      base -= (next - 1) * stride;
      index[axis] = 0;
    }
  }
  return gathered;
}
