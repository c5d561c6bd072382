/**
 * The short float formats, to and from f32: IEEE 754 binary16 (`f16`) and bfloat16 (`bf16`).
 *
 * Bits come and go as Uint16Array. Written without `Float16Array`, which Node 20 does not have.
 */

/** 2^112: f16 bits moved into f32's fields carry an exponent that is 127 - 15 = 112 too small. */
const exponentShift = 2 ** 112;
/** The least f32 bits of a magnitude that rounds to infinity or is not finite: 65520, halfway past f16's 65504. */
const f16OverflowBits = 0x477ff000;
/** f32 bits of 2^-14, the least normal f16. */
const f16LeastNormalBits = 113 << 23;
const f32InfinityBits = 0x7f800000;
/** Adding and subtracting 2^52 in f64 rounds a number in 0..2^51 to an integer, ties to even. */
const roundToInteger = 2 ** 52;

/** The f32 values of f16 bits, exact for every input; a NaN keeps its sign and payload position. */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i] ?? 0;
    const sign = (half & 0x8000) << 16;
    const fields = (half & 0x7fff) << 13;
    if ((half & 0x7c00) === 0x7c00) {
      words[i] = sign | fields | f32InfinityBits;
    } else {
      words[i] = sign | fields;
      values[i] = (values[i] ?? 0) * exponentShift;
    }
  }
  return values;
}

/**
 * The f16 bits nearest to f32 values, ties to even, as PyTorch's `.half()` and IEEE 754 have it.
 *
 * From 65520 in magnitude the result is infinity; every NaN becomes the quiet NaN of its sign.
 */
export function encodeFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint16Array(values.length);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const word = words[i] ?? 0;
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    if (magnitude >= f16OverflowBits) {
      bits[i] = sign | (magnitude > f32InfinityBits ? 0x7e00 : 0x7c00);
    } else if (magnitude < f16LeastNormalBits) {
      // Subnormal results are multiples of 2^-24; the scaled value is exact in f64, so one rounding happens.
      bits[i] = sign | (Math.abs(values[i] ?? 0) * 2 ** 24 + roundToInteger - roundToInteger);
    } else {
      // Half of the 13 dropped bits, less one unless the kept part is odd; a carry moves into the exponent as it must.
      const odd = (magnitude >>> 13) & 1;
      bits[i] = sign | ((magnitude - (112 << 23) + 0xfff + odd) >>> 13);
    }
  }
  return bits;
}

/** The f32 values of bf16 bits (the upper half of an f32), exact. */
export function decodeBfloat16(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) {
    words[i] = (bits[i] ?? 0) << 16;
  }
  return values;
}
