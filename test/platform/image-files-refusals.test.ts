/** Files that readImage refuses, each in one sentence; hostile files are made here by hand. */

import { mkdir, symlink } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { FormatError, InputError } from '../../src/core/errors.ts';
import { readImage } from '../../src/platform/node/image-files.ts';
import { fromRgb, height, rgb, temporaryFolder, width } from './picture-files.ts';

const { file, path: inFolder } = temporaryFolder();

describe('readImage: refusals', () => {
  const failure = async (path: string, options?: { maxPixels: number }) => {
    const error: unknown = await readImage(path, options).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof InputError)) throw new Error(`expected an InputError, got ${String(error)}`);
    return error;
  };

  test.each([
    ['missing.png', 'it does not exist'],
    ['.', 'it is a folder'],
    ['plain.txt/below.png', 'a part of its path is a file, not a folder'],
    ['loop.png', 'its symbolic links form a loop'],
    [`${'x'.repeat(300)}.png`, 'its name is too long'],
  ])('%s: %s', async (name, problem) => {
    await file('plain.txt', 'not a picture\n');
    await symlink('loop.png', inFolder('loop.png')).catch(() => {});
    const path = inFolder(name);
    expect((await failure(path)).message).toBe(
      `${path}: expected a picture file that can be read, but ${problem}; check the path`,
    );
  });

  test('a device', async () => {
    expect((await failure('/dev/null')).message).toContain('it is a device or a pipe, not a regular file');
  });

  test('an empty name', async () => {
    expect((await failure('')).message).toBe('expected the name of a picture file, got an empty one');
  });

  const convert = 'convert it to one of these first';

  test.each([
    ['text.png', 'not a picture\n', 'text', 'file-text', 'read it, it may say why the file did not come'],
    ['empty.png', '', 'an empty file', 'file-empty', 'save or download it again'],
    ['drawing.png', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'SVG', 'picture-format', convert],
    ['paper.jpg', '%PDF-1.7\n', 'PDF', 'picture-format', convert],
    [
      'page.jpg',
      '<!doctype html><title>404</title>',
      'an HTML page',
      'file-html',
      'download the file itself, not a page about it',
    ],
    [
      'pointer.png',
      'version https://git-lfs.github.com/spec/v1\n',
      'a Git LFS pointer',
      'file-lfs-pointer',
      'fetch the file itself with `git lfs pull`',
    ],
    ['animation.gif', fromRgb().gif(), 'GIF', 'picture-format', convert],
    [
      'noise.png',
      Uint8Array.from({ length: 500 }, (_, i) => (i * i * 7 + 3) % 251),
      'something else',
      'picture-format',
      convert,
    ],
  ])('%s', async (name, content, got, code, remedy) => {
    const path = await file(name, content);
    const error = await failure(path);
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toHaveProperty('code', code);
    expect(error.message).toBe(`${path}: expected PNG, JPEG, WebP, TIFF or AVIF, got ${got}; ${remedy}`);
  });

  test.each([
    ['PNG', () => fromRgb().png()],
    ['JPEG', () => fromRgb().jpeg()],
    ['JPEG', () => fromRgb().jpeg({ progressive: true })],
    ['WebP', () => fromRgb().webp()],
    ['TIFF', () => fromRgb().tiff({ compression: 'none' })],
    ['TIFF', () => fromRgb().tiff({ compression: 'jpeg' })],
    ['AVIF', () => fromRgb().avif({ effort: 0 })],
  ] as const)('truncated %s, at twelve lengths', async (format, encode) => {
    const whole = await encode().toBuffer();
    for (let part = 1; part <= 12; part++) {
      // At least the signature; at most without the last 17 bytes (PNG needs nothing of its last 12).
      const length = 16 + Math.floor(((whole.length - 33) * part) / 12);
      const path = await file('truncated', whole.subarray(0, length));
      const error = await failure(path);
      expect(error).toBeInstanceOf(FormatError);
      expect(error).toHaveProperty('code', 'picture-damaged');
      expect(error.message).toMatch(
        new RegExp(
          `^${path}: expected a complete ${format} picture, but it is damaged, truncated or of a rare kind \\(.+\\); save or download it again$`,
        ),
      );
    }
  });

  test('a damaged PNG', async () => {
    const bytes = await fromRgb().png().toBuffer();
    bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 0x55;
    expect((await failure(await file('damaged.png', bytes))).message).toContain('damaged, truncated or of a rare kind');
  });

  test('a header that states 40000x40000, before decoding', async () => {
    const path = await file('huge.png', forgePngSize(await fromRgb().png().toBuffer(), 40_000, 40_000));
    const before = process.memoryUsage().rss;
    const error = await failure(path);
    expect(error.message).toBe(
      `${path}: expected at most 100 megapixels, got 40000x40000 (1600 megapixels); make the picture smaller first`,
    );
    expect(error).toHaveProperty('code', 'picture-too-large');
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
    // Allowed by option, it is found out when its rows are missing.
    expect((await failure(path, { maxPixels: 2e9 })).message).toContain('damaged, truncated or of a rare kind');
  });

  test('a picture just above maxPixels, which the bound itself is not', async () => {
    const path = await file('bound.png', fromRgb().png());
    expect((await failure(path, { maxPixels: width * height - 1 })).message).toContain('expected at most 0.00024');
    expect((await readImage(path, { maxPixels: width * height })).width).toBe(width);
    expect((await failure(path, { maxPixels: Number.NaN })).message).toBe(
      'maxPixels must be a positive number, got NaN',
    );
  });

  test.each([
    [1, 12],
    [12, 1],
    [1, 1],
  ])('a picture of %i x %i', async (w, h) => {
    const encoded = sharp(rgb.slice(0, w * h * 3), { raw: { width: w, height: h, channels: 3 } }).png();
    const path = await file('thin.png', encoded);
    const error = await failure(path);
    expect(error.message).toBe(
      `${path}: expected a picture of at least 2x2 pixels, got ${w}x${h}; choose a larger picture`,
    );
    expect(error).toHaveProperty('code', 'picture-too-small');
  });

  test('float samples', async () => {
    const values = Float32Array.from({ length: 16 * 16 * 3 }, (_, i) => i / 768);
    const encoded = sharp(values, { raw: { width: 16, height: 16, channels: 3 } }).toColourspace('scrgb');
    const path = await file('float.tif', encoded.tiff({ compression: 'none' }));
    const error = await failure(path);
    expect(error.message).toContain('expected 8-bit or 16-bit samples, got float');
    expect(error).toHaveProperty('code', 'picture-samples');
  });

  test('a folder named like a picture', async () => {
    await mkdir(inFolder('folder.png'), { recursive: true });
    expect((await failure(inFolder('folder.png'))).message).toContain('it is a folder');
  });
});

/** A PNG with another size in its header and the header's checksum made right. */
function forgePngSize(png: Buffer, forgedWidth: number, forgedHeight: number): Buffer {
  const forged = Buffer.from(png);
  forged.writeUInt32BE(forgedWidth, 16);
  forged.writeUInt32BE(forgedHeight, 20);
  forged.writeUInt32BE(crc32(forged.subarray(12, 29)), 29);
  return forged;
}

/** CRC-32 of PNG (annex D), bit by bit; `zlib.crc32` is newer than our oldest Node. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
