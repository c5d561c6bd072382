/** The short float formats: exact decoding, rounding to nearest even, against definitions in f64. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBfloat16, decodeFloat16, encodeFloat16 } from '../../src/weights/float16.ts';

const everyHalf = Uint16Array.from({ length: 65_536 }, (_, i) => i);

/** IEEE 754 binary16 by its definition. */
function definition(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) {
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const encodeOne = (value: number) => encodeFloat16(Float32Array.of(value))[0] ?? -1;

describe('f16', () => {
  it('decodes all 65536 patterns by the definition', () => {
    const decoded = decodeFloat16(everyHalf);
    const wrong = [...everyHalf].filter((half) => !Object.is(decoded[half], definition(half)));
    expect(wrong).toEqual([]);
  });

  it('round-trips all patterns that are numbers', () => {
    const encoded = encodeFloat16(decodeFloat16(everyHalf));
    const wrong = [...everyHalf].filter((half) => !Number.isNaN(definition(half)) && encoded[half] !== half);
    expect(wrong).toEqual([]);
  });

  it('keeps NaN a NaN', () => {
    expect(encodeOne(Number.NaN) & 0x7fff).toBe(0x7e00);
  });

  it.each([
    ['a tie to even below', 1 + 2 ** -11, 0x3c00],
    ['a tie to even above', 1 + 3 * 2 ** -11, 0x3c02],
    ['just above a tie', Math.fround(1 + 2 ** -11 + 2 ** -20), 0x3c01],
    ['a carry into the exponent', 2 - 2 ** -12, 0x4000],
    ['the greatest finite', 65504, 0x7bff],
    ['just below the overflow', Math.fround(65519.99), 0x7bff],
    ['the overflow', 65520, 0x7c00],
    ['minus infinity', Number.NEGATIVE_INFINITY, 0xfc00],
    ['the least normal', 2 ** -14, 0x0400],
    ['just below the least normal', 2 ** -14 * (1 - 2 ** -12), 0x0400],
    ['the least subnormal', 2 ** -24, 0x0001],
    ['half the least subnormal, a tie to zero', 2 ** -25, 0x0000],
    ['just above that', Math.fround(2 ** -25 * 1.001), 0x0001],
    ['minus zero', -0, 0x8000],
    ['an f32 subnormal', 2 ** -149, 0x0000],
  ])('rounds %s', (_, value, expected) => {
    expect(encodeOne(value)).toBe(expected);
  });

  it('gives a nearest f16, the even one of two', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true, min: -65504, max: 65504 }), (value) => {
        const half = encodeOne(value);
        const distance = Math.abs(definition(half) - value);
        // Neighbours in magnitude; the sign bit stays.
        for (const neighbour of [half - 1, half + 1].filter((n) => (n & 0x8000) === (half & 0x8000))) {
          const other = Math.abs(definition(neighbour) - value);
          expect(distance < other || (distance === other && half % 2 === 0)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('decodes 14.7 million values well within a second', () => {
    const bits = new Uint16Array(14_714_688).fill(0x2e66);
    const start = performance.now();
    decodeFloat16(bits);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('bf16', () => {
  it('is the upper half of an f32', () => {
    expect([...decodeBfloat16(Uint16Array.of(0x3f80, 0xc020, 0x0000, 0x7f80))]).toEqual([1, -2.5, 0, Infinity]);
  });
});
