/** Writing picture files: what comes back when they are read again, and what is refused. */

import { mkdir, readdir, readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import { checkImageWritable, readImage, writeImage } from '../../src/platform/node/image-files.ts';
import { largestDifference, pictureOf } from '../images/pictures.ts';
import { fromRgb, temporaryFolder } from './picture-files.ts';

const { file, folder, path } = temporaryFolder();

/** Every value a multiple of 1/255, smooth enough for lossy formats. */
const smooth = pictureOf(64, 48, (x, y, c) => Math.round(127 + 100 * Math.sin(x / 20 + c) * Math.cos(y / 16)) / 255);
const withAlpha: RgbImage = {
  ...smooth,
  alpha: Float32Array.from({ length: 64 * 48 }, (_, i) => (i % 64 < 16 ? 0 : i % 64 < 32 ? 51 / 255 : 1)),
};

describe('writeImage', () => {
  test('PNG gives every 8-bit value back, with alpha and the colour under it', async () => {
    await writeImage(path('exact.png'), withAlpha);
    expect(await readImage(path('exact.png'))).toEqual(withAlpha);
    await writeImage(path('opaque.png'), smooth);
    expect(await readImage(path('opaque.png'))).toEqual(smooth);
  });

  test('values are clamped and rounded', async () => {
    await writeImage(
      path('clamped.png'),
      pictureOf(2, 2, (x, y) => [-0.5, 0.5, 1.5, 0.1][x + 2 * y] ?? 0),
    );
    const { pixels } = await readImage(path('clamped.png'));
    expect([0, 3, 6, 9].map((i) => Math.round((pixels[i] ?? 0) * 255))).toEqual([0, 128, 255, 26]);
  });

  test.each(['.jpg', '.jpeg', '.JPG', '.webp'])('%s comes back nearly', async (ending) => {
    await writeImage(path(`lossy${ending}`), smooth);
    const image = await readImage(path(`lossy${ending}`));
    // WebP halves the resolution of colour; JPEG here does not.
    const steps = ending === '.webp' ? 8 : 4;
    expect(largestDifference(image.pixels, smooth.pixels)).toBeLessThan((steps + 0.5) / 255);
  });

  test('WebP keeps alpha exactly', async () => {
    await writeImage(path('alpha.webp'), withAlpha);
    expect((await readImage(path('alpha.webp'))).alpha).toEqual(withAlpha.alpha);
  });

  test('JPEG is laid over white where transparent', async () => {
    await writeImage(path('flat.jpg'), withAlpha, { quality: 100 });
    const image = await readImage(path('flat.jpg'));
    expect(image.alpha).toBeUndefined();
    expect(image.pixels[(24 * 64 + 4) * 3]).toBeGreaterThan(0.99);
    const half = smooth.pixels[(24 * 64 + 24) * 3] ?? 0;
    expect(Math.abs((image.pixels[(24 * 64 + 24) * 3] ?? 0) - (0.2 * half + 0.8))).toBeLessThan(0.02);
  });

  test('quality makes files larger; JPEG keeps full colour resolution', async () => {
    await writeImage(path('low.jpg'), smooth, { quality: 20 });
    await writeImage(path('high.jpg'), smooth, { quality: 100 });
    expect((await readFile(path('low.jpg'))).length).toBeLessThan((await readFile(path('high.jpg'))).length);
    expect((await sharp(await readFile(path('low.jpg'))).metadata()).chromaSubsampling).toBe('4:4:4');
  });

  test.each(['png', 'jpg', 'webp'])('%s is tagged sRGB and carries its texts', async (ending) => {
    const metadata = { description: 'wave, {"seed":1}', software: 'Impasto 0.1.0' };
    await writeImage(path(`tagged.${ending}`), smooth, { metadata });
    const bytes = await readFile(path(`tagged.${ending}`));
    const { hasProfile, exif } = await sharp(bytes).metadata();
    // PNG has a chunk of its own for it: length, type, intent, checksum.
    const tag = Buffer.from('0000000173524742 00 aece1ce9'.replaceAll(' ', ''), 'hex');
    expect(ending === 'png' ? bytes.includes(tag) : hasProfile).toBe(true);
    // The profile is sRGB's: converting from it to sRGB changes nothing.
    expect(await sharp(bytes).raw().toBuffer()).toEqual(await sharp(bytes, { ignoreIcc: true }).raw().toBuffer());
    expect(exif?.toString('latin1')).toContain('wave, {"seed":1}\0');
    expect(exif?.toString('latin1')).toContain('Impasto 0.1.0\0');
  });

  test('replaces a file that is there and leaves nothing beside it', async () => {
    await file('replaced.png', fromRgb().png());
    await writeImage(path('replaced.png'), smooth);
    expect((await readImage(path('replaced.png'))).width).toBe(64);
    expect((await readdir(folder)).filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  test.each([
    ['result.gif', '.gif'],
    ['result.tiff', '.tiff'],
    ['result', 'no ending'],
    ['.png', 'no ending'],
  ])('refuses %s', async (name, got) => {
    const error = new InputError(
      `${path(name)}: expected an output name that ends in .png, .jpg or .webp, got ${got}; rename it`,
    );
    await expect(writeImage(path(name), smooth)).rejects.toThrow(error);
    await expect(checkImageWritable(path(name))).rejects.toThrow(error);
  });

  test.each([0, 101, 50.5, Number.NaN])('refuses a quality of %s', async (quality) => {
    await expect(writeImage(path('quality.jpg'), smooth, { quality })).rejects.toThrow(
      new InputError(`quality must be an integer from 1 to 100, got ${quality}`),
    );
  });

  test('refuses a side that WebP cannot have', async () => {
    const long = pictureOf(16_384, 2, () => 0);
    await expect(writeImage(path('long.webp'), long)).rejects.toThrow(
      `${path('long.webp')}: a WebP picture can have 16383 pixels a side, got 16384x2; write a PNG instead`,
    );
  });

  test('a value that is not finite leaves the old file as it was', async () => {
    await file('kept.png', fromRgb().png());
    const before = await readFile(path('kept.png'));
    const broken = pictureOf(4, 4, () => Number.NaN);
    await expect(writeImage(path('kept.png'), broken)).rejects.toThrow('picture: expected finite values, got NaN');
    expect(await readFile(path('kept.png'))).toEqual(before);
  });

  test('refuses a folder at the path', async () => {
    await mkdir(path('folder.png'), { recursive: true });
    await expect(writeImage(path('folder.png'), smooth)).rejects.toThrow(
      `${path('folder.png')}: expected a file that can be written, but it is a folder; choose another output path`,
    );
  });
});
