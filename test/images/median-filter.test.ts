/** The median filter against SciPy (test/fixtures/images/median.py), to the bit, and against what must hold for any picture. */

import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ShapeError } from '../../src/core/errors.ts';
import { medianFilter } from '../../src/images/median-filter.ts';
import { pictureOf } from './pictures.ts';

interface Fixture {
  readonly width: number;
  readonly height: number;
  readonly size: number;
  readonly pixels: readonly number[];
  readonly filtered: readonly number[];
}

const fixtures: readonly Fixture[] = JSON.parse(
  await readFile(new URL('../fixtures/images/median.json', import.meta.url), 'utf8'),
);

describe('medianFilter', () => {
  test.each(fixtures)('$width x $height, window $size: equals scipy.ndimage.median_filter', (fixture) => {
    const { width, height, size, pixels, filtered } = fixture;
    const image = { width, height, pixels: Float32Array.from(pixels) };
    expect(medianFilter(image, size).pixels).toEqual(Float32Array.from(filtered));
    expect(image.pixels).toEqual(Float32Array.from(pixels));
  });

  test('an even window reaches further up and left: a step moves down and right', () => {
    const step = pictureOf(8, 8, (x) => (x < 4 ? 0 : 1));
    // The window of column x is x - 2 ... x + 1; of two zeros and two ones the greater middle one is 1.
    const row = [...medianFilter(step, 4).pixels.slice(0, 24)].filter((_, index) => index % 3 === 0);
    expect(row).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  });

  test('each value becomes one of its own channel, and a flat picture stays', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (side, size) => {
        const image = pictureOf(side, 5, (x, y, c) => c + ((x * 7 + y * 3) % 11) / 11);
        const channels = [0, 1, 2].map((c) => new Set(image.pixels.filter((_, i) => i % 3 === c)));
        medianFilter(image, size).pixels.forEach((value, i) => {
          expect(channels[i % 3]?.has(value)).toBe(true);
        });
        const flat = pictureOf(side, 3, (_x, _y, c) => c / 4);
        expect(medianFilter(flat, size)).toEqual(flat);
      }),
      { numRuns: 50 },
    );
  });

  test.each([0, -8, 2.5, Number.NaN])('refuses a window of %s', (size) => {
    expect(() =>
      medianFilter(
        pictureOf(4, 4, () => 0),
        size,
      ),
    ).toThrow(new ShapeError(`medianFilter: size must be a positive integer, got ${size}`));
  });
});
