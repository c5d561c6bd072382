/** PNGs whose chunks say what their colours mean, as browsers show them; what browsers do today stands in test/browser. */

import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { pngChunk, pngChunks, withPngChunks } from '../../src/images/png-chunks.ts';
import { readImage } from '../../src/platform/node/image-files.ts';
import { largestDifference } from '../images/pictures.ts';
import { chrmChunk, cicpChunk, gamaChunk, pngFile, srgbChunk } from '../support/png.ts';
import { colourCases } from '../support/png-colours.ts';
import { refusalOf } from '../support/refusal.ts';
import { temporaryFolder } from './picture-files.ts';

const { file } = temporaryFolder();

describe('colours of a PNG', () => {
  test.each(colourCases)('$name', async ({ png, shown }) => {
    const { pixels } = await readImage(await file('colours.png', png));
    expect(
      largestDifference(
        pixels.subarray(0, shown.length).map((value) => value * 255),
        shown,
      ),
    ).toBeLessThan(1.5);
  });

  test.each([
    ['gamma_linear.png', [128, 128, 128, 223, 79, 38, 56, 188, 229]],
    ['cicp_p3.png', [193, 83, 63, 61, 162, 81, 88, 100, 175]],
  ])('%s', async (name, shown) => {
    const { width, pixels } = await readImage(`test/fixtures/images/${name}`);
    const areas = [0, 2, 4].flatMap((x) => [...pixels.subarray(3 * (width + x), 3 * (width + x + 1))]);
    expect(
      largestDifference(
        areas.map((value) => value * 255),
        shown,
      ),
    ).toBeLessThan(1);
  });

  test.each([
    ['grey', 0, [0, 55, 128]],
    ['grey and alpha', 4, [0, 55, 255, 128, 255]],
    ['a palette', 3, [0, 0, 1]],
  ] as const)('count for %s', async (_, colourType, row) => {
    const palette = pngChunk('PLTE', Uint8Array.of(55, 55, 55, 128, 128, 128));
    const chunks = [gamaChunk(100_000), ...(colourType === 3 ? [palette] : [])];
    const png = pngFile({ width: 2, height: 2, colourType }, [...row, ...row], chunks);
    const { pixels } = await readImage(await file('kinds.png', png));
    expect([...pixels.subarray(0, 6)].map((value) => Math.round(value * 255))).toEqual([128, 128, 128, 188, 188, 188]);
  });

  test('count for 16 bits, whose precision stays', async () => {
    const png = pngFile(
      { width: 2, height: 2, bitDepth: 16, colourType: 0 },
      [0, 1, 0, 1, 1, 0, 9, 9, 9, 9],
      [gamaChunk(100_000)],
    );
    const { pixels } = await readImage(await file('wide.png', png));
    const [first = 0, second = 0] = [pixels[0], pixels[3]];
    expect(first).toBeCloseTo(1.055 * (256 / 65535) ** (1 / 2.4) - 0.055, 6);
    expect(second).toBeCloseTo(1.055 * (257 / 65535) ** (1 / 2.4) - 0.055, 6);
  });

  test('count for a picture that has to be turned, and before its profile', async () => {
    const stored = sharp({ create: { width: 4, height: 2, channels: 3, background: { r: 60, g: 200, b: 40 } } });
    const turned = await stored.withMetadata({ orientation: 6 }).png().toBuffer();
    const image = await readImage(await file('turned.png', withPngChunks(turned, [cicpChunk(12, 13, 0, 1)])));
    expect([image.width, image.height]).toEqual([2, 4]);
    expect([...image.pixels.subarray(0, 3)].map((value) => Math.round(value * 255))).toEqual([0, 203, 0]);
  });

  test('come from the profile before sRGB, gAMA and cHRM, and after cICP', async () => {
    const anything = sharp({ create: { width: 4, height: 4, channels: 3, background: '#fff' } });
    const ofP3 = [...pngChunks(await anything.withIccProfile('p3').png().toBuffer())];
    const profile = ofP3.find(({ type }) => type === 'iCCP')?.bytes ?? new Uint8Array();
    const others = [srgbChunk(), gamaChunk(100_000), chrmChunk(0.31, 0.33, 0.7, 0.3, 0.2, 0.7, 0.1, 0.1)];
    const shownOf = async (...chunks: readonly Uint8Array[]) => {
      const row = [0, 60, 200, 40, 60, 200, 40];
      const { pixels } = await readImage(
        await file('tagged.png', pngFile({ width: 2, height: 2 }, [...row, ...row], chunks)),
      );
      return [...pixels.subarray(0, 3)].map((value) => Math.round(value * 255));
    };
    expect(await shownOf(...others, profile)).toEqual([0, 203, 0]);
    expect(await shownOf(...others, profile, cicpChunk(1, 13, 0, 1))).toEqual([60, 200, 40]);
  });

  test('are left alone by chunks behind the pixels', async () => {
    const plain = await readFile('test/fixtures/images/coffee_24x16.png');
    const chunks = [...pngChunks(plain)].map(({ bytes }) => bytes);
    const late = Buffer.concat([plain.subarray(0, 8), ...chunks.slice(0, -1), gamaChunk(100_000), ...chunks.slice(-1)]);
    expect(await readImage(await file('late.png', late))).toEqual(await readImage(await file('plain.png', plain)));
  });

  test.each([
    [
      [9, 16, 0, 1],
      'picture-hdr',
      'expected a picture of standard dynamic range, got HDR (PQ in its cICP chunk); save it in sRGB or Display P3',
    ],
    [
      [9, 18, 0, 1],
      'picture-hdr',
      'expected a picture of standard dynamic range, got HDR (HLG in its cICP chunk); save it in sRGB or Display P3',
    ],
    [[1, 13, 1, 1], 'picture-colours', 'expected RGB, got a cICP chunk with matrix coefficients 1; save it in sRGB'],
  ])('cICP %j is refused', async (codes, code, problem) => {
    const path = await file('refused.png', pngFile({ width: 2, height: 2 }, new Uint8Array(14), [cicpChunk(...codes)]));
    const refusal = await refusalOf(() => readImage(path));
    expect([refusal.code, refusal.message]).toEqual([code, `${path}: ${problem}`]);
  });
});
