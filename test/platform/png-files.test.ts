/** PNGs of every kind, through pngjs and through sharp alike, and 16 bits from one to the other. Broken ones stand in png-refusals. */

import { readFile } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { pngChunk, pngOf } from '../../src/images/png-chunks.ts';
import { imageFromSamples } from '../../src/images/quantise.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import { readImage, writeImage } from '../../src/platform/node/image-files.ts';
import { largestDifference, pictureOf } from '../images/pictures.ts';
import { broken, endChunk, headerChunk, type PngHeader, pngFile } from '../support/png.ts';
import { temporaryFolder } from './picture-files.ts';

const { file, path } = temporaryFolder();

/** What sharp makes of the file, as an {@link RgbImage}. */
async function bySharp(bytes: Uint8Array, wide = false): Promise<RgbImage> {
  const pipeline = wide
    ? sharp(bytes).toColourspace('rgb16').raw({ depth: 'ushort' })
    : sharp(bytes).toColourspace('srgb').raw();
  const { data, info } = await pipeline.toBuffer({ resolveWithObject: true });
  const values = wide ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
  return imageFromSamples({ ...info, values, maxValue: wide ? 65535 : 255 });
}

const samplesOf = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);

/** How many columns and rows each pass has: all at once, or Adam7. */
function passesOf({ width, height, interlace = 0 }: PngHeader): readonly (readonly [columns: number, rows: number])[] {
  if (interlace === 0) return [[width, height]];
  const count = (side: number, from: number, step: number) => Math.max(0, Math.ceil((side - from) / step));
  const [c, r] = [count.bind(undefined, width), count.bind(undefined, height)];
  const early = [
    [c(0, 8), r(0, 8)],
    [c(4, 8), r(0, 8)],
    [c(0, 4), r(4, 8)],
  ] as const;
  return [...early, [c(2, 4), r(0, 4)], [c(0, 2), r(2, 4)], [c(1, 2), r(0, 2)], [c(0, 1), r(1, 2)]];
}

/** Rows of bytes without order, every filter among them. */
function rowsOf(header: PngHeader, filters = 5): number[] {
  const { bitDepth = 8, colourType = 2 } = header;
  const bits = bitDepth * (samplesOf.get(colourType) ?? 0);
  const rows = passesOf(header).flatMap(([columns, count]) =>
    Array.from({ length: columns > 0 ? count : 0 }, () => Math.ceil((columns * bits) / 8)),
  );
  return rows.flatMap((rowBytes, row) => [
    row % filters,
    ...Array.from({ length: rowBytes }, (_, i) => (i * 89 + row * 31 + ((i * row) % 7)) % 256),
  ]);
}

/** So many colours, and the first two's opacities. */
const paletteOf = (colours: number) =>
  pngChunk(
    'PLTE',
    Uint8Array.from({ length: 3 * colours }, (_, i) => (i * 37) % 256),
  );
const opacities = pngChunk('tRNS', Uint8Array.of(0, 100));

describe('PNGs of every kind', () => {
  const depthsOf = (colourType: number) =>
    colourType === 0 ? [1, 2, 4, 8, 16] : colourType === 3 ? [1, 2, 4, 8] : [8, 16];
  const kinds = [...samplesOf.keys()].flatMap((colourType) =>
    depthsOf(colourType).flatMap((bitDepth) => [0, 1].map((interlace) => ({ colourType, bitDepth, interlace }))),
  );

  test.each(kinds)('colour type $colourType, $bitDepth bits, interlace $interlace', async (kind) => {
    const palette = paletteOf(2 ** kind.bitDepth);
    for (const [width, height] of [
      // Columns and rows beyond a whole block of Adam7, and too few for one.
      [21, 13],
      [2, 2],
      [5, 3],
    ] as const) {
      const header = { width, height, ...kind };
      for (const chunks of kind.colourType === 3 ? [[palette], [palette, opacities]] : [[]]) {
        const png = pngFile(header, rowsOf(header), chunks);
        const [read, expected] = [await readImage(await file('kind', png)), await bySharp(png, kind.bitDepth === 16)];
        expect(read.alpha).toEqual(expected.alpha);
        expect(largestDifference(read.pixels, expected.pixels)).toBeLessThan(1e-7);
      }
    }
  });

  test.each([
    [8, false],
    [16, false],
    [8, true],
    [16, true],
  ])('%i bits, alpha %s, interlaced as not', async (bits, hasAlpha) => {
    const channels = hasAlpha ? 4 : 3;
    for (const [width, height] of [
      [21, 13],
      [3, 2],
      [2, 9],
      [64, 40],
    ] as const) {
      const values = Uint16Array.from({ length: width * height * channels }, (_, i) => (i * 12289) % 65536);
      const space = bits === 16 ? 'rgb16' : 'srgb';
      const raw = sharp(values, { raw: { width, height, channels } }).toColourspace(space);
      const plain = await raw.clone().png().toBuffer();
      const laced = await raw.clone().png({ progressive: true }).toBuffer();
      const image = await readImage(await file('laced.png', laced));
      expect(image).toEqual(await readImage(await file('plain.png', plain)));
      expect(image).toEqual(await bySharp(laced, bits === 16));
    }
  });

  test.each([
    ['grey of 1 bit', { colourType: 0, bitDepth: 1 }, [0, 1]],
    ['grey of 2 bits', { colourType: 0, bitDepth: 2 }, [0, 2]],
    ['grey of 8 bits', { colourType: 0, bitDepth: 8 }, [0, 89]],
    ['RGB of 8 bits', { colourType: 2, bitDepth: 8 }, [0, 0, 0, 89, 0, 178]],
  ])('one transparent colour: %s; the colour under it stays', async (_, kind, key) => {
    const header = { width: 9, height: 4, ...kind };
    const png = pngFile(header, rowsOf(header, 1), [pngChunk('tRNS', Uint8Array.from(key))]);
    const [read, expected] = [await readImage(await file('key.png', png)), await bySharp(png)];
    expect(new Set(read.alpha)).toEqual(new Set([0, 1]));
    expect(read.alpha).toEqual(expected.alpha);
    expect(largestDifference(read.pixels, expected.pixels)).toBeLessThan(1e-7);
  });

  test('one transparent colour of 16 bits, which another that is near it is not', async () => {
    const rows = [0, 1, 2, 1, 3, 0, 9, 9, 1, 2];
    const png = pngFile({ width: 2, height: 2, colourType: 0, bitDepth: 16 }, rows, [
      pngChunk('tRNS', Uint8Array.of(1, 2)),
    ]);
    const { alpha, pixels } = await readImage(await file('key16.png', png));
    expect([...(alpha ?? [])]).toEqual([0, 1, 1, 0]);
    expect(pixels[0]).toBeCloseTo(258 / 65535, 7);
  });

  test('an index that the palette lacks is black, as in browsers', async () => {
    const png = pngFile({ width: 2, height: 2, colourType: 3 }, [0, 1, 200, 0, 1, 1], [paletteOf(2)]);
    const { pixels } = await readImage(await file('index.png', png));
    expect([...pixels.subarray(3, 6)]).toEqual([0, 0, 0]);
  });
});

describe('what does no harm to the pixels', () => {
  const rows = [0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12];
  const plain = pngFile({ width: 2, height: 2 }, rows);
  const expected = Float32Array.from(
    rows.filter((_, i) => i % 7 !== 0),
    (byte) => byte / 255,
  );
  /** Adam7 of two by two pixels: the first, the one beside it, the row below; and more. */
  const interlaced = [0, 1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12, 0, 9, 9];
  const behind = Buffer.concat([deflateSync(Uint8Array.from(rows)), Buffer.from('more')]);
  const withoutEnd = plain.subarray(0, -endChunk.length);

  test.each([
    ['bytes behind the end', Buffer.concat([plain, Buffer.from('and more')])],
    ['no end', withoutEnd],
    ['an end that is cut', plain.subarray(0, -5)],
    ['an end with a wrong checksum', Buffer.concat([withoutEnd, broken(endChunk)])],
    [
      'a text with a wrong checksum',
      pngFile({ width: 2, height: 2 }, rows, [broken(pngChunk('tEXt', Buffer.from('a\0b')))]),
    ],
    ['interlaced rows too many', pngFile({ width: 2, height: 2, interlace: 1 }, interlaced)],
    ['bytes behind the pixel data', pngOf([headerChunk({ width: 2, height: 2 }), pngChunk('IDAT', behind), endChunk])],
    ['a row too many', pngFile({ width: 2, height: 2 }, [...rows, 0, 1, 1, 1, 1, 1, 1])],
    ['a palette that nothing needs', pngFile({ width: 2, height: 2 }, rows, [paletteOf(4)])],
    [
      'chunks of an animation',
      pngFile({ width: 2, height: 2 }, rows, [
        pngChunk('acTL', new Uint8Array(8)),
        pngChunk('fdAT', new Uint8Array(9)),
      ]),
    ],
  ])('%s', async (_, png) => {
    expect(await readImage(await file('harmless.png', png))).toEqual({ width: 2, height: 2, pixels: expected });
  });

  test('pixel data in chunks of any size, empty ones too', async () => {
    const data = plain.subarray(headerChunk({ width: 2, height: 2 }).length + 16, plain.length - endChunk.length - 4);
    const parts = [data.subarray(0, 1), data.subarray(1, 1), data.subarray(1, 7), data.subarray(7)];
    const png = Buffer.concat([plain.subarray(0, 33), ...parts.map((part) => pngChunk('IDAT', part)), endChunk]);
    expect((await readImage(await file('parts.png', png))).pixels).toEqual(expected);
  });
});

describe('16 bits', () => {
  const fine = pictureOf(31, 17, (x, y, c) => ((x * 2003 + y * 4001 + c * 7919) % 65536) / 65535);
  const withAlpha = { ...fine, alpha: Float32Array.from({ length: 31 * 17 }, (_, i) => ((i * 131) % 65536) / 65535) };

  test.each([
    ['RGB', fine],
    ['RGB and alpha', withAlpha],
  ])('%s: what is written comes back exactly, and from sharp', async (_, image) => {
    await writeImage(path('fine.png'), image, { bitDepth: 16 });
    const bytes = await readFile(path('fine.png'));
    expect(await sharp(bytes).metadata()).toMatchObject({ depth: 'ushort', width: 31, height: 17, bitsPerSample: 16 });
    expect(await readImage(path('fine.png'))).toEqual(image);
    expect(await bySharp(bytes, true)).toEqual(image);
  });

  test('steps below one of 8 bits survive; 8 bits are the default and lose them', async () => {
    const image = pictureOf(16, 16, (x, y) => (32_768 + x + 16 * y) / 65535);
    await writeImage(path('steps.png'), image, { bitDepth: 16 });
    await writeImage(path('coarse.png'), image);
    expect(new Set((await readImage(path('steps.png'))).pixels).size).toBe(256);
    expect(new Set((await readImage(path('coarse.png'))).pixels).size).toBeLessThan(3);
    expect((await sharp(path('coarse.png')).metadata()).depth).toBe('uchar');
  });

  test.each(['jpg', 'webp'])('are refused for .%s', async (ending) => {
    const format = ending === 'jpg' ? 'JPEG' : 'WebP';
    await expect(writeImage(path(`fine.${ending}`), fine, { bitDepth: 16 })).rejects.toThrow(
      `${path(`fine.${ending}`)}: a ${format} picture has 8 bits a sample, got a bit depth of 16; name a .png`,
    );
  });
});
