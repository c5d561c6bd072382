/** Reading picture files: formats, orientation, depth and colour. What is refused stands in image-files-refusals. */

import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { quantise } from '../../src/images/quantise.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import { readImage } from '../../src/platform/node/image-files.ts';
import { largestDifference } from '../images/pictures.ts';
import { fromRgb, height, raw16, rgb, temporaryFolder, width } from './picture-files.ts';

const { file, path: inFolder } = temporaryFolder();

const pixelAt = (image: RgbImage, x: number, y: number) => {
  const start = (y * image.width + x) * 3;
  return [...image.pixels.slice(start, start + 3)];
};

describe('readImage: formats', () => {
  test.each([
    ['PNG', () => fromRgb().png()],
    ['interlaced PNG', () => fromRgb().png({ progressive: true })],
    ['lossless WebP', () => fromRgb().webp({ lossless: true })],
    ['TIFF', () => fromRgb().tiff({ compression: 'lzw' })],
    ['tiled BigTIFF', () => fromRgb().tiff({ compression: 'deflate', tile: true, bigtiff: true })],
    ['lossless AVIF', () => fromRgb().avif({ lossless: true, chromaSubsampling: '4:4:4', effort: 0 })],
  ] as const)('%s: every byte / 255, whatever the ending', async (name, encode) => {
    const image = await readImage(await file(`${name}.dat`, encode()));
    expect([image.width, image.height, image.alpha]).toEqual([width, height, undefined]);
    // AVIF passes through YCbCr.
    const tolerance = name.includes('AVIF') ? 3 / 255 : 1e-7;
    expect(
      largestDifference(
        image.pixels,
        Float32Array.from(rgb, (byte) => byte / 255),
      ),
    ).toBeLessThanOrEqual(tolerance);
  });

  test.each([false, true])('JPEG, progressive %s', async (progressive) => {
    const smooth = fromRgb().blur(4);
    const expected = await smooth.clone().raw().toBuffer();
    const jpeg = smooth.jpeg({ quality: 100, chromaSubsampling: '4:4:4', progressive });
    const image = await readImage(await file('smooth.png', jpeg));
    expect(
      largestDifference(
        image.pixels.map((v) => v * 255),
        expected,
      ),
    ).toBeLessThan(4);
  });

  test('palette PNG with a transparent entry', async () => {
    const rgba = Uint8Array.from({ length: 16 * 16 * 4 }, (_, i) =>
      i % 64 < 32 ? 255 : ([10, 200, 30, 0][i % 4] ?? 0),
    );
    const encoded = sharp(rgba, { raw: { width: 16, height: 16, channels: 4 } }).png({ palette: true });
    const image = await readImage(await file('palette.png', encoded));
    expect(image.alpha?.[0]).toBe(1);
    expect(image.alpha?.[8]).toBe(0);
    expect(pixelAt(image, 0, 0)).toEqual([1, 1, 1]);
  });

  test('grey is repeated three times', async () => {
    const grey = rgb.slice(0, width * height);
    const encoded = sharp(grey, { raw: { width, height, channels: 1 } })
      .toColourspace('b-w')
      .png();
    const image = await readImage(await file('grey.png', encoded));
    expect(image.pixels).toEqual(
      Float32Array.from({ length: rgb.length }, (_, i) => (grey[Math.floor(i / 3)] ?? 0) / 255),
    );
  });

  test('alpha is kept apart and colours are not premultiplied, not even where transparent', async () => {
    const rgba = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i % 8 === 3 ? 0 : (i * 37) % 256));
    for (const encoded of [
      sharp(rgba, { raw: { width, height, channels: 4 } }).png(),
      sharp(rgba, { raw: { width, height, channels: 4 } }).webp({ lossless: true, exact: true }),
    ]) {
      expect(quantise(await readImage(await file('alpha', encoded)))).toEqual(rgba);
    }
  });

  test('the first picture of an animated WebP', async () => {
    const frames = Uint8Array.from({ length: 16 * 32 * 3 }, (_, i) => (i < 16 * 16 * 3 ? 200 : 20));
    const animation = sharp(frames, { raw: { width: 16, height: 32, channels: 3, pageHeight: 16 } });
    const image = await readImage(await file('animated.webp', animation.webp({ lossless: true, loop: 0 })));
    expect([image.width, image.height]).toEqual([16, 16]);
    expect(pixelAt(image, 8, 15)[0]).toBeCloseTo(200 / 255, 6);
  });

  test('through a symbolic link', async () => {
    const target = await file('linked.png', fromRgb().png());
    await symlink(target, inFolder('link.png'));
    expect((await readImage(inFolder('link.png'))).width).toBe(width);
  });

  test('every example picture', async () => {
    for (const name of [
      'astronaut.png',
      'chelsea.png',
      'coffee.png',
      'composition_viii.jpg',
      'great_wave.jpg',
      'village_street_auvers.jpg',
    ]) {
      const image = await readImage(join('examples', name));
      expect(Math.max(image.width, image.height)).toBeGreaterThan(400);
    }
  });
});

describe('readImage: orientation', () => {
  // Where the top left and top right of the upright picture lie in the stored one, by EXIF orientation.
  const corners = [
    ['tl', 'tr'],
    ['tr', 'tl'],
    ['br', 'bl'],
    ['bl', 'br'],
    ['tl', 'bl'],
    ['bl', 'tl'],
    ['br', 'tr'],
    ['tr', 'br'],
  ] as const;
  const stored = { tl: 0, tr: 80, bl: 160, br: 240 };
  const quarters = Uint8Array.from({ length: 32 * 16 * 3 }, (_, i) => {
    const x = Math.floor(i / 3) % 32;
    const y = Math.floor(i / 96);
    return y < 8 ? (x < 16 ? stored.tl : stored.tr) : x < 16 ? stored.bl : stored.br;
  });

  for (const format of ['jpeg', 'png', 'webp', 'tiff'] as const) {
    test.each(corners.map((pair, index) => [index + 1, ...pair] as const))(
      `${format}, EXIF orientation %i: top left from %s, top right from %s`,
      async (orientation, topLeft, topRight) => {
        const encoded = sharp(quarters, { raw: { width: 32, height: 16, channels: 3 } }).withMetadata({ orientation });
        const image = await readImage(await file(`o${orientation}.${format}`, encoded.toFormat(format)));
        expect([image.width, image.height]).toEqual(orientation < 5 ? [32, 16] : [16, 32]);
        const left = (pixelAt(image, 3, 3)[0] ?? 0) * 255;
        const right = (pixelAt(image, image.width - 4, 3)[0] ?? 0) * 255;
        expect(Math.abs(left - stored[topLeft])).toBeLessThan(3);
        expect(Math.abs(right - stored[topRight])).toBeLessThan(3);
      },
    );
  }
});

describe('readImage: depth and colour', () => {
  test.each(['png', 'tiff'] as const)('16-bit %s keeps its precision', async (format) => {
    const values = Uint16Array.from({ length: width * height * 3 }, (_, i) => (i * 12289) % 65536);
    const image = await readImage(
      await file(
        `wide.${format}`,
        raw16(values, 3).toFormat(format, { compression: format === 'tiff' ? 'none' : undefined }),
      ),
    );
    expect(image.pixels).toEqual(Float32Array.from(values, (value) => value / 65535));
  });

  test('16-bit grey and 16-bit RGBA', async () => {
    const values = Uint16Array.from({ length: width * height }, (_, i) => (i * 12289) % 65536);
    const grey = await readImage(await file('grey16.png', raw16(values, 1).png()));
    expect(grey.pixels.filter((_, i) => i % 3 === 2)).toEqual(Float32Array.from(values, (value) => value / 65535));
    const rgba = await readImage(await file('rgba16.png', raw16(values, 4, width, height / 4).png()));
    expect(rgba.alpha).toEqual(
      Float32Array.from(
        values.filter((_, i) => i % 4 === 3),
        (value) => value / 65535,
      ),
    );
  });

  test.each([10, 12] as const)('white of a %i-bit AVIF is 1', async (bitdepth) => {
    const white = raw16(new Uint16Array(width * height * 3).fill(65535), 3).avif({ bitdepth, lossless: true });
    const image = await readImage(await file('white.avif', white));
    expect(new Set(image.pixels)).toEqual(new Set([1]));
  });

  test.each([8, 16])('a Display P3 profile on %i bits is converted to sRGB', async (bits) => {
    // Oracle: the definition. P3 and sRGB share the transfer curve; the matrix is between their primaries (CSS Color 4).
    const p3 = [0.6, 0.5, 0.4];
    const values = Uint16Array.from({ length: width * height * 3 }, (_, i) => (p3[i % 3] ?? 0) * 65535);
    // Values tagged P3 and stored as they are: sharp's 16-bit working space is P3.
    const wide = await raw16(values, 3).withIccProfile('p3').png().toBuffer();
    const narrow = sharp(wide, { ignoreIcc: true }).keepIccProfile().toColourspace('srgb').png();
    const path = await file('p3.png', bits === 16 ? wide : narrow);
    const { depth, hasProfile } = await sharp(await readFile(path)).metadata();
    expect([depth, hasProfile]).toEqual([bits === 16 ? 'ushort' : 'uchar', true]);
    const image = await readImage(path);
    const matrix = [
      [1.2249401763, -0.2249401763, 0],
      [-0.0420569547, 1.0420569547, 0],
      [-0.0196375546, -0.0786360454, 1.0982736],
    ];
    const linear = p3.map((v) => ((v + 0.055) / 1.055) ** 2.4);
    const expected = matrix.map((row) => {
      const sum = row.reduce((total, weight, i) => total + weight * (linear[i] ?? 0), 0);
      return 1.055 * sum ** (1 / 2.4) - 0.055;
    });
    // The built-in profile's curve and matrix are rounded; 8 bits are rounded twice.
    expect(largestDifference(pixelAt(image, 5, 5), expected)).toBeLessThan(bits === 16 ? 5e-4 : 1.5 / 255);
  });

  test('an sRGB profile on 16 bits changes nothing', async () => {
    const values = Uint16Array.from({ length: width * height * 3 }, (_, i) => (i * 12289) % 65536);
    const tagged = await raw16(values, 3).withIccProfile('srgb').png().toBuffer();
    const stored = await sharp(tagged, { ignoreIcc: true }).toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer();
    const image = await readImage(await file('srgb16.png', tagged));
    expect(
      largestDifference(
        image.pixels.map((v) => v * 65535),
        new Uint16Array(stored.buffer, stored.byteOffset, stored.length / 2),
      ),
    ).toBeLessThan(1);
  });

  test.each([
    ['CMYK JPEG without profile', () => fromPatches().toColourspace('cmyk').jpeg({ quality: 100 })],
    ['CMYK TIFF with profile', () => fromPatches().withIccProfile('cmyk').tiff({ compression: 'none' })],
  ] as const)('%s: white, grey and black come back, colours as near as ink allows', async (name, encode) => {
    const image = await readImage(await file(name, encode()));
    expect([image.width, image.height, image.alpha]).toEqual([80, 16, undefined]);
    const found = patches.map((_, i) => pixelAt(image, 16 * i + 8, 8));
    expect(largestDifference(found[0] ?? [], [1, 1, 1])).toBeLessThan(0.03);
    expect(largestDifference(found[1] ?? [], [0.5, 0.5, 0.5])).toBeLessThan(0.06);
    expect(Math.max(...(found[2] ?? [1]))).toBeLessThan(0.2);
    expect(largestDifference(found[3] ?? [], [0.7, 0.5, 0.4])).toBeLessThan(0.06);
    expect(largestDifference(found[4] ?? [], [0.4, 0.5, 0.6])).toBeLessThan(0.06);
  });

  const patches = [
    [1, 1, 1],
    [0.5, 0.5, 0.5],
    [0, 0, 0],
    [0.7, 0.5, 0.4],
    [0.4, 0.5, 0.6],
  ];
  function fromPatches(): Sharp {
    const values = Uint8Array.from({ length: 80 * 16 * 3 }, (_, i) => {
      const patch = patches[Math.floor((Math.floor(i / 3) % 80) / 16)];
      return Math.round((patch?.[i % 3] ?? 0) * 255);
    });
    return sharp(values, { raw: { width: 80, height: 16, channels: 3 } });
  }
});
