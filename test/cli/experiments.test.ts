/** `impasto reconstruct` and `impasto texture` end to end: the real program, tiny pictures. */

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { impasto, workFolder, writePng } from './program.ts';

const { folder, path } = workFolder();

beforeAll(async () => {
  await writePng(path('cat.png'), 48, 32);
  await writePng(path('wave.png'), 40, 24, 1);
});

async function sizeOf(name: string) {
  const { width, height } = await sharp(path(name)).metadata();
  return { width, height };
}

async function lossesOf(name: string) {
  const trace: { evaluations: { total: number; content: number; style: number }[] } = JSON.parse(
    await readFile(path(name), 'utf8'),
  );
  return trace.evaluations;
}

describe('reconstruct', () => {
  it('names its result after the picture, and has no style', async () => {
    const layers = ['--preset', 'lecture', '--content-layers', 'relu1_2,relu2_2=0.5'];
    const run = await impasto(folder, [
      ...['reconstruct', 'cat.png', ...layers, '--size', '32', '--iterations', '6', '--trace', 'cat.json'],
    ]);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/^out\/cat-reconstruction\.png {2}32x21, 6 evaluations, /);
    expect(run.stderr).toMatch(/^adapter .*\ncontent cat\.png 48x32 at 32x21\n/);
    const losses = await lossesOf('cat.json');
    expect(losses.every(({ style }) => style === 0)).toBe(true);
    expect(losses[5]?.total).toBeLessThan(0.5 * (losses[0]?.total ?? 0));
    const { exif } = await sharp(path('out/cat-reconstruction.png')).metadata();
    expect(exif?.toString('latin1')).toContain('cat.png reconstructed from relu1_2, relu2_2, 6 evaluations');
  });

  it('takes 16 bits in and gives them out, snapshots too', async () => {
    const ramp = Uint16Array.from({ length: 32 * 16 * 3 }, (_, i) => 30_000 + i);
    const raw = { width: 32, height: 16, channels: 3 } as const;
    await sharp(ramp, { raw }).toColourspace('rgb16').png().toFile(path('ramp.png'));
    const run = await impasto(folder, [
      ...[
        'reconstruct',
        'ramp.png',
        '--content-layers',
        'relu1_1',
        '--init',
        'content',
        '--tv-weight',
        '0',
        '--no-resize',
      ],
      ...['--iterations', '2', '--save-every', '1', '--bit-depth', '16', '-o', 'fine.png'],
    ]);
    expect(run.status, run.stderr).toBe(0);
    for (const name of ['fine.png', 'fine-0001.png']) {
      expect(await sharp(path(name)).metadata()).toMatchObject({ depth: 'ushort', width: 32, height: 16 });
    }
    // The start is the solution, and is written as it was read.
    const written = await sharp(path('fine.png')).toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer();
    const samples = new Uint16Array(written.buffer, written.byteOffset, written.length / 2);
    expect(Math.max(...samples.map((sample, i) => Math.abs(sample - (ramp[i] ?? 0))))).toBeLessThanOrEqual(4);
  });
});

describe('texture', () => {
  it.each([
    [['--size', '70x20'], { width: 70, height: 20 }],
    [['--size', '20'], { width: 20, height: 12 }],
    [['--no-resize'], { width: 40, height: 24 }],
  ] as const)('%j', async (args, size) => {
    const run = await impasto(folder, [
      ...['texture', 'wave.png', ...args, '--style-layers', 'relu1_1,relu2_1', '--iterations', '3'],
      ...['--init', 'style-colours', '--seed', '5', '-o', 'texture.png'],
    ]);
    expect(run.status, run.stderr).toBe(0);
    expect(await sizeOf('texture.png')).toEqual(size);
    expect(run.stderr).toContain(`result ${size.width}x${size.height}, style wave.png`);
  });
});

describe('phases', () => {
  it.each([
    ['adam', { steps: 3, optimizer: 'adam', learningRate: { start: 0.05, end: 0.01, decay: 'linear' } }],
    ['lbfgs', { steps: 4, optimizer: 'lbfgs', learningRate: 1 }],
  ])('a texture by a file of %s', async (name, phase) => {
    await writeFile(path(`${name}.json`), JSON.stringify([phase]));
    const args = ['--phases', `${name}.json`, '--style-layers', 'relu1_1', '--size', '32', '-o', `${name}.png`];
    const run = await impasto(folder, ['texture', 'wave.png', ...args]);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toMatch(new RegExp(`^${name}\\.png {2}32x19, ${phase.steps} evaluations`));
  });
});

describe.concurrent('the experiments refuse', () => {
  it.each([
    [['reconstruct', 'cat.png', '--content-layers', 'none'], /no content layer is left .*--content-layers/],
    [['reconstruct', 'cat.png', '--content-weight', '0'], /no content layer is left/],
    [
      ['reconstruct', 'cat.png', '--init', 'nois'],
      /--init is 'nois'; expected lecture-noise, content, noise, normal-noise or grey, or/,
    ],
    [
      ['reconstruct', 'cat.png', '--init', 'style'],
      /--init is 'style'; expected lecture-noise, content, noise, normal-noise or grey, or a picture file\n/,
    ],
    [['texture', 'wave.png', '--init', 'content'], /--init is 'content'; expected lecture-noise, style, noise, .*, or/],
    [['reconstruct', 'cat.png', '--style-weight', '3'], /unknown option '--style-weight'/],
    [['reconstruct', 'cat.png', '--size', '64x32'], /--size is '64x32'; expected a whole number from 16/],
    [['reconstruct'], /missing required argument 'content'/],
    [['texture', 'wave.png', '--style-layers', 'none'], /no style layer is left .*--style-layers/],
    [['texture', 'wave.png', '--init', 'contents'], /--init is 'contents'|contents: .*does not exist/],
    [['texture', 'wave.png', '--size', '64x8'], /--size: height is '8'; expected a whole number from 16 to 16384/],
    [['texture', 'wave.png', '--size', '1x2x3'], /--size is '1x2x3'; expected .* 640x256/],
    [['texture', 'wave.png', '--size', '64x32', '--no-resize'], /--size and --no-resize contradict/],
    [['texture', 'wave.png', '--no-resize', '--style-scale', '2'], /--no-resize keeps the size of the style picture/],
    [['texture', 'missing.png'], /missing\.png: .*does not exist/],
  ])('%j', async (args, line) => {
    const run = await impasto(folder, [...args, '-o', 'refused.png']);
    expect(run, run.stderr).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(/^impasto: [^\n]+\n$/);
    expect(run.stderr).toMatch(line);
    expect(existsSync(path('refused.png'))).toBe(false);
  });
});
