/** The seeded generator against its reference code, and noise pictures made with it. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { greyPicture, halveTowards, normalNoise, uniformNoise } from '../../src/images/initial.ts';
import { randomStream, xoshiro128StarStar } from '../../src/images/random.ts';
import { pictureOf } from './pictures.ts';

describe('xoshiro128**', () => {
  test('state 1, 2, 3, 4 gives the outputs of the reference code', () => {
    const stream = xoshiro128StarStar([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, () => stream.nextUint32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });
});

describe('randomStream', () => {
  test('seed 42 gives the numbers of a C program that does the same', () => {
    const stream = randomStream(42);
    expect(Array.from({ length: 4 }, () => stream.nextUint32())).toEqual([
      2837322924, 544945897, 479756282, 3500138142,
    ]);
  });

  test('floats lie in [0, 1) and are exact in f32', () => {
    const stream = randomStream(0);
    for (let i = 0; i < 10_000; i++) {
      const value = stream.nextFloat();
      expect(value >= 0 && value < 1 && Math.fround(value) === value).toBe(true);
    }
  });

  test('neighbouring seeds give streams that differ from the first number on', () => {
    const firsts = new Set(Array.from({ length: 1000 }, (_, seed) => randomStream(seed).nextUint32()));
    expect(firsts.size).toBe(1000);
  });

  test('the greatest seed works', () => {
    expect(randomStream(0xffffffff).nextFloat()).not.toBe(randomStream(0xfffffffe).nextFloat());
  });

  test.each([-1, 1.5, 2 ** 32, Number.NaN])('refuses the seed %s', (seed) => {
    expect(() => randomStream(seed)).toThrow(
      new InputError(`seed must be an integer from 0 to 4294967295, got ${seed}`),
    );
  });
});

describe('uniformNoise', () => {
  test('equal arguments give equal pictures, another seed another', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (seed) => {
        expect(uniformNoise(5, 3, seed)).toEqual(uniformNoise(5, 3, seed));
        expect(uniformNoise(5, 3, seed).pixels).not.toEqual(uniformNoise(5, 3, (seed ^ 1) >>> 0).pixels);
      }),
      { numRuns: 50 },
    );
  });

  test('64x48: mean 1/2, variance 1/12, neighbours uncorrelated', () => {
    const { width, height, pixels } = uniformNoise(64, 48, 7);
    expect([width, height, pixels.length]).toEqual([64, 48, 64 * 48 * 3]);
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    const covariance = (lag: number) =>
      pixels.slice(lag).reduce((sum, value, i) => sum + (value - mean) * ((pixels[i] ?? 0) - mean), 0) / pixels.length;
    // Four standard errors of 9216 values.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.012);
    expect(Math.abs(covariance(0) - 1 / 12)).toBeLessThan(0.004);
    for (const lag of [1, 3, 192]) expect(Math.abs(covariance(lag))).toBeLessThan(0.0035);
  });
});

describe('normalNoise', () => {
  test('64x48: mean 1/2, deviation that of a normal cut at two deviations, all in 0..1', () => {
    const { pixels } = normalNoise(64, 48, 3);
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    const variance = pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length;
    // 0.25² · (1 − 2 · 2 φ(2) / (2 Φ(2) − 1)); four standard errors of 9216 values.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    expect(Math.abs(Math.sqrt(variance) - 0.2199)).toBeLessThan(0.006);
    expect(pixels.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(normalNoise(64, 48, 3).pixels).toEqual(pixels);
  });
});

describe('greyPicture', () => {
  test('lies within a step of 8 bits round the middle, and is not flat', () => {
    const { pixels } = greyPicture(16, 8, 1);
    expect(pixels.every((value) => Math.abs(value - 0.5) <= 0.5 / 255)).toBe(true);
    expect(new Set(pixels).size).toBeGreaterThan(16);
  });
});

describe('halveTowards', () => {
  test('is a division by 2 in the space whose zero is the centre', () => {
    const picture = pictureOf(3, 2, (x, y, c) => (x + 2 * y + c) / 8);
    const [centre, deviation] = [[0.25, 0.5, 0.75] as const, 0.5];
    halveTowards(picture, centre).pixels.forEach((value, i) => {
      const from = centre[i % 3] ?? Number.NaN;
      expect((value - from) / deviation).toBeCloseTo(((picture.pixels[i] ?? Number.NaN) - from) / deviation / 2, 6);
    });
  });
});
