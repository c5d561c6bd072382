/** Every start has the result's size, and the lecture's is what its notebook does, in the space in which it is optimised. */

import { describe, expect, it } from 'vitest';
import { colourStatistics } from '../../src/images/colour-statistics.ts';
import { uniformNoise } from '../../src/images/initial.ts';
import { medianFilter } from '../../src/images/median-filter.ts';
import { coverCropTopLeft, resizeImage } from '../../src/images/resize.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import { fromPixels } from '../../src/objective/variable.ts';
import { noiseKinds } from '../../src/settings/starts.ts';
import { initialPicture, lectureNoise } from '../../src/transfer/start.ts';
import { pictureOf } from '../images/pictures.ts';

const size = { width: 12, height: 10 };
const content = pictureOf(24, 20, (x, y, c) => (x + y + c) / 64);
const style = pictureOf(30, 12, (x, y, c) => (2 * x + 3 * y + c) / 128);
const pictures = { content, style };

describe('initialPicture', () => {
  it.each(noiseKinds)('%s: of the size asked for, another for another seed', (kind) => {
    const picture = initialPicture({ kind, seed: 4 }, size, pictures);
    expect(picture).toMatchObject(size);
    expect(picture.pixels).toHaveLength(360);
    expect(initialPicture({ kind, seed: 4 }, size, pictures)).toEqual(picture);
    expect(initialPicture({ kind, seed: 5 }, size, pictures)).not.toEqual(picture);
  });

  it('takes content and files resized, the style picture covering', () => {
    expect(initialPicture({ kind: 'content' }, size, pictures)).toEqual(resizeImage(content, 12, 10));
    expect(initialPicture({ kind: 'picture', picture: style }, size, pictures)).toEqual(resizeImage(style, 12, 10));
    expect(initialPicture({ kind: 'style' }, size, pictures)).toEqual(coverCropTopLeft(style, 12, 10));
  });

  it("matched: the content picture in the style's colours, a mix counting by its shares", () => {
    const matched = initialPicture({ kind: 'matched' }, size, pictures);
    expect(matched).toMatchObject(size);
    const mean = (picture: RgbImage) => colourStatistics(picture).mean[0];
    expect(mean(matched)).toBeCloseTo(mean(style), 2);
    const mix = [
      { picture: style, weight: 1 },
      { picture: content, weight: 3 },
    ];
    const between = initialPicture({ kind: 'matched' }, size, { content, style: mix });
    expect(mean(between)).toBeCloseTo((mean(style) + 3 * mean(content)) / 4, 2);
  });

  it('has kinds that differ from each other', () => {
    const all = noiseKinds.map((kind) => initialPicture({ kind, seed: 0 }, size, pictures).pixels.join());
    expect(new Set(all).size).toBe(noiseKinds.length);
  });
});

describe('lectureNoise', () => {
  it('normalised, is the normalised median of uniform noise divided by 2', () => {
    const found = fromPixels(lectureNoise(16, 12, 9).pixels, 'normalised');
    const median = fromPixels(medianFilter(uniformNoise(16, 12, 9), 8).pixels, 'normalised');
    found.forEach((value, index) => {
      expect(Math.abs(value - (median[index] ?? Number.NaN) / 2)).toBeLessThan(1e-6);
    });
  });
});
