/**
 * `impasto resume` end to end: the real program, killed at random moments, ends with the losses and the picture that it would have had.
 * IMPASTO_KILLS says how often, 2 where it says nothing.
 */

import { copyFile, mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { resumeJob } from '../../src/cli/resume-job.ts';
import { impasto, type Running, start, workFolder, writePng } from './program.ts';

const kills = Number(process.env['IMPASTO_KILLS'] ?? 2);

const { folder, path } = workFolder();

const phases = [
  { steps: 6, optimizer: 'lbfgs', learningRate: 1, scale: 24 },
  { steps: 5, optimizer: 'adam', learningRate: { start: 0.05, end: 0.01, decay: 'cosine' }, scale: 24 },
  { steps: 4, optimizer: 'adam', learningRate: 0.02, weightDecay: 0.001 },
  { steps: 5, optimizer: 'sgd', learningRate: 1e-4, momentum: 0.9, nesterov: true },
  { steps: 8, optimizer: 'lbfgs', learningRate: 1 },
];

/** Few layers, so that a run takes little longer than its start. */
const small = ['--size', '32', '--content-layers', 'relu2_1', '--style-layers', 'relu1_1,relu2_1'];

/** The first is the one that few kills go to. */
const runs: Readonly<Record<string, readonly string[]>> = {
  'phases over scales, with searches': ['--preset', 'gram', '--phases', 'phases.json', '--line-search', 'strong-wolfe'],
  'L-BFGS': ['--preset', 'lecture', '--iterations', '30', '--history', '4'],
  'L-BFGS with strong Wolfe': ['--preset', 'gatys', '--iterations', '30', '--line-search', 'strong-wolfe'],
  Adam: ['--preset', 'gram', '--iterations', '30', '--optimizer', 'adam', '--scales', '1'],
  'the default over scales': [
    ...['--size', '48', '--iterations', '6', '--scales', '2'],
    ...['--save-every', '4', '--trace-measures', '5'],
  ],
  'L-BFGS in windows': ['--preset', 'gram', '--iterations', '12', '--scales', '1', '--tile', '16'],
};

const names = Object.keys(runs).slice(0, kills < 5 ? 1 : undefined);

beforeAll(async () => {
  await writePng(path('content.png'), 48, 32);
  await writePng(path('style.png'), 40, 40, 1);
  await writeFile(path('phases.json'), JSON.stringify(phases));
});

/** The command of a run, all of its files in a folder of their own. */
function wordsOf(name: string, into: string): readonly string[] {
  const at = (file: string): string => `${into}/${file}`;
  const files = ['-o', at('out.png'), '--trace', at('trace.json'), '--checkpoint', at('run.checkpoint')];
  return ['stylize', 'content.png', 'style.png', ...small, ...(runs[name] ?? []), ...files, '--checkpoint-every', '1'];
}

async function exists(file: string): Promise<boolean> {
  return await stat(path(file)).then(
    () => true,
    () => false,
  );
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until a program has written its first checkpoint, or has ended. */
async function begun({ finished }: Running, checkpoint: string): Promise<void> {
  let isOver = false;
  void finished.then(() => {
    isOver = true;
  });
  while (!isOver && !(await exists(checkpoint))) await pause(2);
}

/** Kills a program that may already be over, which is told. */
async function kill(running: Running): Promise<boolean> {
  running.child.kill('SIGKILL');
  return (await running.finished).status === 'SIGKILL';
}

/** All that a run has left: bytes of the picture, losses with all their digits. */
async function leftIn(into: string): Promise<{ picture: Buffer; evaluations: readonly unknown[]; measures: unknown }> {
  const { evaluations, measures } = JSON.parse(await readFile(path(`${into}/trace.json`), 'utf8'));
  return { picture: await readFile(path(`${into}/out.png`)), evaluations, measures };
}

/** Runs to the end; how long until the first checkpoint, and from there. */
async function timed(words: readonly string[], checkpoint: string) {
  const running = start(folder, words);
  const startedAtMs = performance.now();
  await begun(running, checkpoint);
  const begunAtMs = performance.now();
  const { status, stderr } = await running.finished;
  expect(status, stderr).toBe(0);
  return { startMs: begunAtMs - startedAtMs, restMs: performance.now() - begunAtMs };
}

describe('a run that is killed', () => {
  it.each(names.map((name, index) => [name, index] as const))(
    'and resumed is the run that was not: %s',
    async (name, index) => {
      const into = `run${index}`;
      const checkpoint = `${into}/run.checkpoint`;
      await mkdir(path(into));
      const words = wordsOf(name, into);
      const { startMs, restMs } = await timed(words, checkpoint);
      const expected = await leftIn(into);
      // Begun anew, and then gone on with as often as it is killed.
      const own = Math.ceil((kills - index) / names.length);
      let isBegun = false;
      // A machine that is quicker than it was ends before it is killed: the next time it is killed earlier.
      let share = 1;
      for (let killed = 0; killed < own; ) {
        if (!isBegun) await forget(checkpoint);
        const running = start(folder, isBegun ? ['resume', checkpoint] : words);
        await begun(running, checkpoint);
        await pause(share * Math.random() * (isBegun ? startMs + restMs / 2 : restMs));
        isBegun = await kill(running);
        if (isBegun) killed += 1;
        else share *= 0.7;
      }
      const resumed = await impasto(folder, ['resume', checkpoint]);
      expect(resumed.status, resumed.stderr).toBe(0);
      expect(await leftIn(into)).toEqual(expected);
    },
    60_000 * (kills + 2),
  );

  it('goes on to more evaluations than it had', async () => {
    const before = (await leftIn('run0')).evaluations;
    const [, , , ...rest] = before;
    expect(rest.length).toBeGreaterThan(20);
    const words = ['resume', 'run0/run.checkpoint', '--iterations'];
    const refused = await impasto(folder, [...words, '17']);
    expect(refused.stderr).toBe('impasto: --iterations is 17, but 17 at the final size are spent; expected more\n');
    const resumed = await impasto(folder, [...words, '20']);
    expect(resumed.status, resumed.stderr).toBe(0);
    const { evaluations } = await leftIn('run0');
    expect(evaluations.slice(0, before.length)).toEqual(before);
    expect(evaluations.length).toBe(before.length + 3);
  });
});

async function forget(file: string): Promise<void> {
  for (const end of ['', '.previous', '.partial']) await rm(path(`${file}${end}`), { force: true });
}

describe('a run that is stopped', () => {
  it('leaves a checkpoint of that moment, and says what goes on', async () => {
    const named = ['--preset', 'gatys', ...small, '--iterations', '400', '--checkpoint', 'stop.checkpoint'];
    const running = start(folder, ['stylize', 'content.png', 'style.png', ...named]);
    await running.said(/\d+\/400 {2}total/);
    running.child.kill('SIGTERM');
    const { status, stderr } = await running.finished;
    expect([status, stderr]).toEqual([143, expect.stringContaining('`impasto resume stop.checkpoint` goes on')]);
    const spent = Number(/interrupted after (\d+) evaluations/.exec(stderr)?.[1]);
    expect(spent).toBeLessThan(400);
    const { resumed } = await resumeJob(path('stop.checkpoint'), {});
    expect(resumed?.file.checkpoint.evaluations).toHaveLength(spent);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'changed picture',
      () => copyFile(path('content.png'), path('style.png')),
      'style.png: is not the style picture that the run was begun with',
    ],
    [
      'missing picture',
      () => forget('content.png'),
      'content.png: there is no such file, expected the content picture that the run was begun with; put it back, or say with --content',
    ],
  ])('is refused for a %s', async (_name, spoil, problem) => {
    await spoil();
    const job = await resumeJob(path('stop.checkpoint'), {
      content: path('content.png'),
      style: [path('style.png')],
    });
    await expect(job.read()).rejects.toThrow(problem);
    await writePng(path('style.png'), 40, 40, 1);
  });

  it('is refused for other weights', async () => {
    const job = await resumeJob(path('stop.checkpoint'), { weights: path('style.png') });
    await expect(job.read()).rejects.toThrow('style.png: is not the file of weights that the run was begun with');
  });

  it('goes on from the checkpoint before a damaged one, which takes its place', async () => {
    const previous = await readFile(path('stop.checkpoint.previous'));
    await truncate(path('stop.checkpoint'), 5000);
    await resumeJob(path('stop.checkpoint'), {});
    expect(await readFile(path('stop.checkpoint'))).toEqual(previous);
    await truncate(path('stop.checkpoint'), 5000);
    await expect(resumeJob(path('stop.checkpoint'), {})).rejects.toThrow('stop.checkpoint: tensor');
  });
});
