/** Element types of stored tensors, under safetensors' names, and how their bytes become floats. */

import { decodeBfloat16, decodeFloat16 } from './float16.ts';

/** Bytes of one element. `F8_*` and sub-byte types are not read. */
const itemSizes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type Dtype = keyof typeof itemSizes;

/** Values as read: f64 stays f64, every other float type becomes f32 (exactly). */
export type FloatArray = Float32Array | Float64Array;

/** Narrows a text to a known element type. */
export function isDtype(text: unknown): text is Dtype {
  return typeof text === 'string' && Object.hasOwn(itemSizes, text);
}

/** Bytes of one element. */
export function itemSizeOf(dtype: Dtype): number {
  return itemSizes[dtype];
}

/** Number of elements of a shape; the empty shape is a scalar and has one. May exceed the safe integers: check. */
export function elementCountOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/**
 * Little-endian bytes as floats; undefined for types that are not floats.
 *
 * The result may be a view of `bytes` where alignment and type allow; treat it as read-only.
 */
export function decodeFloats(dtype: Dtype, bytes: Uint8Array): FloatArray | undefined {
  const itemSize = itemSizeOf(dtype);
  const aligned = bytes.byteOffset % itemSize === 0 ? bytes : bytes.slice();
  const length = Math.floor(aligned.byteLength / itemSize);
  switch (dtype) {
    case 'F64':
      return new Float64Array(aligned.buffer, aligned.byteOffset, length);
    case 'F32':
      return new Float32Array(aligned.buffer, aligned.byteOffset, length);
    case 'F16':
      return decodeFloat16(new Uint16Array(aligned.buffer, aligned.byteOffset, length));
    case 'BF16':
      return decodeBfloat16(new Uint16Array(aligned.buffer, aligned.byteOffset, length));
    default:
      return undefined;
  }
}

/** Values rounded to f32; the same array if they are already. */
export function toFloat32(values: FloatArray): Float32Array {
  return values instanceof Float32Array ? values : new Float32Array(values);
}
