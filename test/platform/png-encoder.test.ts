/** The page's PNG encoder: its files read by another library. */

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { filterRows, type PngSamples, pngFileOf } from '../../src/platform/browser/png-encoder.ts';

/** Smooth in one direction or another from row to row, so that every filter has its turn; a row of noise at the end. */
function samplesOf(width: number, height: number, channels: 3 | 4): PngSamples {
  const values = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const slopes = [
          x * 9 + c * 40,
          ((x * x) % 256) ^ (y * 3),
          x * y + c * 7,
          ((x * 7919 + c * 104_729) * (y + 1)) >> 3,
        ];
        values[(y * width + x) * channels + c] = slopes[y % slopes.length] ?? 0;
      }
    }
  }
  return { width, height, channels, values };
}

describe('pngFileOf', () => {
  it.each([
    [1, 1, 3],
    [1, 9, 4],
    [37, 1, 3],
    [37, 23, 3],
    [64, 48, 4],
  ] as const)('[%i, %i, %i]: exactly its samples', async (width, height, channels) => {
    const samples = samplesOf(width, height, channels);
    const file = await pngFileOf(samples);
    expect(file.type).toBe('image/png');
    const bytes = new Uint8Array(await file.arrayBuffer());
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([width, height, channels]);
    expect([...data]).toEqual([...samples.values]);
  });

  it('takes the filter that suits a row', () => {
    const flat = Array.from({ length: 12 }, () => 100);
    // Nothing, one colour, the same again.
    const values = Uint8Array.from([...flat.map(() => 0), ...flat, ...flat]);
    const filtered = filterRows({ width: 4, height: 3, channels: 3, values });
    expect([0, 1, 2].map((y) => filtered[y * 13])).toEqual([0, 1, 2]);
  });
});
