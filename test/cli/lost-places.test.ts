/** Files and folders that go away while a run is at work: its picture is somewhere, and that is said. */

import { copyFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Results } from '../../src/cli/results.ts';
import { InputError, ShapeError } from '../../src/core/errors.ts';
import { impasto, start, weightsPath, workFolder, writePng } from './program.ts';

const { folder, path } = workFolder();
beforeAll(async () => {
  await writePng(path('content.png'), 48, 32);
  await writePng(path('style.png'), 40, 40, 1);
  await copyFile(weightsPath, path('weights.safetensors'));
  await Promise.all([mkdir(path('sub')), mkdir(path('other'))]);
});

it('a run whose inputs and whose output folder are removed leaves picture and trace elsewhere, with status 2', async () => {
  const run = start(
    folder,
    [
      ...['stylize', 'content.png', 'style.png', '--weights', 'weights.safetensors', '--style-layers', 'relu1_1'],
      ...[
        '--content-layers',
        'relu1_1',
        '--preset',
        'gatys',
        '--size',
        '24',
        '--iterations',
        '60',
        '--save-every',
        '20',
        '-o',
        'sub/out.png',
        '--trace',
        'sub/trace.json',
      ],
    ],
    { TMPDIR: path('other') },
  );
  await run.said(/1\/\d+ /);
  for (const name of ['content.png', 'style.png', 'weights.safetensors', 'sub'])
    await rm(path(name), { recursive: true });
  const { status, stdout, stderr } = await run.finished;
  expect(status, stderr).toBe(2);
  const problem = 'expected a file that can be written, but the folder sub does not exist; choose another output path';
  expect(stderr.match(new RegExp(`sub/out-\\d+\\.png: ${problem}; the run goes on without it$`, 'gm'))).toHaveLength(1);
  const picture = stderr.match(
    new RegExp(`^impasto: sub/out\\.png: ${problem}; the picture is saved as (.*)$`, 'm'),
  )?.[1];
  const trace = stderr.match(
    new RegExp(`^impasto: sub/trace\\.json: ${problem}; the trace is saved as (.*)$`, 'm'),
  )?.[1];
  expect(dirname(dirname(picture ?? ''))).toBe(path('other'));
  expect(stdout).toMatch(new RegExp(`^${picture}  24x16, `));
  expect(await sharp(picture).metadata()).toMatchObject({ width: 24, height: 16 });
  expect(JSON.parse(await readFile(trace ?? '', 'utf8')).evaluations).toHaveLength(60);
  // What was removed stays so.
  expect(await readdir(folder)).toEqual(['other']);
});

it.each([
  ['lost', 'the graphics device was lost', 'a new device'],
  [
    'memory',
    'more memory is needed than the adapter gives: refused 1 byte',
    '(?:kernels whose weights take less, and )?\\d MiB of device memory instead of \\d MiB: L-BFGS keeps \\d+ curvature pairs instead of 100, so .*',
  ],
])('a run in trouble (%s) says so, goes on, and its trace has every evaluation once', async (trouble, reason, way) => {
  await Promise.all([writePng(path('photo.png'), 48, 32), writePng(path('painting.png'), 40, 40, 1)]);
  const { status, stdout, stderr } = await impasto(
    folder,
    [
      ...[
        'stylize',
        'photo.png',
        'painting.png',
        '--preset',
        'gatys',
        '--style-layers',
        'relu1_1',
        '--content-layers',
        'relu1_1',
      ],
      ...['--size', '24', '--iterations', '12', '--history', '100', '-o', 'lost.png', '--trace', 'lost.json'],
      ...['--checkpoint', 'lost.safetensors', '--checkpoint-every', '1'],
    ],
    {
      NODE_OPTIONS: `--import ${new URL('lose-device.mjs', import.meta.url)}`,
      LOSSES: '1',
      SUBMITS: '40',
      TROUBLE: trouble,
    },
  );
  expect(status, stderr).toBe(0);
  const [, after] =
    stderr.match(new RegExp(`^${reason}; the run goes on after evaluation (\\d+) with ${way}$`, 'm')) ?? [];
  expect(Number(after), stderr).toBeGreaterThan(0);
  expect(stdout).toMatch(/^lost\.png {2}24x16, 12 evaluations, /);
  const { evaluations } = JSON.parse(await readFile(path('lost.json'), 'utf8'));
  expect(evaluations.map((row: { evaluation: number }) => row.evaluation)).toEqual(
    Array.from({ length: 12 }, (_, i) => i + 1),
  );
});

describe('a result', () => {
  const full = (where: string) => new InputError(`${where}: expected a file that can be written, but the disk is full`);
  const saved = async (save: (results: Results) => Promise<unknown>) => {
    const said: string[] = [];
    const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    const results = new Results();
    try {
      return { answer: await save(results), said, isComplete: results.isComplete };
    } finally {
      spy.mockRestore();
    }
  };

  it('that can be written is, and nothing is said', async () => {
    const write = async (): Promise<void> => {};
    expect(await saved((results) => results.save('the picture', 'a.png', write))).toEqual({
      answer: 'a.png',
      said: [],
      isComplete: true,
    });
  });

  it('that can be written nowhere is said to be unsaved, and no empty folders are left', async () => {
    const tried: string[] = [];
    const before = await readdir(tmpdir());
    const { answer, said, isComplete } = await saved((results) =>
      results.save('the picture', 'out/a.png', async (to) => {
        tried.push(to);
        throw full(to);
      }),
    );
    expect(answer).toBeUndefined();
    expect(isComplete).toBe(false);
    expect(tried.map((to) => basename(to))).toEqual(['a.png', 'a.png', 'a.png']);
    expect(said).toEqual([
      expect.stringMatching(
        /^impasto: out\/a\.png: .* the disk is full; the picture is not saved, nor could it be in \S+ or \S+\n$/,
      ),
    ]);
    const left = (await readdir(tmpdir())).filter((name) => !before.includes(name));
    expect(left.map((name) => name)).not.toContain(basename(dirname(tried[1] ?? '')));
  });

  it('that a defect keeps from being made is no matter of places', async () => {
    const defect = async (): Promise<void> => {
      throw new ShapeError('odd');
    };
    await expect(saved((results) => results.save('the picture', 'a.png', defect))).rejects.toThrow(ShapeError);
  });
});
