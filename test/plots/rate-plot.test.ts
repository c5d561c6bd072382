/** The finder's plot: its curve, and the rate it points at. */

import { describe, expect, it } from 'vitest';
import { ratePlot } from '../../src/plots/rate-plot.ts';

const points = [
  { learningRate: 1e-3, loss: 90 },
  { learningRate: 1e-2, loss: 40 },
  { learningRate: 1e-1, loss: 20 },
  { learningRate: 1, loss: 200 },
];

describe('ratePlot', () => {
  it('has the rates on a logarithmic axis, evenly spread', () => {
    const [, d = ''] = /<path d="([^"]*)" stroke="#/.exec(ratePlot({ title: 'rates', points })) ?? [];
    const xs = [...d.matchAll(/[ML]([\d.]+),/g)].map(([, x]) => Number(x));
    expect(xs).toHaveLength(4);
    const gaps = xs.slice(1).map((x, i) => x - (xs[i] ?? Number.NaN));
    for (const gap of gaps) expect(gap).toBeCloseTo(gaps[0] ?? Number.NaN, 0);
  });

  it('points at the rate with the lowest loss', () => {
    const svg = ratePlot({ title: 'rates', points });
    expect(svg).toContain('learning rate; the loss is lowest after 0.1');
    expect(svg).toMatch(/stroke-dasharray/);
  });

  it('is a plot even of nothing', () => {
    expect(ratePlot({ title: 'rates', points: [] })).toMatch(/^<svg .*>learning rate<.*<\/svg>$/s);
  });
});
