/** A painting that was cut off: gone on with over a reload, at a terminal, and from a terminal's checkpoint. SwiftShader, tiny sizes. */

import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { impasto, workFolder } from '../cli/program.ts';
import { quick, runTimeoutMs, type StudioPage } from './studio-page.ts';
import { useStudio } from './use-studio.ts';

const { open } = useStudio();
const { folder, path } = workFolder();

const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const pictures = [example('chelsea.png'), example('great_wave.jpg')] as const;

const steps = 12;
const adam = `${quick}&iterations=${steps}&optimizer=adam&init=noise&seed=3`;

async function downloaded(studio: StudioPage): Promise<Buffer> {
  return await sharp((await studio.download()).bytes)
    .raw()
    .toBuffer();
}

describe('a painting that was cut off', () => {
  it(
    'goes on after a reload to the picture that it would have been, and at a terminal',
    async () => {
      await using studio = await open(adam);
      await studio.paint();
      await studio.says(new RegExp(`^Done: ${steps} steps`));
      const whole = await downloaded(studio);

      await studio.paint();
      await studio.hasSpent(2);
      await studio.byId('stop').click();
      await studio.says(/^Stopped: \d+ steps/);
      await studio.byId('more').locator('summary').click();
      const downloading = studio.page.waitForEvent('download');
      await studio.byId('download-checkpoint').click();
      const download = await downloading;
      expect(download.suggestedFilename()).toBe('chelsea-great-wave.png.checkpoint');
      await writeFile(path('page.checkpoint'), await readFile(await download.path()));

      await studio.page.reload();
      await studio.isReady();
      await studio.problem(new RegExp(`^This painting was broken off after step \\d+ of ${steps}\\.`));
      await studio.button('Go on').click();
      await studio.says(new RegExp(`^Done: ${steps} steps`));
      expect(await downloaded(studio)).toEqual(whole);
      expect(await studio.byId('painting').count()).toBe(2);

      const [content, style] = pictures;
      const resumed = await impasto(folder, ['resume', 'page.checkpoint', '--content', content, '--style', style]);
      expect(resumed.status, resumed.stderr).toBe(0);
      expect(resumed.stdout).toContain(`chelsea-great-wave.png  32x21, ${steps} evaluations`);
      expect(resumed.stderr).toContain("losses will be near the run's, not equal");
      const there = await sharp(path('chelsea-great-wave.png')).raw().toBuffer();
      const difference = there.reduce((sum, value, i) => sum + Math.abs(value - (whole[i] ?? 0)), 0) / there.length;
      expect(difference).toBeLessThan(3);
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    2 * runTimeoutMs,
  );

  it(
    "goes on from a terminal's checkpoint that is dropped on the page, with the same pictures alone",
    async () => {
      const words = ['--preset', 'gatys', '--size', '32', '--content-layers', 'relu2_2', '--style-layers', 'relu1_1'];
      const often = [
        '--iterations',
        '12',
        '--checkpoint',
        'node.checkpoint',
        '--checkpoint-every',
        '6',
        '-o',
        'node.png',
      ];
      const run = await impasto(folder, ['stylize', ...pictures, ...words, ...often]);
      expect(run.status, run.stderr).toBe(0);
      const bytes = await readFile(path('node.checkpoint.previous'));
      await using studio = await open();
      await studio.isReady();
      await studio.drop('drop-content', 'node.checkpoint', bytes.subarray(0, 3000));
      await studio.problem(/the checkpoint: .* is truncated or damaged/);
      await studio.drop('drop-content', 'node.checkpoint', bytes);
      await studio.says(/^Done: 12 steps/);
      expect(await studio.evaluations()).toEqual([12, 12]);
      const there = await sharp(path('node.png')).raw().toBuffer();
      const here = await downloaded(studio);
      expect(here.length).toBe(there.length);
      await studio.drop('drop-style', 'other.png', await readFile(path('node.png')));
      await studio.drop('drop-content', 'node.checkpoint', bytes);
      await studio.problem(/the pictures are not those that the painting was begun with/);
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    2 * runTimeoutMs,
  );
});
