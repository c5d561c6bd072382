/** The real program where sharp cannot be loaded, as on a platform without its native part: PNGs are painted, the rest is explained. */

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { pngChunk } from '../../src/images/png-chunks.ts';
import { pngFile, srgbChunk } from '../support/png.ts';
import { impasto, texture, workFolder, writePng } from './program.ts';

const { folder, path } = workFolder();

const script = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
/** Fails as sharp's own loader does. */
const hooks = script(`export async function resolve(specifier, context, next) {
  if (specifier === 'sharp') throw new Error('Could not load the "sharp" module using the moon-x64 runtime\\nPossible solutions');
  return next(specifier, context);
}`);
const NODE_OPTIONS = `--import=${script(`import { register } from 'node:module'; register(${JSON.stringify(hooks)});`)}`;

const run = (...args: readonly string[]) => impasto(folder, args, { NODE_OPTIONS });

beforeAll(async () => {
  const picture = sharp(texture(32, 24, 3), { raw: { width: 32, height: 24, channels: 3 } });
  await writePng(path('style.png'), 32, 24, 1);
  await picture.clone().jpeg().toFile(path('photo.jpg'));
  await picture.clone().withIccProfile('p3').png().toFile(path('profile.png'));
  await writeTurned();
  const opacities = pngChunk('tRNS', Uint8Array.of(255, 128));
  const palette = pngChunk('PLTE', Uint8Array.of(20, 90, 160, 230, 140, 50));
  const rows = Array.from({ length: 24 }, (_, y) => [0, ...Array.from({ length: 32 }, (_, x) => (x + y) % 2)]).flat();
  await writeFile(
    path('palette.png'),
    pngFile({ width: 32, height: 24, colourType: 3 }, rows, [srgbChunk(), palette, opacities]),
  );
});

/** A PNG whose `eXIf` chunk, and nothing else, asks for sharp. */
async function writeTurned(): Promise<void> {
  const header = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8];
  const orientation = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0];
  const exif = pngChunk('eXIf', Uint8Array.from([...header, 0, 1, ...orientation, 0, 0, 0, 0]));
  await writeFile(path('turned.png'), pngFile({ width: 32, height: 24 }, new Uint8Array(24 * 97), [exif]));
}

describe('without sharp', () => {
  it('paints PNGs as PNG, of any depth and with alpha, and reads what it has written', async () => {
    const args = ['stylize', 'palette.png', 'style.png', '-o', 'result.png', '--no-resize'];
    const first = await run(...args, '--style-layers', 'relu1_1', '--iterations', '2', '--bit-depth', '16');
    expect(first.status, first.stderr).toBe(0);
    expect(await sharp(path('result.png')).metadata()).toMatchObject({
      width: 32,
      height: 24,
      channels: 4,
      depth: 'ushort',
    });
    const second = await run(
      'reconstruct',
      'result.png',
      '--iterations',
      '1',
      '--content-layers',
      'relu1_1',
      '-o',
      'next.png',
    );
    expect(second.status, second.stderr).toBe(0);
  });

  const reason = '(Could not load the "sharp" module using the moon-x64 runtime)';
  const needs = (what: string, remedy: string) =>
    `impasto: ${what} needs the package sharp, which cannot be loaded here ${reason}; ${remedy}, or install sharp\n`;

  it.each([
    [['reconstruct', 'photo.jpg'], needs('photo.jpg: reading JPEG', 'convert it to PNG')],
    [['reconstruct', 'profile.png'], needs('profile.png: its ICC profile', 'save it in sRGB without a profile')],
    [['reconstruct', 'turned.png'], needs('turned.png: turning it as its EXIF says', 'save it upright')],
    [['reconstruct', 'style.png', '-o', 'result.jpg'], needs('result.jpg: writing JPEG', 'name a .png')],
    [['reconstruct', 'style.png', '-o', 'result.webp'], needs('result.webp: writing WebP', 'name a .png')],
    [['schedule', 'sgdr', '-o', 'plot.png'], needs('plot.png: drawing a plot as PNG', 'name a .svg')],
  ])('%j', async (args, sentence) => {
    expect(await run(...args)).toEqual({ status: 2, stdout: '', stderr: sentence });
    expect(existsSync(path('result.jpg'))).toBe(false);
  });

  it('draws plots as SVG', async () => {
    expect(await run('schedule', 'sgdr', '-o', 'plot.svg')).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(path('plot.svg'))).toBe(true);
  });
});
