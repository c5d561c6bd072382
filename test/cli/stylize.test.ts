/** `impasto stylize` end to end: the real program, tiny pictures. */

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { impasto, start, texture, workFolder, writePng } from './program.ts';

const { folder, path } = workFolder();

beforeAll(async () => {
  await writePng(path('content.png'), 48, 32);
  await writePng(path('style.png'), 40, 40, 1);
});

const small = ['--preset', 'gatys', '--size', '32', '--iterations', '3'];

async function sizeOf(name: string) {
  const { width, height, channels } = await sharp(await sharp(path(name)).toBuffer()).metadata();
  return { width, height, channels };
}

describe('stylize', () => {
  it('writes the picture, snapshots and the trace, and says so in one line', async () => {
    const run = await impasto(folder, [
      ...['stylize', 'content.png', 'style.png', ...small, '--iterations', '5'],
      ...['--save-every', '2', '--trace', 'trace.json'],
    ]);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/^out\/content-style\.png {2}32x21, 5 evaluations, \d+\.\d s\n$/);
    expect(run.stderr).toMatch(/^adapter .*, \d+ MiB needed\ncontent content.png 48x32 at 32x21, style /);
    expect(run.stderr).toMatch(/5\/5 {2}total \S+ {2}content \S+ {2}style \S+/);
    expect((await readdir(path('out'))).sort()).toEqual([
      'content-style-0002.png',
      'content-style-0004.png',
      'content-style.png',
    ]);
    expect(await sizeOf('out/content-style.png')).toEqual({ width: 32, height: 21, channels: 3 });
    const trace: { evaluations: Record<string, number>[] } = JSON.parse(await readFile(path('trace.json'), 'utf8'));
    expect(trace.evaluations.map(({ evaluation }) => evaluation)).toEqual([1, 2, 3, 4, 5]);
    for (const { total, content, style, totalVariation } of trace.evaluations) {
      expect((content ?? 0) + (style ?? 0) + (totalVariation ?? 0)).toBeCloseTo(total ?? 0, 2);
    }
    expect(trace.evaluations[4]?.['total']).toBeLessThan(trace.evaluations[0]?.['total'] ?? 0);
  });

  it('measures the picture on the way and at the end for its trace, at each of its sizes', async () => {
    const run = await impasto(folder, [
      ...['stylize', 'content.png', 'style.png', '--size', '48', '--iterations', '3', '--scales', '2'],
      ...['--trace', 'measured.json', '--trace-measures', '4', '-o', 'measured.png'],
    ]);
    expect(run.status, run.stderr).toBe(0);
    const { evaluations, measures } = JSON.parse(await readFile(path('measured.json'), 'utf8'));
    const rows: readonly { evaluation: number; scale: number; lpips: number }[] = measures;
    const due = Array.from({ length: evaluations.length }, (_, i) => i + 1).filter((each) => each % 4 === 0);
    expect(rows.map(({ evaluation }) => evaluation)).toEqual([...new Set([...due, evaluations.length])]);
    expect(rows.map(({ scale }) => scale)).toEqual(rows.map(({ evaluation }) => evaluations[evaluation - 1].scale));
    expect(new Set(rows.map(({ scale }) => scale)).size).toBe(2);
    const pictures = ['--image', 'measured.png', '--content', 'content.png', '--style', 'style.png'];
    const compared = await impasto(folder, ['compare', ...pictures, '--json', 'compared.json']);
    expect(compared.status, compared.stderr).toBe(0);
    const { lpips } = JSON.parse(await readFile(path('compared.json'), 'utf8'));
    // The file has 8 bits a sample.
    expect(Math.abs(lpips - (rows.at(-1)?.lpips ?? Number.NaN))).toBeLessThan(2e-3);
  });

  it.each([
    [['--trace-measures', '3'], /--trace-measures adds to the trace, but there is none; add --trace FILE/],
    [
      [
        '--trace',
        'small.json',
        '--trace-measures',
        '1',
        '--size',
        '20',
        '--style-layers',
        'relu1_1',
        '--content-layers',
        'relu1_1',
      ],
      /20x13 pixels; .*at least 16/,
    ],
  ])('refuses %j', async (args, line) => {
    const run = await impasto(folder, ['stylize', 'content.png', 'style.png', '--size', '32', ...args]);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(line);
    expect(existsSync(path('small.json'))).toBe(false);
  });

  it('says that the loss exploded, what to lower, and ends with status 3 and the best picture', async () => {
    const rate = ['--optimizer', 'lbfgs', '--learning-rate', '1e30', '--iterations', '30'];
    const run = await impasto(folder, ['stylize', 'content.png', 'style.png', ...small, ...rate, '-o', 'burst.png']);
    expect(run.status, run.stderr).toBe(3);
    expect(run.stderr.match(/^the loss became \S+ at evaluation \d+: back to the best picture/gm)).toHaveLength(1);
    expect(run.stderr).toMatch(
      /^impasto: the loss exploded 3 times in a row: it was \S+ at evaluation \d+ and at last \S+ at evaluation \d+; lower the learning rate, which was halved to 2.5e\+29; the picture with the lowest loss is written$/m,
    );
    expect(await sizeOf('burst.png')).toMatchObject({ width: 32, height: 21 });
  });

  it('says so where a line search finds no finite loss at all', async () => {
    const search = [
      '--optimizer',
      'lbfgs',
      '--line-search',
      'strong-wolfe',
      '--learning-rate',
      '1e30',
      '--iterations',
      '4',
    ];
    const run = await impasto(folder, [
      'stylize',
      'content.png',
      'style.png',
      ...small,
      ...search,
      '-o',
      'stalled.png',
    ]);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stderr).toMatch(/total Infinity|total NaN/);
    expect(run.stderr).toMatch(
      /^impasto: the loss never changed, no step was possible; lower the weights or the learning rate$/m,
    );
  });

  it('mixes two styles of their own sizes', async () => {
    await writePng(path('second.png'), 30, 60, 2);
    const args = ['stylize', 'content.png', 'style.png', 'second.png', '--style-weights', '3,1', ...small];
    const run = await impasto(folder, args);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/^out\/content-style-second\.png {2}32x21, 3 evaluations/);
    expect(run.stderr).toContain('style style.png 40x40 at 32x32 (75 %), second.png 30x60 at 16x32 (25 %)\n');
  });

  it('takes pictures of extreme and opposite shapes at their own sizes', async () => {
    await writePng(path('wide.png'), 300, 20);
    await writePng(path('tall.png'), 20, 300, 1);
    const run = await impasto(folder, ['stylize', 'wide.png', 'tall.png', '--no-resize', '--iterations', '1']);
    expect(run.status, run.stderr).toBe(0);
    expect(await sizeOf('out/wide-tall.png')).toMatchObject({ width: 300, height: 20 });
  });

  it('carries the alpha of a 16-bit picture; takes a grey style and starts from noise', async () => {
    const wide = Uint16Array.from(texture(32, 32, 4), (value) => value * 257);
    const raw = { width: 32, height: 32, channels: 4 } as const;
    const rgba16 = sharp(wide, { raw }).toColourspace('rgb16').png();
    await writeFile(path('rgba16.png'), await rgba16.toBuffer());
    const grey = sharp(texture(36, 30, 1), { raw: { width: 36, height: 30, channels: 1 } });
    await writeFile(path('grey.png'), await grey.png().toBuffer());
    const run = await impasto(folder, [
      ...['stylize', 'rgba16.png', 'grey.png', '-o', 'alpha.png', ...small],
      ...['--init', 'noise', '--seed', '7', '--optimizer', 'adam', '--preset', 'lecture'],
    ]);
    expect(run.status, run.stderr).toBe(0);
    expect(await sizeOf('alpha.png')).toEqual({ width: 32, height: 32, channels: 4 });
    const alpha = await sharp(path('alpha.png')).extractChannel(3).raw().toBuffer();
    const expected = texture(32, 32, 4).filter((_, i) => i % 4 === 3);
    expect([...alpha]).toEqual([...expected]);
  });

  it('keeps the last good picture when a loss overflows with the preset that is not rescued, and names the term', async () => {
    const run = await impasto(folder, [
      ...['stylize', 'content.png', 'style.png', '-o', 'overflow.png', ...small],
      ...['--preset', 'lecture', '--learning-rate', '1e30', '--trace', 'overflow.json'],
    ]);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/^impasto: the \S+ \S+ loss became \S+ at evaluation 2; .*picture is written$/m);
    // One evaluation was good, at the picture that the run started from.
    expect(await sizeOf('overflow.png')).toEqual({ width: 32, height: 21, channels: 3 });
    expect((await sharp(path('overflow.png')).stats()).entropy).toBeGreaterThan(1);
    expect(JSON.parse(await readFile(path('overflow.json'), 'utf8'))).toMatchObject({
      evaluations: [{ evaluation: 1 }],
    });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    // The status that a shell calls 129.
    ['SIGHUP', 'SIGHUP'],
  ] as const)('at %s writes the picture so far and ends with status %s', async (signal, status) => {
    const output = `${signal}.png`;
    const run = start(folder, [
      ...['stylize', 'content.png', 'style.png', '-o', output, '--size', '32', '--iterations', '100000'],
      ...['--trace', `${signal}.json`],
    ]);
    await run.said(/1\/100000/);
    run.child.kill(signal);
    const { status: actual, stdout, stderr } = await run.finished;
    expect(actual, stderr).toBe(status);
    expect(stderr).toMatch(/interrupted after \d+ evaluations; the best picture is written/);
    expect(stdout).toContain(`${output}  32x21, `);
    expect(await sizeOf(output)).toMatchObject({ width: 32, height: 21 });
    const trace: { evaluations: unknown[] } = JSON.parse(await readFile(path(`${signal}.json`), 'utf8'));
    expect(trace.evaluations.length).toBeGreaterThan(0);
  });

  it('interrupted before the first evaluation leaves an older picture and trace alone', async () => {
    await writeFile(path('early.png'), 'older');
    await writeFile(path('early.json'), 'older');
    const run = start(folder, [
      ...['stylize', 'content.png', 'style.png', '-o', 'early.png', '--size', '32', '--iterations', '100000'],
      ...['--trace', 'early.json'],
    ]);
    await run.said(/^content content\.png /m);
    run.child.kill('SIGINT');
    const { status, stdout, stderr } = await run.finished;
    expect({ status, stdout }, stderr).toEqual({ status: 130, stdout: '' });
    expect(stderr).toContain('interrupted before the first evaluation; no picture is written\n');
    expect(await readFile(path('early.png'), 'utf8')).toBe('older');
    expect(await readFile(path('early.json'), 'utf8')).toBe('older');
  });

  it('refuses what the adapter cannot hold, with the size that it can', async () => {
    const env = { IMPASTO_DEVICE_MEMORY_MIB: '330' };
    const doctor = await impasto(folder, ['doctor', '--json'], env);
    const report: { adapter: { largestSquares: readonly { side?: number }[] } } = JSON.parse(doctor.stdout);
    const side = Math.max(...report.adapter.largestSquares.map((each) => each.side ?? 0));
    await writePng(path('large.png'), side + 1, side + 1);
    const args = ['stylize', 'large.png', 'large.png', '-o', 'large-out.png', '--no-resize'];
    const run = await impasto(folder, args, env);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(/^impasto: a content picture of [^\n]+\n$/);
    expect(run.stderr).toContain(`the largest size that fits is --size ${side}\n`);
    expect(existsSync(path('large-out.png'))).toBe(false);
  });

  it('without an adapter says what to install', async () => {
    await mkdir(path('nothing'), { recursive: true });
    const env = { VK_DRIVER_FILES: '/nonexistent', VK_ICD_FILENAMES: '/nonexistent' };
    const args = ['stylize', 'content.png', 'style.png', '-o', 'nothing/x.png', ...small];
    const run = await impasto(folder, args, env);
    expect(run).toMatchObject({ status: 1, stdout: '' });
    expect(run.stderr).toMatch(/^impasto: no WebGPU adapter was found; .*mesa-vulkan-drivers.*\n$/);
    expect(await readdir(path('nothing'))).toEqual([]);
  });
});
