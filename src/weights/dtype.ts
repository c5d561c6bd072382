/** Element types of stored tensors, under safetensors' names, and how their bytes become floats. */

import { decodeBfloat16, decodeFloat16 } from './float16.ts';

/** Bytes of one element of the types whose size is known; sub-byte types are packed. Values are read of the first four alone. */
const itemSizes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  C64: 8,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E4M3FNUZ: 1,
  F8_E5M2: 1,
  F8_E5M2FNUZ: 1,
  F8_E8M0: 1,
  F6_E2M3: 3 / 4,
  F6_E3M2: 3 / 4,
  F4: 1 / 2,
} as const;

export type Dtype = keyof typeof itemSizes;

/** Values as read: f64 stays f64, every other float type becomes f32 (exactly). */
export type FloatArray = Float32Array | Float64Array;

/** Narrows a text to an element type of known size. */
export function isDtype(text: string): text is Dtype {
  return Object.hasOwn(itemSizes, text);
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
 * Little-endian bytes as floats; undefined for types whose values are not read.
 *
 * The result may be a view of `bytes` where alignment and type allow; treat it as read-only.
 */
export function decodeFloats(dtype: string, bytes: Uint8Array): FloatArray | undefined {
  switch (dtype) {
    case 'F64':
      return new Float64Array(...elementsOf(bytes, 8));
    case 'F32':
      return new Float32Array(...elementsOf(bytes, 4));
    case 'F16':
      return decodeFloat16(new Uint16Array(...elementsOf(bytes, 2)));
    case 'BF16':
      return decodeBfloat16(new Uint16Array(...elementsOf(bytes, 2)));
    default:
      return undefined;
  }
}

/** What a typed array over whole elements is made from, the bytes copied where they are not aligned. */
function elementsOf(bytes: Uint8Array, itemSize: number): readonly [ArrayBufferLike, number, number] {
  // Not `slice`, which copies nothing where the bytes are a Buffer of Node's.
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % itemSize === 0 ? bytes : new Uint8Array(bytes);
  return [buffer, byteOffset, Math.floor(byteLength / itemSize)];
}

/** Values rounded to f32; the same array if they are already. */
export function toFloat32(values: FloatArray): Float32Array {
  return values instanceof Float32Array ? values : new Float32Array(values);
}
