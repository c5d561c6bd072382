/** Phases from the command line: `schedule`, `find-rate`, `stylize --phases`, end to end with tiny pictures. */

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { impasto, workFolder, writePng } from './program.ts';

const { folder, path } = workFolder();

beforeAll(async () => {
  await writePng(path('content.png'), 64, 48);
  await writePng(path('style.png'), 40, 40, 1);
});

const layers = ['--preset', 'gatys', '--content-layers', 'relu2_1', '--style-layers', 'relu1_1'];

interface Trace {
  readonly evaluations: readonly Readonly<
    Record<'evaluation' | 'phase' | 'scale' | 'learningRate' | 'total', number>
  >[];
}

async function traceOf(name: string): Promise<Trace['evaluations']> {
  const trace: Trace = JSON.parse(await readFile(path(name), 'utf8'));
  return trace.evaluations;
}

describe('schedule', () => {
  it('prints rate and momentum of every step as CSV', async () => {
    const options = ['--optimizer', 'sgd', '--learning-rate', '1', '--iterations', '10'];
    const run = await impasto(folder, ['schedule', 'one-cycle', ...options]);
    expect(run).toMatchObject({ status: 0, stderr: '' });
    const [head, ...lines] = run.stdout.trimEnd().split('\n');
    expect(head).toBe('step,phase,optimizer,scale,learning_rate,momentum');
    expect(lines[0]).toBe('1,1,sgd,,0.1,0.95');
    expect(lines[3]).toBe('4,2,sgd,,1,0.85');
    const rates = lines.map((line) => Number(line.split(',')[4]));
    const expected = [0.1, 0.4, 0.7, 1, 0.7, 0.4, 0.1, 0.07525, 0.0505, 0.02575];
    expect(rates).toEqual(expected.map((rate) => expect.closeTo(rate, 12)));
  });

  it('draws SVG and PNG, and writes CSV and phases', async () => {
    const schedule = ['schedule', 'sgdr', '--optimizer', 'adam', '--iterations', '140'];
    for (const ending of ['svg', 'png', 'csv', 'json']) {
      const run = await impasto(folder, [...schedule, '-o', `sgdr.${ending}`]);
      expect(run).toMatchObject({ status: 0, stdout: `sgdr.${ending}  4 phases, 140 steps\n`, stderr: '' });
    }
    expect(await readFile(path('sgdr.svg'), 'utf8')).toMatch(/^<svg [^>]*viewBox="0 0 480 260".*<path .*<\/svg>$/s);
    expect(await sharp(path('sgdr.png')).metadata()).toMatchObject({ format: 'png', width: 960, height: 520 });
    expect((await sharp(path('sgdr.png')).stats()).entropy).toBeGreaterThan(0.1);
    expect((await readFile(path('sgdr.csv'), 'utf8')).trimEnd().split('\n')).toHaveLength(141);
    const steps = JSON.parse(await readFile(path('sgdr.json'), 'utf8')).map((phase: { steps: number }) => phase.steps);
    expect(steps).toEqual([1, 19, 40, 80]);
    const again = await impasto(folder, ['schedule', '--phases', 'sgdr.json']);
    expect(again.stdout).toBe(await readFile(path('sgdr.csv'), 'utf8'));
  });

  it.each([
    [['schedule', 'sgrd'], "the schedule is 'sgrd'; expected constant, .*; did you mean 'sgdr'?"],
    [['schedule'], 'name one schedule, constant, .*, or a file with --phases'],
    [['schedule', 'sgdr', '-o', 'plot.gif'], "plot.gif: expected a plot's name that ends in .svg or .png, got .gif"],
    [['schedule', 'sgdr', '-o', 'missing/plot.svg'], 'missing/plot.svg: '],
    [['schedule', 'rate-finder', '--momentum', '0.5'], 'phase 1: momentum is 0.5, which lbfgs does not have'],
    [['schedule', 'rate-finder', '--optimizer', 'adam', '--momentum', '2'], "--momentum is '2'; expected a number"],
  ] as const)('refuses %j', async (args, message) => {
    const run = await impasto(folder, args);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(new RegExp(`^impasto: ${message}[^\n]*\n$`));
  });
});

describe('stylize --phases', () => {
  it('runs them at their scales, with the rates of the file', async () => {
    const phases = [
      { steps: 3, optimizer: 'adam', learningRate: { start: 0.04, end: 0.01, decay: 'linear' }, scale: 32 },
      { steps: 1, optimizer: 'adam', learningRate: 0.02 },
      { steps: 2, optimizer: 'lbfgs', learningRate: 1 },
    ];
    await writeFile(path('phases.json'), JSON.stringify(phases));
    const run = await impasto(folder, [
      ...['stylize', 'content.png', 'style.png', ...layers, '--phases', 'phases.json', '--size', '48'],
      ...['--trace', 'trace.json', '--save-every', '2', '-o', 'phased.png'],
    ]);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/^phased\.png {2}48x36, 6 evaluations, /);
    expect(run.stderr).toContain('scales, with their evaluations: 32x24 (3), 48x36 (3)\n');
    expect(run.stderr).toContain('now at 48 pixels\n');
    const found = (await traceOf('trace.json')).map(({ evaluation, phase, scale, learningRate }) => [
      ...[evaluation, phase, scale, Number(learningRate.toPrecision(12))],
    ]);
    expect(found).toEqual([
      [1, 1, 32, 0.04],
      [2, 1, 32, 0.03],
      [3, 1, 32, 0.02],
      [4, 2, 48, 0.02],
      [5, 3, 48, 1],
      [6, 3, 48, 1],
    ]);
    expect(await sharp(path('phased-0002.png')).metadata()).toMatchObject({ width: 32, height: 24 });
    expect(await sharp(path('phased-0004.png')).metadata()).toMatchObject({ width: 48, height: 36 });
  });

  it.each<[string, unknown]>([
    ['phase 2: steps is 0; expected a whole number from 1 to 1000000', { steps: 0 }],
    ['phase 2: learningRate is -1; expected a number above 0', { learningRate: -1 }],
    [
      'phase 2: learningRate.end is 0; an exponential decay needs a number above 0',
      { learningRate: { start: 1, end: 0, decay: 'exponential' } },
    ],
    [
      "phase 2: learningRate.decay is 'cubic'; expected none, linear, cosine, exponential or polynomial",
      { learningRate: { start: 1, decay: 'cubic' } },
    ],
    ['phase 2: scale is 12; expected a whole number from 16 to 16384', { scale: 12 }],
    [
      "phase 2: learningRate is 0 at step 2 of 2, which is 0 in the device's 32 bits; expected a number above 0 at every " +
        'step, so give it a higher end',
      { steps: 2, optimizer: 'lbfgs', learningRate: { start: 1, decay: 'polynomial', power: 2000 } },
    ],
  ])('refuses a file in which %s', async (message, change) => {
    const phase = { steps: 2, optimizer: 'adam', learningRate: 0.02 };
    await writeFile(path('bad.json'), JSON.stringify([phase, { ...phase, ...Object(change) }]));
    const run = await impasto(folder, ['stylize', 'content.png', 'style.png', '--phases', 'bad.json', '-o', 'bad.png']);
    expect(run).toEqual({ status: 2, stdout: '', stderr: `impasto: bad.json: ${message}\n` });
    expect(existsSync(path('bad.png'))).toBe(false);
  });

  it('refuses scales of pictures that are to keep their sizes, for every experiment', async () => {
    await writeFile(path('scale.json'), '[{"steps":1,"optimizer":"adam","learningRate":0.02,"scale":32}]');
    for (const command of [
      ['stylize', 'content.png', 'style.png'],
      ['reconstruct', 'content.png'],
      ['texture', 'style.png'],
    ]) {
      const run = await impasto(folder, [...command, '--phases', 'scale.json', '--no-resize', '-o', 'kept.png']);
      expect(run).toMatchObject({ status: 2, stdout: '' });
      expect(run.stderr).toBe(
        'impasto: scale.json names scales, which --no-resize contradicts; take them out, or leave out --no-resize\n',
      );
    }
  });

  it('ends at the last scale of the file, and refuses another size beside it', async () => {
    const adam = { steps: 1, optimizer: 'adam', learningRate: 0.02 };
    await writeFile(path('ending.json'), JSON.stringify([adam, { ...adam, scale: 32 }]));
    const args = ['stylize', 'content.png', 'style.png', ...layers, '--phases', 'ending.json', '-o', 'ended.png'];
    const run = await impasto(folder, [...args, '--size', '32']);
    expect(run.stdout, run.stderr).toMatch(/^ended\.png {2}32x24, 2 evaluations, /);
    const refused = await impasto(folder, [...args, '--size', '48']);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toBe(
      'impasto: ending.json ends at scale 32, but --size is 48; leave out the scale of the last phases, or --size\n',
    );
  });

  it('refuses a file that is not there, or not JSON', async () => {
    await writeFile(path('text.json'), 'steps: 3\n');
    for (const [name, message] of [
      ['none.json', 'expected a file of phases, but it does not exist'],
      ['text.json', 'expected a list of phases as JSON, but '],
    ] as const) {
      const run = await impasto(folder, ['stylize', 'content.png', 'style.png', '--phases', name]);
      expect(run).toMatchObject({ status: 2, stdout: '' });
      expect(run.stderr).toMatch(new RegExp(`^impasto: ${name}: ${message}[^\n]*\n$`));
    }
  });

  it('takes a file that begins with a byte order mark, and does not write over it', async () => {
    await writeFile(path('mark.json'), '\uFEFF[{"steps":1,"optimizer":"adam","learningRate":0.02}]');
    const args = ['stylize', 'content.png', 'style.png', ...layers, '--phases', 'mark.json', '--size', '32'];
    expect((await impasto(folder, args)).status).toBe(0);
    const over = await impasto(folder, [...args, '--trace', 'mark.json']);
    expect(over).toMatchObject({ status: 2, stdout: '' });
    expect(over.stderr).toContain('mark.json: would be written over mark.json, which is read');
  });

  it('grows through --scales, its best picture of the last', async () => {
    const run = await impasto(folder, [
      ...['stylize', 'content.png', 'style.png', ...layers, '--optimizer', 'adam', '--scales', '2', '--size', '48'],
      ...['--iterations', '2', '--trace', 'scales.json', '-o', 'scales.png'],
    ]);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/^scales\.png {2}48x36, 6 evaluations, /);
    expect((await traceOf('scales.json')).map(({ scale }) => scale)).toEqual([34, 34, 34, 34, 48, 48]);
  });

  it('--scales auto begins at half the size, and its detail is a share from 0 to 1', async () => {
    const run = await impasto(folder, [
      ...['stylize', 'content.png', 'style.png', ...layers, '--scales', 'auto', '--detail', '0.5', '--size', '48'],
      ...['--iterations', '1', '-o', 'auto.png'],
    ]);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stderr).toContain('scales, with their evaluations: 24x18 (2), 34x26 (1), 48x36 (1)\n');
    const { comments } = await sharp(path('auto.png')).metadata();
    expect(comments?.[0]?.text).toContain('--preset gatys --detail 0.5 ');
    expect(comments?.[0]?.text).toMatch(/--iterations 1 --scales auto$/);
  });
});

describe('--scales', () => {
  it('ends at the size that was asked for, and says which scales have no evaluation', async () => {
    await writePng(path('odd.png'), 75, 67);
    const run = await impasto(folder, [
      ...['stylize', 'odd.png', 'style.png', ...layers, '--size', '75', '--scales', '3', '--optimizer', 'adam'],
      ...['--preset', 'lecture', '--iterations', '2', '-o', 'odd-out.png'],
    ]);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/^odd-out\.png {2}75x67, 2 evaluations, /);
    expect(run.stderr).toContain('scales, with their evaluations: 53x47 (1), 75x67 (1)\n');
    expect(run.stderr).toContain('scale of 38 pixels left out: 2 iterations are too few\n');
    const { width, height, comments } = await sharp(path('odd-out.png')).metadata();
    expect([width, height]).toEqual([75, 67]);
    const made =
      'impasto stylize odd.png style.png -o odd-out.png --size 75 --preset lecture --content-layers relu2_1 --style-layers relu1_1 ' +
      '--iterations 2 --optimizer adam --scales 3';
    expect(comments).toContainEqual({ keyword: 'Comment', text: made });
  });

  it('leaves out those at which a picture is too small for the deepest layer', async () => {
    const run = await impasto(folder, [
      ...['stylize', 'content.png', 'style.png', '--optimizer', 'adam', '--scales', '4', '--size', '32'],
      ...['--style-layers', 'relu1_1', '--content-layers', 'relu5_1', '--iterations', '1', '-o', 'least.png'],
    ]);
    // relu5_1 needs 16 pixels: 23x17 has them, 16x12 does not.
    expect(run.status, run.stderr).toBe(0);
    expect(run.stderr).toContain('scales, with their evaluations: 23x17 (2), 32x24 (1)\n');
  });

  it('is one scale for a picture below the least', async () => {
    await writePng(path('tiny.png'), 12, 12);
    const run = await impasto(folder, [
      ...['stylize', 'tiny.png', 'style.png', ...layers, '--scales', '3', '--iterations', '2', '-o', 'tiny-out.png'],
    ]);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/^tiny-out\.png {2}12x12, 2 evaluations, /);
  });
});

describe('find-rate', () => {
  const find = ['find-rate', 'content.png', 'style.png', ...layers, '--size', '32', '--iterations', '40'];

  it('stops where the loss bursts, and draws the loss against the rate', async () => {
    const run = await impasto(folder, [...find, '--optimizer', 'sgd', '--from', '1e-3', '--to', '1e6']);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toMatch(
      /^out\/content-style-rates\.svg {2}\d+ rates up to \S+, where the loss burst; lowest loss \S+ at \S+; usual .*\n$/,
    );
    expect(await readFile(path('out/content-style-rates.svg'), 'utf8')).toMatch(/^<svg .*learning rate.*<\/svg>$/s);
  });

  it('writes the values as CSV: rates that grow, and a last loss above four times the lowest', async () => {
    const run = await impasto(folder, [...find, '--optimizer', 'sgd', '--from', '1e-3', '--to', '1e6', '-o', 'r.csv']);
    expect(run.status, run.stderr).toBe(0);
    const [head, ...lines] = (await readFile(path('r.csv'), 'utf8')).trimEnd().split('\n');
    expect(head).toBe('learning_rate,loss');
    const values = lines.map((line) => line.split(',').map(Number));
    const ratio = (values[1]?.[0] ?? 0) / (values[0]?.[0] ?? 0);
    expect(ratio).toBeCloseTo(1e9 ** (1 / 40), 6);
    const losses = values.map(([, loss = Number.NaN]) => loss);
    const lowest = Math.min(...losses);
    expect(losses.at(-1)).toBeGreaterThan(4 * lowest);
    expect(losses.slice(0, -1).every((loss) => loss <= 4 * lowest || loss <= 4 * (losses[0] ?? 0))).toBe(true);
    expect(lines.length).toBeLessThan(39);
  });

  it('says so where even the first rate is too high', async () => {
    const run = await impasto(folder, [...find, '--optimizer', 'sgd', '--from', '1e3', '--to', '1e6', '-o', 'no.svg']);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toContain(
      'impasto: the first rate, 1000, is too high already, no step lowered the loss; lower --from\n',
    );
    expect(existsSync(path('no.svg'))).toBe(false);
  });

  it('refuses rates that do not grow, and plots of another kind', async () => {
    const shrinking = await impasto(folder, [...find, '--from', '1', '--to', '0.1']);
    expect(shrinking).toMatchObject({ status: 2, stdout: '' });
    expect(shrinking.stderr).toBe('impasto: --from is 1 and --to is 0.1; expected a range of rates that grow\n');
    const gif = await impasto(folder, [...find, '-o', 'rates.gif']);
    expect(gif.status).toBe(2);
    expect(gif.stderr).toContain("rates.gif: expected a plot's name that ends in .svg or .png, got .gif");
  });
});
