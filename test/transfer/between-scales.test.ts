/** What a larger scale starts from: the enlarged picture, and as much of the photograph's detail as is asked for. */

import { expect, it } from 'vitest';
import { resizeImage } from '../../src/images/resize.ts';
import { enlargedWithDetail } from '../../src/transfer/between-scales.ts';
import { pictureOf } from '../images/pictures.ts';

const larger = pictureOf(12, 10, (x, y, c) => 0.4 + 0.2 * ((x + 2 * y + c) % 2));
const smaller = resizeImage(larger, 6, 5);
const painted = pictureOf(6, 5, (x, y, c) => 0.3 + (x + y + c) / 40);

it('without detail is the enlarged picture', () => {
  expect(enlargedWithDetail(painted, { smaller, larger }, 0).pixels).toEqual(resizeImage(painted, 12, 10).pixels);
});

it('with all of it, of the photograph itself, is the photograph', () => {
  enlargedWithDetail(smaller, { smaller, larger }, 1).pixels.forEach((value, i) => {
    expect(Math.abs(value - (larger.pixels[i] ?? Number.NaN))).toBeLessThan(1e-6);
  });
});

it('goes with the share, and stays in 0..1', () => {
  const at = (share: number) => enlargedWithDetail(painted, { smaller, larger }, share).pixels;
  const [none, half, all] = [at(0), at(0.5), at(1)];
  half.forEach((value, i) => {
    expect(Math.abs(value - ((none[i] ?? Number.NaN) + (all[i] ?? Number.NaN)) / 2)).toBeLessThan(1e-6);
  });
  const white = pictureOf(6, 5, () => 1);
  expect(Math.max(...enlargedWithDetail(white, { smaller, larger }, 1).pixels)).toBe(1);
});
