/**
 * A small seeded generator of uniform numbers: the same seed gives the same numbers on every platform, since only
 * 32-bit integer operations are used. Not for secrets.
 */

import { InputError } from '../core/errors.ts';

/** A stream of uniform numbers; each call advances it. */
export interface RandomStream {
  /** Uniform integer in 0..2^32 - 1. */
  nextUint32(): number;
  /** Uniform in [0, 1), a multiple of 2^-24: exact in f32, and never rounded up to 1. */
  nextFloat(): number;
}

/** The state of a generator: four 32-bit words, not all zero. */
export type Xoshiro128State = readonly [number, number, number, number];

/**
 * The stream of xoshiro128** 1.1 that starts at a state.
 *
 * Source: D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47(4), 2021;
 * reference code xoshiro128starstar.c (public domain).
 */
export function xoshiro128StarStar(state: Xoshiro128State): RandomStream {
  let [a, b, c, d] = state;
  const nextUint32 = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
  return { nextUint32, nextFloat: () => (nextUint32() >>> 8) * 2 ** -24 };
}

/**
 * The stream of a seed. The state is four steps of the 32-bit SplitMix (Steele, Lea and Flood 2014: a counter advanced
 * by the golden ratio, then mixed; the mixing is MurmurHash3's 32-bit finaliser), which is a bijection of the counter:
 * at most one of the four words is zero.
 *
 * @throws InputError where the seed is not an integer in 0..2^32 - 1.
 */
export function randomStream(seed: number): RandomStream {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new InputError(`seed must be an integer from 0 to 4294967295, got ${seed}`);
  }
  const word = (index: number) => mix(Math.imul(index, 0x9e3779b9) + seed);
  return xoshiro128StarStar([word(1), word(2), word(3), word(4)]);
}

/** MurmurHash3's fmix32 (A. Appleby, public domain). */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
