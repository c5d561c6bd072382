/** Plots as SVG: where lines and ticks come to stand, what is left out, and that sharp can draw them. */

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { formatNumber, makeAxis } from '../../src/plots/axis.ts';
import { type LinePlotOptions, linePlot } from '../../src/plots/line-plot.ts';
import { schedulePlot } from '../../src/plots/schedule-plot.ts';
import { scheduledSteps } from '../../src/settings/phase.ts';
import { recipes } from '../../src/settings/recipes.ts';

const plot: LinePlotOptions = {
  title: 'A < B & "C"',
  x: { label: 'evaluations', kind: 'linear' },
  y: { label: 'loss', kind: 'log' },
  series: [
    {
      name: 'Adam',
      points: [
        [0, 1],
        [50, 10],
        [100, 100],
      ],
    },
    {
      name: 'SGD <momentum>',
      points: [
        [0, 100],
        [50, Number.NaN],
        [100, 1],
      ],
    },
  ],
};

/** The paths that are curves: they have a colour. */
function curvesOf(svg: string): readonly string[] {
  return [...svg.matchAll(/<path d="([^"]*)" stroke="#/g)].map(([, d = '']) => d);
}

describe('makeAxis', () => {
  it('linear: values to pixels, ticks at round numbers', () => {
    const axis = makeAxis({ label: '', kind: 'linear' }, [0, 100], { range: [0, 400], round: false });
    expect([0, 50, 100].map(axis.position)).toEqual([0, 200, 400]);
    expect(axis.ticks.map(({ label }) => label)).toEqual(['0', '20', '40', '60', '80', '100']);
    expect(axis.position(Number.NaN)).toBeUndefined();
  });

  it('logarithmic: powers of ten, and no place for what is not above 0', () => {
    const axis = makeAxis({ label: '', kind: 'log' }, [1e-5, 0, -3, 10], { range: [0, 600], round: false });
    expect(axis.position(1e-5)).toBeCloseTo(0, 9);
    expect(axis.position(1e-2)).toBeCloseTo(300, 9);
    expect(axis.ticks.map(({ label }) => label)).toEqual(['10⁻⁵', '10⁻⁴', '10⁻³', '10⁻²', '10⁻¹', '1', '10']);
    expect([axis.position(0), axis.position(-1)]).toEqual([undefined, undefined]);
  });

  it('holds what it is told to, and stands without values or with one', () => {
    const range = { range: [100, 0], round: true } as const;
    expect(makeAxis({ label: '', kind: 'linear', holds: [0] }, [5, 10], range).position(0)).toBe(100);
    for (const kind of ['linear', 'log'] as const) {
      expect(makeAxis({ label: '', kind }, [], range).ticks.length).toBeGreaterThan(1);
      expect(makeAxis({ label: '', kind }, [3], range).position(3)).toBeGreaterThan(0);
    }
  });
});

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [0.25, '0.25'],
    [0.30000000000000004, '0.3'],
    [-1500, '-1500'],
    [1e5, '10⁵'],
    [2e-5, '2·10⁻⁵'],
    [1.25e12, '1.25·10¹²'],
  ])('%s is %s', (value, label) => {
    expect(formatNumber(value)).toBe(label);
  });
});

describe('linePlot', () => {
  const svg = linePlot(plot);

  it('draws a curve a series, with gaps where there is no place', () => {
    const [rising = '', broken = ''] = curvesOf(svg).slice(-2);
    expect(rising.match(/M/g)).toHaveLength(1);
    expect(broken.match(/M/g)).toHaveLength(2);
    const [, middle = 0, end = 0] = [...rising.matchAll(/[ML][\d.]+,([\d.]+)/g)].map(([, y]) => Number(y));
    // From 1 to 10 is as far as from 10 to 100.
    const start = Number(/M[\d.]+,([\d.]+)/.exec(rising)?.[1]);
    expect(start - middle).toBeCloseTo(middle - end, 0);
  });

  it('names the series in a legend, but not a single one, and escapes what it is given', () => {
    expect(svg).toContain('>SGD &lt;momentum&gt;</text>');
    expect(svg).toContain('<title>A &lt; B &amp; &quot;C&quot;</title>');
    expect(linePlot({ ...plot, series: plot.series.slice(0, 1) })).not.toContain('>Adam<');
  });

  it('says where a mark is, and stays inside at the right', () => {
    const marked = linePlot({ ...plot, marks: [{ point: [100, 10], label: 'best rate' }] });
    expect(marked).toMatch(/text-anchor="end">best rate<\/text>/);
  });

  it('can be drawn, at its size', async () => {
    const drawn = sharp(Buffer.from(linePlot({ ...plot, width: 500, height: 300, background: '#ffffff' })));
    const { info, data } = await drawn.raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([500, 300]);
    expect(new Set(data).size).toBeGreaterThan(20);
  });
});

describe('schedulePlot', () => {
  const basis = { steps: 100, optimizer: 'adam', learningRate: 0.1 } as const;
  const bordersOf = (svg: string) => /<g [^>]*stroke-dasharray="3 3">(.*?)<\/g>/.exec(svg)?.[1]?.match(/<path/g) ?? [];

  it('one cycle: rate and momentum, a border between each two of its three phases', () => {
    const svg = schedulePlot({ title: 'one cycle', steps: scheduledSteps(recipes['one-cycle'](basis)) });
    expect(svg).toContain('>learning rate<');
    expect(svg).toContain('>momentum<');
    expect(curvesOf(svg)).toHaveLength(2);
    expect(bordersOf(svg)).toHaveLength(2);
  });

  it('constant: the rate alone, no border', () => {
    const svg = schedulePlot({ title: 'constant', steps: scheduledSteps(recipes.constant(basis)) });
    expect(svg).not.toContain('>momentum<');
    expect(bordersOf(svg)).toHaveLength(0);
  });
});
