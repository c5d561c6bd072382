/** `plan`, and runs that are made to fit, end to end. */

import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { impasto, workFolder, writePng } from './program.ts';

const { folder, path } = workFolder();
const shallow = ['--content-layers', 'relu1_2', '--style-layers', 'relu1_1,relu2_1'];
const pictures = ['content.png', 'style.png', '--size', '64', '--scales', '1', ...shallow];
/** Of relu1_1, which takes 1 MiB. */
const tight = { IMPASTO_MAX_BINDING_MIB: '0.7' };
const inBands = /relu1_1 takes 1 MiB, of which the adapter binds 1 MiB at once: maps are worked on in 2 bands of rows/;

beforeAll(async () => {
  await writePng(path('content.png'), 64, 64);
  await writePng(path('style.png'), 64, 64, 1);
});

async function planOf(env: NodeJS.ProcessEnv, ...told: readonly string[]) {
  const run = await impasto(folder, ['plan', ...pictures, ...told, '--json', 'plan.json'], env);
  expect(run.status, run.stderr).toBe(0);
  return { words: run.stdout, ...JSON.parse(await readFile(path('plan.json'), 'utf8')) };
}

async function pixelsOf(file: string): Promise<Uint8Array> {
  return new Uint8Array(await sharp(path(file)).removeAlpha().raw().toBuffer());
}

describe('plan', () => {
  it('tells memory by part, and the time of an evaluation once one was measured', async () => {
    const env = { XDG_CACHE_HOME: path('cache') };
    const before = await planOf(env);
    const [scale] = before.scales;
    expect(scale).toMatchObject({ width: 64, height: 64, way: 'whole', bands: 1, secondsPerEvaluation: null });
    const parts: readonly { part: string; bytes: number }[] = scale.bytes;
    expect(parts.map(({ part }) => part)).toEqual([
      'weights',
      'activations',
      'gradients',
      'scratch',
      'targets',
      'picture',
      'optimiser',
    ]);
    expect(parts.every(({ bytes }) => bytes > 0)).toBe(true);
    expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(scale.peakBytes);
    expect(before.words).toMatch(/optimiser .*\n/);
    expect(before.words).toContain('fits as it is');

    const painted = await impasto(folder, ['stylize', ...pictures, '--iterations', '3', '-o', 'whole.png'], env);
    expect(painted.status, painted.stderr).toBe(0);
    const after = await planOf(env);
    expect(after.scales[0].secondsPerEvaluation).toBeGreaterThan(0);
    expect(after.words).toMatch(/about \d+:\d\d in all/);
  });

  it('names bands where a map is larger than the limit; the run says so, too, and paints the same picture', async () => {
    const { words, scales, remarks } = await planOf(tight);
    expect(scales[0]).toMatchObject({ way: 'bands', bands: 2 });
    expect(words).toMatch(inBands);
    expect(remarks).toHaveLength(1);
    const painted = await impasto(folder, ['stylize', ...pictures, '--iterations', '3', '-o', 'bands.png'], tight);
    expect(painted.status, painted.stderr).toBe(0);
    expect(painted.stderr).toMatch(inBands);
    const [whole, bands] = await Promise.all([pixelsOf('whole.png'), pixelsOf('bands.png')]);
    const difference = whole.reduce((most, value, at) => Math.max(most, Math.abs(value - (bands[at] ?? 0))), 0);
    expect(difference).toBeLessThanOrEqual(1);
  });

  it('names windows where they are asked for', async () => {
    const { words, scales } = await planOf({}, '--tile', '32');
    expect(scales[0]).toMatchObject({ way: 'tiles', bands: 1, windows: 4 });
    expect(words).toMatch(/maps +4 windows\n/);
  });

  it('ends where nothing makes it fit', async () => {
    const run = await impasto(folder, ['plan', ...pictures], { IMPASTO_DEVICE_MEMORY_MIB: '1' });
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(
      /a content picture of 64x64 needs \d+ MiB of device memory, of which 1 MiB may be taken/,
    );
  });
});
