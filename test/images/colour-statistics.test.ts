/** Mean and covariance of colours, by hand; noise that has them, within what so many draws allow. */

import { describe, expect, test } from 'vitest';
import { colourStatistics, noiseLike } from '../../src/images/colour-statistics.ts';
import { pictureOf } from './pictures.ts';

describe('colourStatistics', () => {
  test('of two pixels: red 0 and 1, green 1 and 0, blue 1/4 twice', () => {
    const { mean, covariance } = colourStatistics(pictureOf(2, 1, (x, _y, c) => [x, 1 - x, 0.25][c] ?? 0));
    expect(mean).toEqual([0.5, 0.5, 0.25]);
    expect(covariance).toEqual([
      [0.25, -0.25, 0],
      [-0.25, 0.25, 0],
      [0, 0, 0],
    ]);
  });
});

describe('noiseLike', () => {
  const like = {
    mean: [0.5, 0.4, 0.6],
    covariance: [
      [0.01, 0.008, -0.002],
      [0.008, 0.01, 0.001],
      [-0.002, 0.001, 0.004],
    ],
  } as const;

  test('128x96 has the mean and the covariance, and comes again from the same seed', () => {
    const noise = noiseLike(like, 128, 96, 5);
    const found = colourStatistics(noise);
    // Four standard errors of 12288 pixels: 0.1 / 111 of a mean, √2 · 0.01 / 111 of a covariance. Nothing is clamped at four deviations.
    found.mean.forEach((value, c) => {
      expect(Math.abs(value - (like.mean[c] ?? Number.NaN))).toBeLessThan(0.004);
    });
    found.covariance.flat().forEach((value, i) => {
      expect(Math.abs(value - (like.covariance.flat()[i] ?? Number.NaN))).toBeLessThan(5e-4);
    });
    expect(noiseLike(like, 128, 96, 5)).toEqual(noise);
    expect(noiseLike(like, 128, 96, 6)).not.toEqual(noise);
  });

  test('of a grey picture is grey, and of a flat one flat', () => {
    const grey = colourStatistics(pictureOf(8, 8, (x, y) => (x * 8 + y) / 64));
    const { pixels } = noiseLike(grey, 8, 8, 1);
    for (let i = 0; i < pixels.length; i += 3) {
      expect(Math.abs((pixels[i + 1] ?? Number.NaN) - (pixels[i] ?? 0))).toBeLessThan(1e-6);
      expect(Math.abs((pixels[i + 2] ?? Number.NaN) - (pixels[i] ?? 0))).toBeLessThan(1e-6);
    }
    const flat = pictureOf(4, 4, (_x, _y, c) => c / 4);
    expect(noiseLike(colourStatistics(flat), 4, 4, 1)).toEqual(flat);
  });

  test('stays in 0..1', () => {
    const wide = colourStatistics(pictureOf(4, 4, (x) => (x < 2 ? 0 : 1)));
    expect(noiseLike(wide, 32, 32, 0).pixels.every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});
