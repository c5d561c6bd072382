/** What becomes of a command whose output cannot be written or is not read, or whose terminal is closed. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { loader, main, start, workFolder, writePng } from './program.ts';

const { folder, path } = workFolder();

beforeAll(async () => {
  await writePng(path('content.png'), 48, 32);
  await writePng(path('style.png'), 32, 32, 1);
});

/** Runs a program of this repository with stdout as given; resolves with what it said on stderr and its status. */
async function run(
  stdout: number | 'pipe',
  args: readonly string[],
  prepare: (child: ChildProcess) => void = () => {},
) {
  const child = spawn(process.execPath, ['--import', loader, ...args], {
    cwd: folder,
    stdio: ['ignore', stdout, 'pipe'],
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  prepare(child);
  const [status] = await once(child, 'close');
  return { status, stderr };
}

const tool = (name: string): string => fileURLToPath(new URL(`../../tools/${name}.ts`, import.meta.url));
const programs = { impasto: main, lecture: tool('lecture'), bench: tool('bench'), 'bench:peers': tool('bench-peers') };

describe.concurrent('a full disk behind stdout is told in a sentence', () => {
  it.each([
    ['impasto', ['schedule', 'sgdr']],
    ['impasto', ['--help']],
    ['impasto', []],
    ['impasto', ['--version']],
    ['impasto', ['stylize', '--help']],
    ['lecture', ['--help']],
    ['bench', ['--help']],
    ['bench:peers', ['--help']],
  ] as const)('%s %j', async (name, args) => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = await run(full, [programs[name], ...args]);
    closeSync(full);
    expect(stderr).toBe(
      `${name}: standard output: expected to write the results there, but the disk is full; send them somewhere else\n`,
    );
    expect(status).toBe(2);
  });
});

it('a reader that has seen enough is no failure', async () => {
  const leave = (child: ChildProcess): void => {
    child.stdout?.once('data', () => child.stdout?.destroy());
  };
  // Longer than a pipe holds.
  const long = [main, 'schedule', 'sgdr', '--iterations', '100000'];
  expect(await run('pipe', long, leave)).toEqual({ status: 0, stderr: '' });
  const deaf = (child: ChildProcess): void => void child.stdout?.destroy();
  expect(await run('pipe', [main, 'schedule', 'sgdr'], deaf)).toEqual({ status: 0, stderr: '' });
});

it('a closed terminal is told like SIGTERM: the best picture and the trace are written, though nobody listens', async () => {
  const { child, said } = start(folder, [
    ...['stylize', 'content.png', 'style.png', '-o', 'hung-up.png', '--size', '32', '--iterations', '100000'],
    ...['--trace', 'hung-up.json'],
  ]);
  await said(/1\/100000/);
  child.stdout?.destroy();
  child.stderr?.destroy();
  const exited = once(child, 'exit');
  child.kill('SIGHUP');
  // The kernel and the shell each tell of it.
  setTimeout(() => child.kill('SIGHUP'), 400);
  expect(await exited).toEqual([null, 'SIGHUP']);
  expect(await sharp(path('hung-up.png')).metadata()).toMatchObject({ width: 32, height: 21 });
  const trace: { evaluations: unknown[] } = JSON.parse(await readFile(path('hung-up.json'), 'utf8'));
  expect(trace.evaluations.length).toBeGreaterThan(0);
});
