/** The line search on functions of one variable: its conditions, its limits, values that are not finite. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type LinePoint, strongWolfe } from '../../src/optimizers/strong-wolfe.ts';

type Line = (t: number) => LinePoint;

/** Runs the search on a line and notes what it asked for. */
async function search(line: Line, firstStep: number, maxEvaluations?: number) {
  const asked: number[] = [];
  const kept: (readonly number[])[] = [];
  const result = await strongWolfe({
    start: line(0),
    firstStep,
    directionMax: 1,
    evaluate: async (t, keep) => {
      asked.push(t);
      kept.push(keep);
      return line(t);
    },
    ...(maxEvaluations === undefined ? {} : { maxEvaluations }),
  });
  return { ...result, asked, kept };
}

/** (t - 1)², scaled. */
const parabola: Line = (t) => ({ loss: 3 * (t - 1) ** 2, slope: 6 * (t - 1) });
/** Moré and Thuente (1994), equation 5.1 with β = 2: convex to t = 1.6, then concave; minimum at √2. */
const rational: Line = (t) => ({ loss: -t / (t * t + 2), slope: (t * t - 2) / (t * t + 2) ** 2 });
/** Many minima. */
const rippled: Line = (t) => ({ loss: -t + 0.2 * t * t + Math.cos(9 * t) / 9, slope: -1 + 0.4 * t - Math.sin(9 * t) });
/** Falls for ever. */
const falling: Line = (t) => ({ loss: -t, slope: -1 });

interface FixtureLine {
  readonly line: 'parabola' | 'rational' | 'rippled' | 'falling';
  readonly firstStep: number;
  readonly asked: readonly number[];
  readonly t: number;
}

const fixture: { readonly lines: readonly FixtureLine[] } = JSON.parse(
  readFileSync(new URL('../fixtures/optimizers/pytorch.json', import.meta.url), 'utf8'),
);

describe('strong Wolfe line search', () => {
  it.each(fixture.lines)('$line from $firstStep: asks for the step lengths that PyTorch does', async (testCase) => {
    const line = { parabola, rational, rippled, falling }[testCase.line];
    const { asked, t } = await search(line, testCase.firstStep);
    expect(asked).toHaveLength(testCase.asked.length);
    testCase.asked.forEach((expected, i) => {
      // Rounding of f64, of other orders of summation, is all that may differ.
      expect(Math.abs((asked[i] ?? Number.NaN) / expected - 1)).toBeLessThan(1e-9);
    });
    expect(Math.abs(t - testCase.t)).toBeLessThan(1e-9 * Math.abs(testCase.t));
  });

  it.each([
    ['parabola', parabola, [1e-3, 0.1, 0.9, 1, 1.5, 40, 1e4]],
    ['rational', rational, [1e-3, 0.1, 1, 10, 100]],
    ['rippled', rippled, [0.01, 0.3, 1, 2, 5, 30]],
  ] as const)('%s: both conditions hold wherever it starts', async (_name, line, firstSteps) => {
    for (const firstStep of firstSteps) {
      const found = await search(line, firstStep);
      const start = line(0);
      expect(found.isSatisfied, `first step ${firstStep}`).toBe(true);
      expect(found.loss).toBeLessThanOrEqual(start.loss + 1e-4 * found.t * start.slope);
      expect(Math.abs(found.slope)).toBeLessThanOrEqual(-0.9 * start.slope);
      expect(found.evaluations).toBe(found.asked.length);
      expect(found.isExhausted).toBe(false);
    }
  });

  it('takes a first step that satisfies the conditions with one evaluation', async () => {
    expect((await search(parabola, 0.7)).asked).toEqual([0.7]);
  });

  it('asks for 26 step lengths at most where the objective falls for ever, and takes the last', async () => {
    const found = await search(falling, 1e-30);
    expect(found.evaluations).toBe(26);
    expect(found.isExhausted).toBe(true);
    expect(found.t).toBe(found.asked.at(-1));
  });

  it.each([1, 2, 3, 4])(
    'spends no more than %i evaluations and returns the lowest end of its bracket',
    async (most) => {
      // The parabola from far off: the search halves and interpolates its way back.
      const found = await search(rippled, 400, most);
      expect(found.evaluations).toBeLessThanOrEqual(most);
      expect(found.loss).toBe(Math.min(rippled(0).loss, ...found.asked.map((t) => rippled(t).loss)));
    },
  );

  it('returns 0, a step length it kept, or the last one', async () => {
    for (const most of [1, 2, 3, 4, 5, 6, 26]) {
      for (const firstStep of [0.01, 0.3, 2, 30, 400]) {
        const found = await search(rippled, firstStep, most);
        const last = found.asked.length - 1;
        const held = new Set<number>([0]);
        found.asked.forEach((t, i) => {
          for (const old of held) if (old !== 0 && !found.kept[i]?.includes(old)) held.delete(old);
          for (const keep of found.kept[i] ?? []) expect(held.has(keep)).toBe(true);
          held.add(t);
        });
        expect(found.t === found.asked[last] || held.has(found.t)).toBe(true);
      }
    }
  });

  it.each([
    ['infinite', Number.POSITIVE_INFINITY],
    ['not a number', Number.NaN],
  ])('halves its way back from where the objective is %s', async (_name, broken) => {
    const line: Line = (t) => (t > 1.3 ? { loss: broken, slope: broken } : parabola(t));
    const found = await search(line, 20);
    expect(found.isSatisfied).toBe(true);
    expect(found.asked.slice(0, 5)).toEqual([20, 10, 5, 2.5, 1.25]);
  });

  it('stays where nothing is lower', async () => {
    // The slope promises a descent that does not come, as rounding makes it near a minimum.
    const found = await search((t) => ({ loss: t, slope: -1e-3 }), 1);
    expect(found.t).toBe(0);
    expect(found.isSatisfied).toBe(false);
  });
});
