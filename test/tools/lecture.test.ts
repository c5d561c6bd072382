/** The lecture's page: its sections as data, what is kept of a run, and one section made for real at a tiny size. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { parseLecture } from '../../tools/lecture/arguments.ts';
import { comparisons, countsOf } from '../../tools/lecture/factorisations.ts';
import { Figures, formatLoss } from '../../tools/lecture/figures.ts';
import { KeptRuns } from '../../tools/lecture/kept-runs.ts';
import { renderPage } from '../../tools/lecture/page.ts';
import { costOf, evaluationsOf } from '../../tools/lecture/progress.ts';
import { type Outcome, type Section, type Still, sectionIds } from '../../tools/lecture/section.ts';
import { blockPlot } from '../../tools/lecture/sections/inception.ts';
import { sectionsOf } from '../../tools/lecture/sections.ts';
import { workFolder } from '../cli/program.ts';

const { path } = workFolder();
const root = fileURLToPath(new URL('../..', import.meta.url));

const still: Still = { picture: Uint8Array.of(1, 2, 3), width: 4, height: 3 };
const pictures = { content: still, style: still, noise: still, filteredNoise: still };

/** As if every way had taken a millisecond. */
const factorisations = comparisons.map(({ ways }) =>
  ways.map(({ name, links }) => ({ name, ...countsOf(links), milliseconds: { count: 5, min: 1, median: 1, max: 1 } })),
);

function sections(args: readonly string[], hasBatchNorm = true): readonly Section[] {
  return sectionsOf({ effort: parseLecture(args).effort, hasBatchNorm, hasInception: true, factorisations, pictures });
}

/** What a page may not have: anything that a browser would fetch. */
function fetchedBy(html: string): readonly string[] {
  const attributes = /\b(?:src|srcset|data|poster|action|(?<!<a )href)\s*=\s*(?!["'](?:data:|#))/gi;
  return [...html.matchAll(attributes), ...html.matchAll(/url\s*\(|@import|<script|<link|<iframe|<object/gi)].map(
    String,
  );
}

describe('the section on Inception', () => {
  it('counts what factors save, as the lecture does: 49 multiplications against 14', () => {
    const square = countsOf([[8, 8, 7, 7]]);
    const factors = countsOf([
      [8, 8, 1, 7],
      [8, 8, 7, 1],
    ]);
    expect(square.multiplications / 64).toBe(49);
    expect(factors.multiplications / 64).toBe(14);
    expect(factors.field).toEqual(square.field);
    // 1,204,224 values of kernels against 286,720 in Mixed_6b.
    expect(comparisons[0]?.ways.map(({ links }) => countsOf(links).multiplications)).toEqual([1_204_224, 286_720]);
  });

  it('draws every convolution and pool of a block once, and a line for each map that is read', () => {
    const svg = blockPlot('Mixed_6b');
    // Ten convolutions, a pool, what goes in and what comes out.
    expect(svg.match(/<rect/g)).toHaveLength(13);
    expect(svg.match(/<line/g)).toHaveLength(15);
    expect(svg.match(/>1x7</g)).toHaveLength(3);
    expect(svg).toContain('Mixed_6a, 768 channels');
  });
});

describe('the sections', () => {
  it('are those that --only knows, in the lecture’s order', () => {
    expect(sections([]).map(({ id }) => id)).toEqual([...sectionIds]);
    expect(parseLecture(['--only', 'style, content']).sections).toEqual(['content', 'style']);
    expect(() => parseLecture(['--only', 'contents'])).toThrow(
      /--only names 'contents'; expected schedules, inception, content,/,
    );
  });

  it.each([[[]], [['--quick']]])(
    '%j: runs have names of their own, settings that make sense, and are told their work',
    (args) => {
      const runs = sections(args).flatMap((section) => section.runs);
      expect(new Set(runs.map(({ name }) => name)).size).toBe(runs.length);
      for (const run of runs) {
        expect(evaluationsOf(run)).toBeGreaterThanOrEqual(50);
        expect(costOf(run)).toBeGreaterThan(0);
      }
      expect(runs.length).toBeGreaterThan(25);
    },
  );

  it('make figures of what their runs gave, numbered through, each with a caption', () => {
    const losses = Array.from({ length: 5 }, (_, i) => {
      const total = 100 / (i + 1);
      return {
        total,
        content: total / 3,
        style: total / 2,
        learningRate: 10 ** -i,
        scale: i < 2 ? 16 : 32,
        seconds: i,
      };
    });
    const outcome: Outcome = { ...still, losses, end: 'complete' };
    const figures = new Figures();
    const bodies = sections([]).map((section) => section.render(() => outcome, figures));
    const html = bodies.join('\n');
    const numbers = [...html.matchAll(/<figcaption><span class="number">Figure (\d+)\.<\/span> (?=\S)/g)];
    expect(numbers.map(([, number]) => Number(number))).toEqual(numbers.map((_, index) => index + 1));
    expect(numbers.length).toBeGreaterThanOrEqual(12);
    expect(html).not.toMatch(/NaN|undefined|\[object/);
    expect(fetchedBy(html)).toEqual([]);
    const without = sections([], false)
      .at(-1)
      ?.render(() => outcome, new Figures());
    expect(without).toContain('npm run lecture -- --bn');
  });
});

describe('a kept run', () => {
  const [run, other] = sections([]).flatMap((section) => section.runs);
  const outcome: Outcome = { ...still, losses: [], end: 'complete' };
  const context = { version: '1', adapter: 'one', files: [Uint8Array.of(1)] };

  it('is found again by its specification, and not by another, for another adapter or another picture', async () => {
    if (run === undefined || other === undefined) throw new Error('there are runs');
    const kept = new KeptRuns(path('kept'), context);
    expect(await kept.read(run)).toBeUndefined();
    await kept.write(run, outcome);
    expect(await kept.read(run)).toMatchObject({ width: 4, height: 3, losses: [], end: 'complete' });
    expect([...((await kept.read(run))?.picture ?? [])]).toEqual([1, 2, 3]);
    expect(await kept.read(other)).toBeUndefined();
    expect(await kept.read({ ...run, size: run.size + 1 })).toBeUndefined();
    expect(await new KeptRuns(path('kept'), { ...context, adapter: 'two' }).read(run)).toBeUndefined();
    expect(await new KeptRuns(path('kept'), { ...context, files: [Uint8Array.of(2)] }).read(run)).toBeUndefined();
  });
});

describe('the page', () => {
  it.each(['<img src="http://x/y.png">', '<link href=x.css>', '<style>a{b:url(x)}</style>', '<script>1</script>'])(
    'would be caught with %s',
    (html) => {
      expect(fetchedBy(html).length).toBeGreaterThan(0);
    },
  );

  it('escapes titles, and says what is not made yet', () => {
    const html = renderPage({
      title: 'a < b',
      lead: '',
      colophon: '',
      sections: [
        { id: 'one', title: 'One & only', body: '<p>here</p>' },
        { id: 'two', title: 'Two', body: undefined },
      ],
    });
    expect(html).toContain('<h1>a &lt; b</h1>');
    expect(html).toContain('<h2>One &amp; only</h2>\n<p>here</p>');
    expect(html).toMatch(/<h2>Two<\/h2>\n<p class="pending">/);
    expect(fetchedBy(html)).toEqual([]);
  });

  it.each([
    [0, '0'],
    [0.012345, '0.0123'],
    [1234.5, '1230'],
    [1.066e9, '1.07e9'],
    [2.5e-7, '2.5e-7'],
  ])('writes the loss %s as %s', (value, text) => {
    expect(formatLoss(value)).toBe(text);
  });
});

describe('npm run lecture', () => {
  it('makes one section as a page that needs nothing else, and finds its runs again', async () => {
    await writePicture('cat.png', 48, 36, 0);
    await writePicture('wave.png', 40, 40, 3);
    const args = ['--only', 'content', '--size', '32', '--evaluations', '2', '-o', path('page.html')];
    const first = await lecture([...args, '--content', path('cat.png'), '--style', path('wave.png')]);
    expect(first.status, first.stderr).toBe(0);
    expect(first.stdout).toMatch(/page\.html {2}\d+:\d\d\n$/);
    expect(first.stderr).toMatch(/\[5\/5\] content from relu5_3/);
    const html = await readFile(path('page.html'), 'utf8');
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html.trimEnd().endsWith('</html>')).toBe(true);
    expect(fetchedBy(html)).toEqual([]);
    const sources = [...html.matchAll(/<img src="data:image\/webp;base64,([^"]+)"/g)].map(([, text = '']) => text);
    expect(sources).toHaveLength(6);
    for (const source of sources) {
      expect(await sharp(Buffer.from(source, 'base64')).metadata()).toMatchObject({ width: 32, height: 24 });
    }
    expect((await readdir(path('page-runs'))).length).toBe(10);

    const again = await lecture([...args, '--content', path('cat.png'), '--style', path('wave.png')]);
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr.match(/kept from before/g)).toHaveLength(5);
  });

  it.each([
    [['--only', 'nothing'], /^lecture: --only names 'nothing'; expected schedules/],
    [['--content', 'missing.png'], /^lecture: missing\.png: .*does not exist/],
    [['--bn', 'missing.safetensors'], /^lecture: missing\.safetensors: /],
  ])('refuses %j in one sentence', async (args, line) => {
    const run = await lecture(['-o', path('refused.html'), '--only', 'content', ...args]);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(line);
    expect(existsSync(path('refused.html'))).toBe(false);
  });
});

async function writePicture(name: string, width: number, height: number, seed: number): Promise<void> {
  const samples = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => 128 + 100 * Math.sin((i * (seed + 1)) / 17),
  );
  await writeFile(
    path(name),
    await sharp(samples, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
}

function lecture(args: readonly string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), 'tools/lecture.ts', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status, stdout, stderr: stderr.replace(/^Warning: .*\n/gm, '') }));
  });
}
