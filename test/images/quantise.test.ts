/** Floats to bytes and back, flattening, and the two orders of channels. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputError, ShapeError } from '../../src/core/errors.ts';
import { fromPlanar, toPlanar } from '../../src/images/planar.ts';
import { flattenOverWhite, imageFromSamples, quantise } from '../../src/images/quantise.ts';
import { largestDifference, pictureOf } from './pictures.ts';

describe('quantise', () => {
  test('clamps and rounds half up', () => {
    const pixels = Float32Array.of(-1, 0, 0.4 / 255, 0.5 / 255, 1, 1.7);
    expect([...quantise({ width: 2, height: 1, pixels })]).toEqual([0, 0, 0, 1, 255, 255]);
  });

  test('alpha comes fourth', () => {
    const pixels = Float32Array.of(1, 0, 0, 0, 1, 0);
    expect([...quantise({ width: 2, height: 1, pixels, alpha: Float32Array.of(0, 1) })]).toEqual([
      255, 0, 0, 0, 0, 255, 0, 255,
    ]);
  });

  test('bytes survive the way to floats and back', () => {
    for (const channels of [3, 4]) {
      const values = Uint8Array.from({ length: 256 * channels }, (_, i) => (i * 7) % 256);
      expect(quantise(imageFromSamples({ width: 16, height: 16, channels, values, maxValue: 255 }))).toEqual(values);
    }
  });

  test('16 bits: clamps and rounds half up, and every sample survives', () => {
    const pixels = Float32Array.of(-1, 0.4 / 65535, 0.6 / 65535, 0.5, 1, 1.7);
    expect([...quantise({ width: 2, height: 1, pixels }, 16)]).toEqual([0, 0, 1, 32768, 65535, 65535]);
    const values = Uint16Array.from({ length: 256 * 256 * 3 }, (_, i) => (i * 40_503) % 65_536);
    const image = imageFromSamples({ width: 256, height: 256, channels: 3, values, maxValue: 65_535 });
    expect(quantise(image, 16)).toEqual(values);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %s', (value) => {
    const image = pictureOf(3, 2, (x, y) => (x === 2 && y === 1 ? value : 0));
    expect(() => quantise(image)).toThrow(
      new InputError(`picture: expected finite values, got ${value} at pixel (2, 1); the run that made it failed`),
    );
  });
});

describe('imageFromSamples', () => {
  test('grey is repeated, alpha kept apart', () => {
    const values = Uint16Array.of(0, 65535, 65535, 0);
    expect(imageFromSamples({ width: 2, height: 1, channels: 2, values, maxValue: 65535 })).toEqual({
      width: 2,
      height: 1,
      pixels: Float32Array.of(0, 0, 0, 1, 1, 1),
      alpha: Float32Array.of(1, 0),
    });
  });

  test.each([0, 5])('refuses %i channels', (channels) => {
    const values = new Uint8Array(4 * channels);
    expect(() => imageFromSamples({ width: 2, height: 2, channels, values, maxValue: 255 })).toThrow(ShapeError);
  });

  test('refuses a length that is not the shape', () => {
    const values = new Uint8Array(11);
    expect(() => imageFromSamples({ width: 2, height: 2, channels: 3, values, maxValue: 255 })).toThrow(
      'imageFromSamples: expected [2, 2, 1 to 4] samples, got 11 samples in 3 channels',
    );
  });
});

describe('flattenOverWhite', () => {
  test('transparent becomes white, opaque stays, half is half way', () => {
    const flat = flattenOverWhite({
      width: 3,
      height: 1,
      pixels: Float32Array.of(0, 0.5, 1, 0, 0.5, 1, 0, 0.5, 1),
      alpha: Float32Array.of(0, 1, 0.5),
    });
    expect(flat).toEqual({ width: 3, height: 1, pixels: Float32Array.of(1, 1, 1, 0, 0.5, 1, 0.5, 0.75, 1) });
  });

  test('a picture without alpha is returned as it is', () => {
    const image = pictureOf(2, 2, () => 0.3);
    expect(flattenOverWhite(image)).toBe(image);
  });
});

describe('planar', () => {
  test('[1, 2, 3] -> [3, 1, 2]', () => {
    expect([...toPlanar(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 1)]).toEqual([1, 4, 2, 5, 3, 6]);
  });

  test('there and back is the identity', () => {
    const size = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(size, size, (width, height) => {
        const { pixels } = pictureOf(width, height, (x, y, c) => x + 10 * y + 100 * c);
        expect(largestDifference(fromPlanar(toPlanar(pixels, width, height), width, height), pixels)).toBe(0);
      }),
    );
  });

  test('refuses a length that does not fit', () => {
    expect(() => toPlanar(new Float32Array(5), 2, 1)).toThrow(
      new ShapeError('toPlanar: a 2x1 picture has 6 values in three channels, got 5'),
    );
  });
});
