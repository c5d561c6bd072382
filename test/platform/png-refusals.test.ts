/** PNGs that are broken or meant to harm: refused in one sentence, before memory and time are spent. */

import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { pngChunk, pngOf } from '../../src/images/png-chunks.ts';
import { readImage } from '../../src/platform/node/image-files.ts';
import { broken, endChunk, headerChunk, pngFile } from '../support/png.ts';
import { refusalOf } from '../support/refusal.ts';
import { temporaryFolder } from './picture-files.ts';

const { file } = temporaryFolder();

/** Why the file is refused, without its name. */
async function reasonAgainst(png: Uint8Array): Promise<string> {
  const path = await file('broken.png', png);
  const { message } = await refusalOf(() => readImage(path));
  return message.slice(path.length + 2);
}

const inBrackets = (reason: string) =>
  `expected a complete PNG picture, but it is damaged, truncated or of a rare kind (${reason}); save or download it again`;

const small = { width: 2, height: 2 };
const rows = [0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12];
const deflated = deflateSync(Uint8Array.from(rows));
const ofData = (data: Uint8Array, header = headerChunk(small)) => pngOf([header, pngChunk('IDAT', data), endChunk]);
const wrongAtEnd = deflated.map((byte, i) => (i === deflated.length - 1 ? byte ^ 1 : byte));

describe('PNGs that are refused', () => {
  test.each([
    ['no header', pngOf([endChunk]), 'it has no sound header'],
    ['a header with a wrong checksum', ofData(deflated, broken(headerChunk(small))), 'it has no sound header'],
    ['a header that is too short', ofData(deflated, pngChunk('IHDR', new Uint8Array(12))), 'it has no sound header'],
    ['RGB of 4 bits', pngFile({ ...small, bitDepth: 4 }, rows), 'colour type 2, 4 bits, interlace method 0'],
    ['colour type 5', pngFile({ ...small, colourType: 5 }, rows), 'colour type 5, 8 bits, interlace method 0'],
    ['another interlacing', pngFile({ ...small, interlace: 2 }, rows), 'colour type 2, 8 bits, interlace method 2'],
    ['no pixel data', pngOf([headerChunk(small), endChunk]), 'unexpected end of file'],
    [
      'pixel data that end within a row',
      ofData(deflateSync(Uint8Array.from(rows.slice(0, 9)))),
      '9 bytes of pixels instead of 14',
    ],
    // Checksums of such chunks are right, and pngjs alone would hand out memory that was never written.
    ['pixel data that are cut', ofData(deflated.subarray(0, -6)), 'unexpected end of file'],
    ['pixel data without their sum', ofData(deflated.subarray(0, -4)), 'unexpected end of file'],
    ['pixel data with a wrong sum', ofData(wrongAtEnd), 'incorrect data check'],
    [
      'pixel data with a wrong checksum',
      pngOf([headerChunk(small), broken(pngChunk('IDAT', deflated)), endChunk]),
      'the checksum of its IDAT chunk is wrong',
    ],
    ['pixel data that are none', ofData(new Uint8Array(30).fill(0x55)), 'incorrect header check'],
    ['interlaced rows too few', pngFile({ ...small, interlace: 1 }, [0, 1, 2, 3]), '4 bytes of pixels instead of 15'],
    ['a filter that there is not', pngFile(small, [9, ...rows.slice(1)]), 'Unrecognised filter type - 9'],
    ['no palette', pngFile({ ...small, colourType: 3 }, [0, 0, 0, 0, 0, 0]), 'it has no palette'],
    [
      'a palette with a wrong checksum',
      pngFile({ ...small, colourType: 3 }, new Uint8Array(6), [broken(pngChunk('PLTE', new Uint8Array(6)))]),
      'the checksum of its PLTE chunk is wrong',
    ],
    [
      'a transparent colour with a wrong checksum',
      pngFile(small, rows, [broken(pngChunk('tRNS', new Uint8Array(6)))]),
      'the checksum of its tRNS chunk is wrong',
    ],
    [
      'half a transparent colour',
      pngFile(small, rows, [pngChunk('tRNS', new Uint8Array(3))]),
      'its tRNS chunk is too short',
    ],
  ])('%s', async (_, png, reason) => {
    expect(await reasonAgainst(png)).toBe(inBrackets(reason));
  });

  test.each([
    ['plain', 0],
    ['interlaced', 1],
  ])('%s, cut at every byte', async (_, interlace) => {
    const whole = pngFile({ width: 2, height: 2, interlace }, interlace === 1 ? new Uint8Array(15) : rows);
    // The last chunk is not needed.
    for (let length = 8; length < whole.length - endChunk.length; length++) {
      expect(await reasonAgainst(whole.subarray(0, length)), String(length)).toContain(
        'damaged, truncated or of a rare kind',
      );
    }
  });
});

describe('PNGs that are meant to harm', () => {
  const zeros = deflateSync(new Uint8Array(300e6));

  test.each([
    ['plain', 0],
    ['interlaced', 1],
  ])('%s: 300 MB of pixels behind a header of 64x64 are not inflated', async (_, interlace) => {
    const before = process.memoryUsage().rss;
    const png = ofData(zeros, headerChunk({ width: 64, height: 64, interlace }));
    const path = await file('bomb.png', png);
    const started = process.cpuUsage();
    expect((await readImage(path)).width).toBe(64);
    // All of it takes about a second.
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(0.3);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  test('a header of 100 megapixels without them takes no memory for them', async () => {
    const before = process.memoryUsage().rss;
    const png = ofData(deflated, headerChunk({ width: 10_000, height: 10_000, bitDepth: 16, colourType: 6 }));
    expect(await reasonAgainst(png)).toBe(inBrackets('14 bytes of pixels instead of 800010000'));
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  test.each([
    [2, 40_000_000],
    [40_000_000, 2],
  ])('sides of %i and %i, whose rows or widths alone would fill the memory', async (width, height) => {
    expect(await reasonAgainst(ofData(deflated, headerChunk({ width, height })))).toBe(
      `expected sides of at most 1000000 pixels, got ${width}x${height}; make the picture smaller first`,
    );
  });

  test('a palette of a million colours counts for its first 256', async () => {
    const palette = pngChunk('PLTE', new Uint8Array(3e6).fill(128));
    const image = await readImage(
      await file('palette.png', pngFile({ ...small, colourType: 3 }, [0, 1, 2, 0, 3, 255], [palette])),
    );
    expect(new Set(image.pixels)).toEqual(new Set([Math.fround(128 / 255)]));
  });
});
