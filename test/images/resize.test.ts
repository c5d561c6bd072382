/** Resampling against Pillow's BICUBIC (test/fixtures/images/resize.py) and against what must hold for any picture. */

import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ShapeError } from '../../src/core/errors.ts';
import { coverCropTopLeft, fitLongestSide, resizeField, resizeImage } from '../../src/images/resize.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import { readImage } from '../../src/platform/node/image-files.ts';
import { largestDifference, pictureOf } from './pictures.ts';

interface Fixture {
  readonly width: number;
  readonly height: number;
  readonly pixels: readonly number[];
}

interface Fixtures extends Fixture {
  readonly resized: readonly Fixture[];
  readonly covered: readonly Fixture[];
}

const fixtures: Fixtures = JSON.parse(
  await readFile(new URL('../fixtures/images/resize.json', import.meta.url), 'utf8'),
);
const original = toImage(fixtures);

// Both sum in f64 and round to f32 between the passes; the order of the sums differs.
const tolerance = 1e-6;

const side = fc.integer({ min: 1, max: 24 });
const anyPicture: fc.Arbitrary<RgbImage> = fc
  .tuple(side, side)
  .chain(([width, height]) =>
    fc
      .array(fc.integer({ min: 0, max: 255 }), { minLength: width * height * 3, maxLength: width * height * 3 })
      .map((bytes) => ({ width, height, pixels: Float32Array.from(bytes, (byte) => byte / 255) })),
  );

describe('resizeImage', () => {
  for (const expected of fixtures.resized) {
    test(`7x5 -> ${expected.width}x${expected.height} as Pillow`, () => {
      const resized = resizeImage(original, expected.width, expected.height);
      expect([resized.width, resized.height]).toEqual([expected.width, expected.height]);
      expect(largestDifference(resized.pixels, expected.pixels)).toBeLessThan(tolerance);
    });
  }

  test('600x400 -> 24x16 as Pillow in 8 bits', async () => {
    const coffee = await readImage('examples/coffee.png');
    const expected = await readImage('test/fixtures/images/coffee_24x16.png');
    const resized = resizeImage(coffee, 24, 16);
    // Pillow rounds to 8 bits after the first pass and after the second.
    expect(largestDifference(resized.pixels, expected.pixels)).toBeLessThan(1.01 / 255);
  });

  test('alpha is resampled like a channel', () => {
    const channel = (c: number) => original.pixels.filter((_, i) => i % 3 === c);
    const resized = resizeImage({ ...original, alpha: channel(1) }, 4, 9);
    expect(resized.alpha).toEqual(resized.pixels.filter((_, i) => i % 3 === 1));
    expect('alpha' in resizeImage(original, 4, 9)).toBe(false);
  });

  test('an equal size gives an exact copy in arrays of its own', () => {
    fc.assert(
      fc.property(anyPicture, (image) => {
        const copy = resizeImage(image, image.width, image.height);
        expect(copy.pixels).toEqual(image.pixels);
        expect(copy.pixels.buffer).not.toBe(image.pixels.buffer);
      }),
    );
  });

  test('a constant picture stays constant', () => {
    fc.assert(
      fc.property(side, side, side, side, fc.float({ min: 0, max: 1, noNaN: true }), (w, h, w2, h2, value) => {
        const resized = resizeImage(
          pictureOf(w, h, () => value),
          w2,
          h2,
        );
        expect(largestDifference(resized.pixels, new Float32Array(w2 * h2 * 3).fill(value))).toBeLessThan(3e-7);
      }),
    );
  });

  test('any picture stays within 0..1 and keeps its input', () => {
    fc.assert(
      fc.property(anyPicture, side, side, (image, width, height) => {
        const before = image.pixels.slice();
        const resized = resizeImage(image, width, height);
        expect(resized.pixels).toHaveLength(width * height * 3);
        expect(resized.pixels.every((value) => value >= 0 && value <= 1)).toBe(true);
        expect(image.pixels).toEqual(before);
      }),
    );
  });

  test('halving a smooth picture keeps its mean', () => {
    const smooth = pictureOf(64, 48, (x, y, c) => 0.5 + 0.3 * Math.sin(x / 9 + c) * Math.cos(y / 7));
    const mean = (image: RgbImage) => image.pixels.reduce((sum, value) => sum + value, 0) / image.pixels.length;
    // Borders weigh a little differently.
    expect(Math.abs(mean(resizeImage(smooth, 32, 24)) - mean(smooth))).toBeLessThan(2e-3);
  });

  test('a mirrored picture gives the mirrored result', () => {
    const mirrored = (image: RgbImage) =>
      pictureOf(image.width, image.height, (x, y, c) => at(image, image.width - 1 - x, y, c));
    for (const [width, height] of [
      [3, 4],
      [17, 11],
    ] as const) {
      const expected = mirrored(resizeImage(original, width, height));
      expect(largestDifference(resizeImage(mirrored(original), width, height).pixels, expected.pixels)).toBeLessThan(
        tolerance,
      );
    }
  });

  test('shrinking removes what the smaller size cannot show', () => {
    const stripes = pictureOf(64, 64, (x) => x % 2);
    const inner = resizeImage(stripes, 16, 16).pixels.filter((_, i) => i % 48 >= 6 && i % 48 < 42);
    expect(largestDifference(inner, new Float32Array(inner.length).fill(0.5))).toBeLessThan(0.01);
  });

  test.each([0, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a width of %s', (width) => {
    expect(() => resizeImage(original, width, 4)).toThrow(
      new ShapeError(`resizeImage: width must be a positive integer, got ${width}`),
    );
  });

  test('refuses arrays that do not fit the size', () => {
    expect(() => resizeImage({ ...original, width: 8 }, 4, 4)).toThrow(
      new ShapeError('resizeImage: pixels of a 8x5 picture must have 120 values [5, 8, 3], got 105'),
    );
    expect(() => resizeImage({ ...original, alpha: new Float32Array(3) }, 4, 4)).toThrow(
      new ShapeError('resizeImage: alpha of a 7x5 picture must have 35 values [5, 7], got 3'),
    );
  });
});

describe('fitLongestSide', () => {
  test.each([
    [600, 400, 300, { width: 300, height: 200 }],
    [400, 600, 300, { width: 200, height: 300 }],
    [451, 300, 256, { width: 256, height: 170 }],
    [1000, 1, 10, { width: 10, height: 1 }],
    [100, 50, 100, { width: 100, height: 50 }],
    [100, 50, 200, { width: 100, height: 50 }],
  ])('%i x %i to %i', (width, height, size, expected) => {
    expect(fitLongestSide(width, height, size)).toEqual(expected);
  });

  test('enlarges when asked', () => {
    expect(fitLongestSide(100, 50, 200, { enlarge: true })).toEqual({ width: 200, height: 100 });
  });

  test('refuses a size of 0', () => {
    expect(() => fitLongestSide(100, 50, 0)).toThrow('fitLongestSide: size must be a positive integer, got 0');
  });
});

describe('coverCropTopLeft', () => {
  for (const expected of fixtures.covered) {
    test(`7x5 covers ${expected.width}x${expected.height} as Pillow's resize and crop`, () => {
      const covered = coverCropTopLeft(original, expected.width, expected.height);
      expect([covered.width, covered.height]).toEqual([expected.width, expected.height]);
      expect(largestDifference(covered.pixels, expected.pixels)).toBeLessThan(tolerance);
    });
  }

  test('cuts the top left at scale 1', () => {
    const cropped = coverCropTopLeft(original, 7, 2);
    expect(cropped.pixels).toEqual(original.pixels.slice(0, 7 * 2 * 3));
  });

  test('is resize followed by a crop, whatever the sizes', () => {
    fc.assert(
      fc.property(anyPicture, side, side, (image, width, height) => {
        const scale = Math.max(width / image.width, height / image.height);
        const full = resizeImage(
          image,
          Math.max(width, Math.round(image.width * scale)),
          Math.max(height, Math.round(image.height * scale)),
        );
        const expected = pictureOf(width, height, (x, y, c) => at(full, x, y, c));
        expect(coverCropTopLeft(image, width, height).pixels).toEqual(expected.pixels);
      }),
    );
  });
});

describe('resizeField', () => {
  test('bicubic, is resizeImage before it clamps', () => {
    fc.assert(
      fc.property(anyPicture, side, side, (image, width, height) => {
        const field = resizeField(image.pixels, image, { width, height }, 'bicubic');
        const clamped = field.map((value) => Math.min(Math.max(value, 0), 1));
        expect(clamped).toEqual(resizeImage(image, width, height).pixels);
      }),
    );
  });

  test('bilinear, stays within the range of the values, and on a line keeps to it', () => {
    fc.assert(
      fc.property(anyPicture, side, side, (image, width, height) => {
        const field = resizeField(image.pixels, image, { width, height }, 'bilinear');
        const margin = 1e-6;
        expect(Math.min(...field)).toBeGreaterThan(Math.min(...image.pixels) - margin);
        expect(Math.max(...field)).toBeLessThan(Math.max(...image.pixels) + margin);
      }),
    );
    const line = pictureOf(5, 1, (x) => x).pixels;
    const doubled = [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4];
    const field = resizeField(line, { width: 5, height: 1 }, { width: 10, height: 1 }, 'bilinear');
    expect(
      largestDifference(
        field,
        doubled.flatMap((value) => [value, value, value]),
      ),
    ).toBeLessThan(1e-6);
  });

  test('refuses values of another size', () => {
    const call = () => resizeField(new Float32Array(9), { width: 2, height: 2 }, { width: 4, height: 4 }, 'bicubic');
    expect(call).toThrow(new ShapeError('resizeField: 9 values are not 3 channels of 2x2'));
  });
});

function toImage(fixture: Fixture): RgbImage {
  return { width: fixture.width, height: fixture.height, pixels: Float32Array.from(fixture.pixels) };
}

function at(image: RgbImage, x: number, y: number, c: number): number {
  return image.pixels[(y * image.width + x) * 3 + c] ?? Number.NaN;
}
