/** EXIF: orientations as sharp writes them, texts as sharp and its libexif read them, and bytes that make no sense. */

import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { exifOf, exifOrientation } from '../../src/images/exif.ts';
import { pngChunk, pngChunks, withPngChunks } from '../../src/images/png-chunks.ts';

const picture = sharp({ create: { width: 4, height: 3, channels: 3, background: '#48c' } });

describe('exifOrientation', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('%i', async (orientation) => {
    const png = await picture.clone().withMetadata({ orientation }).png().toBuffer();
    const exif = [...pngChunks(png)].find(({ type }) => type === 'eXIf');
    expect(exif === undefined ? undefined : exifOrientation(exif.body)).toBe(orientation);
  });

  test('big-endian', () => {
    const header = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8];
    const entry = (value: number) => [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0];
    const exif = (value: number) => Uint8Array.from([...header, 0, 1, ...entry(value), 0, 0, 0, 0]);
    expect([0, 3, 8, 9].map((value) => exifOrientation(exif(value)))).toEqual([1, 3, 8, 1]);
  });

  test('bytes that make no sense are upright', () => {
    expect(exifOrientation(new Uint8Array())).toBe(1);
    expect(exifOrientation(exifOf({ software: 'Impasto' }))).toBe(1);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const exif = Uint8Array.from([0x49, 0x49, 42, 0, 8, 0, 0, 0, ...bytes]);
        expect([1, 2, 3, 4, 5, 6, 7, 8]).toContain(exifOrientation(exif));
      }),
    );
  });
});

describe('exifOf', () => {
  const readBack = async (metadata: Parameters<typeof exifOf>[0]) => {
    const png = withPngChunks(await picture.clone().png().toBuffer(), [pngChunk('eXIf', exifOf(metadata))]);
    // Through libexif and out again, as EXIF of a JPEG.
    const jpeg = await sharp(png).withMetadata().jpeg().toBuffer();
    const { exif } = await sharp(jpeg).metadata();
    return exif?.toString('latin1') ?? '';
  };

  test('texts come back, short ones too', async () => {
    const exif = await readBack({ description: 'wave, {"seed":1}', software: 'ab' });
    expect(exif).toContain('wave, {"seed":1}\0');
    expect(exif).toContain('ab');
  });

  test('letters lose their accents, other characters become a question mark', async () => {
    expect(await readBack({ description: 'Zürich, Příbram, 絵, “q”, a\tb' })).toContain(
      'Zurich, Pribram, ?, ?q?, a?b\0',
    );
  });

  test('no texts at all', async () => {
    expect(exifOf({})).toHaveLength(14);
  });
});
