/** Colours matched: against a reference without eigenvalues, by what the map promises, and where a picture has too few colours for it. */

import { describe, expect, it } from 'vitest';
import { type ColourMap, colourMap, mapColours, mixedStatistics } from '../../src/images/colour-match.ts';
import { type ColourStatistics, colourStatistics } from '../../src/images/colour-statistics.ts';
import { uniformNoise } from '../../src/images/initial.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import { distributionOf, matchedColours } from '../reference/colour-match.ts';
import { pictureOf } from './pictures.ts';

/** Colours that go together, within `middle` ± 0.2, so that no map here leaves 0..1. */
function picture(seed: number, middle: readonly [number, number, number], spread: number): RgbImage {
  const { pixels } = uniformNoise(24, 18, seed);
  return pictureOf(24, 18, (x, y, c) => {
    const noise = (k: number): number => (pixels[(y * 24 + x) * 3 + ((k + 3) % 3)] ?? 0) - 0.5;
    return middle[c as 0 | 1 | 2] + spread * (noise(c) + 0.6 * noise(c + 1) + 0.2 * noise(0));
  });
}

type Colours = Parameters<typeof pictureOf>[2];

const photograph = picture(1, [0.5, 0.45, 0.4], 0.1);
const painting = picture(2, [0.4, 0.5, 0.6], 0.15);

function mapBetween(from: RgbImage, to: RgbImage): ColourMap {
  return colourMap(colourStatistics(from), colourStatistics(to));
}

/** Largest difference of two lists of numbers. */
function difference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found).toHaveLength(expected.length);
  return Math.max(...Array.from(found, (value, i) => Math.abs(value - (expected[i] ?? Number.NaN))));
}

describe('the map between two pictures', () => {
  it('moves colours as the reference does', () => {
    const { pixels } = photograph;
    const expected = matchedColours(pixels, distributionOf(pixels), distributionOf(painting.pixels));
    // One rounding to f32 of values below 1.
    expect(difference(mapColours(photograph, mapBetween(photograph, painting), 1).pixels, expected)).toBeLessThan(6e-8);
  });

  it("gives the picture the other one's mean and covariance", () => {
    const matched = colourStatistics(mapColours(photograph, mapBetween(photograph, painting), 1));
    const { mean, covariance } = colourStatistics(painting);
    expect(difference(matched.mean, mean)).toBeLessThan(1e-7);
    // The added 1e-5 counts for more in the narrower picture: T Σ T = B + 1e-5 (I − T²), and T² is about 2.
    expect(difference(matched.covariance.flat(), covariance.flat())).toBeLessThan(3e-5);
  });

  it('maps widened covariances exactly: T A T = B', () => {
    const [a, b] = [photograph, painting].map((one) => wide(colourStatistics(one)));
    const { matrix } = mapBetween(photograph, painting);
    const at = (m: readonly (readonly number[])[] | undefined, i: number, j: number) => m?.[i]?.[j] ?? Number.NaN;
    for (const i of [0, 1, 2]) {
      for (const j of [0, 1, 2]) {
        expect(at(matrix, i, j)).toBeCloseTo(at(matrix, j, i), 12);
        let sum = 0;
        for (const k of [0, 1, 2]) for (const l of [0, 1, 2]) sum += at(matrix, i, k) * at(a, k, l) * at(matrix, l, j);
        expect(sum).toBeCloseTo(at(b, i, j), 14);
      }
    }
  });

  it('between identical pictures is the identity', () => {
    const { matrix, offset } = mapBetween(painting, painting);
    expect(difference(matrix.flat(), [1, 0, 0, 0, 1, 0, 0, 0, 1])).toBeLessThan(1e-12);
    expect(difference(offset, [0, 0, 0])).toBeLessThan(1e-12);
  });

  it.each<[string, Colours | undefined, Colours | undefined]>([
    ['flat to flat', () => 0.3, () => 0.7],
    ['flat to colours', () => 0.3, undefined],
    ['colours to flat', undefined, () => 0.7],
    ['grey to colours', (x, y) => (x + y) / 42, undefined],
  ])('%s: numbers, with the mean of the other', (_name, from, to) => {
    const a = from === undefined ? photograph : pictureOf(24, 18, from);
    const b = to === undefined ? painting : pictureOf(24, 18, to);
    const { pixels } = mapColours(a, mapBetween(a, b), 1);
    expect(pixels.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(difference(colourStatistics({ ...a, pixels }).mean, colourStatistics(b).mean)).toBeLessThan(0.02);
  });

  it('is clamped to 0..1', () => {
    const wild = pictureOf(24, 18, (x) => (x % 2 === 0 ? 0.9 : 0));
    const { pixels } = mapColours(photograph, mapBetween(photograph, wild), 1);
    expect(Math.min(...pixels)).toBe(0);
  });

  it('goes half the way with half the strength, and none with none', () => {
    const map = mapBetween(photograph, painting);
    const whole = mapColours(photograph, map, 1).pixels;
    const middle = photograph.pixels.map((value, i) => (value + (whole[i] ?? Number.NaN)) / 2);
    expect(difference(mapColours(photograph, map, 0.5).pixels, middle)).toBeLessThan(1e-7);
    expect(mapColours(photograph, map, 0).pixels).toEqual(photograph.pixels);
  });
});

it('a mix of pictures has the statistics of all their pixels together', () => {
  const all = new Float32Array([...photograph.pixels, ...painting.pixels]);
  const parts = [photograph, painting].map((one) => ({ statistics: colourStatistics(one), share: 0.5 }));
  const { mean, covariance } = mixedStatistics(parts);
  const expected = distributionOf(all);
  expect(difference(mean, expected.mean)).toBeLessThan(1e-12);
  expect(difference(covariance.flat(), expected.covariance.flat())).toBeLessThan(1e-12);
});

function wide({ covariance }: ColourStatistics): readonly (readonly number[])[] {
  return covariance.map((row, i) => row.map((value, j) => value + (i === j ? 1e-5 : 0)));
}
