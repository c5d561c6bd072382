/** Pictures in the browser: what the page sees of them, against what the command line sees. */

import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pngChunk } from '../../src/images/png-chunks.ts';
import { readImage } from '../../src/platform/node/image-files.ts';
import { largestDifference } from '../images/pictures.ts';
import { temporaryFolder } from '../platform/picture-files.ts';
import { chrmChunk, cicpChunk, gamaChunk, pngFile } from '../support/png.ts';
import { colourCases } from '../support/png-colours.ts';
import { type BuiltPage, buildPage } from './build.ts';
import { launchChromium, type StaticSite, serveFolder } from './chromium.ts';

const { file } = temporaryFolder();

let built: BuiltPage;
let site: StaticSite;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  built = await buildPage('test/browser/pictures');
  site = await serveFolder(built.folder);
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(site.address);
});
afterAll(async () => {
  await browser.close();
  await site[Symbol.asyncDispose]();
  await built[Symbol.asyncDispose]();
});

async function seenByPage(png: Uint8Array): Promise<readonly number[]> {
  const base64 = Buffer.from(png).toString('base64');
  const seen = await page.evaluate<readonly number[] | string>(`decodePicture(${JSON.stringify(base64)})`);
  if (typeof seen === 'string') throw new Error(seen);
  return seen;
}

async function seenByCommandLine(png: Uint8Array): Promise<readonly number[]> {
  const { pixels } = await readImage(await file('picture.png', png));
  return [...pixels].map((value) => value * 255);
}

describe('colours of a PNG', () => {
  it.each(colourCases)('$name: as is written down, and as the command line shows it', async ({ png, shown }) => {
    const seen = await seenByPage(png);
    expect(largestDifference(seen.slice(0, shown.length), shown)).toBeLessThanOrEqual(3);
    expect(largestDifference(seen, await seenByCommandLine(png))).toBeLessThanOrEqual(3);
  });

  const grey = (bitDepth: number) => ({ width: 2, height: 2, bitDepth, colourType: 0 });
  const p3 = { width: 2, height: 2, colourType: 3 };
  const palette = pngChunk('PLTE', Uint8Array.of(60, 200, 40, 188, 20, 5));
  it.each([
    ['grey', pngFile(grey(8), [0, 20, 55, 0, 128, 250], [gamaChunk(100_000)])],
    ['grey in P3', pngFile(grey(8), [0, 20, 55, 0, 128, 250], [cicpChunk(12, 13, 0, 1)])],
    [
      'grey with primaries',
      pngFile(
        grey(8),
        [0, 20, 55, 0, 128, 250],
        [gamaChunk(45_455), chrmChunk(0.35, 0.36, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)],
      ),
    ],
    ['grey of 2 bits', pngFile(grey(2), [0, 0b01_100000, 0, 0b10_110000], [gamaChunk(100_000)])],
    ['grey of 16 bits', pngFile(grey(16), [0, 20, 0, 55, 0, 0, 128, 0, 250, 9], [gamaChunk(100_000)])],
    ['a palette', pngFile(p3, [0, 0, 1, 0, 1, 0], [palette, gamaChunk(100_000)])],
    ['a palette in P3', pngFile(p3, [0, 0, 1, 0, 1, 0], [cicpChunk(12, 13, 0, 1), palette])],
  ])('%s', async (_, png) => {
    expect(largestDifference(await seenByPage(png), await seenByCommandLine(png))).toBeLessThanOrEqual(3);
  });

  it.each(['gamma_linear.png', 'cicp_p3.png'])('%s', async (name) => {
    const png = await readFile(`test/fixtures/images/${name}`);
    expect(largestDifference(await seenByPage(png), await seenByCommandLine(png))).toBeLessThanOrEqual(3);
  });

  it('of a profile', async () => {
    const colours = sharp(Uint8Array.of(...[60, 200, 40], ...[188, 20, 5], ...[40, 60, 200], ...[20, 20, 20]), {
      raw: { width: 2, height: 2, channels: 3 },
    });
    const png = await colours.withIccProfile('p3').png().toBuffer();
    expect(largestDifference(await seenByPage(png), await seenByCommandLine(png))).toBeLessThanOrEqual(3);
  });
});

describe('the PNG that the page writes', () => {
  it.each(['chelsea.png', 'great_wave.jpg'])('of %s is hardly larger than the browser writes it', async (name) => {
    const url = `data:;base64,${(await readFile(`examples/${name}`)).toString('base64')}`;
    const [ours, browsers] = await page.evaluate<readonly [number, number]>(`pngBytes(${JSON.stringify(url)})`);
    expect(ours / browsers).toBeLessThan(1.15);
  });
});
