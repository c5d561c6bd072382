/** The f64 references against the textbook's matrix formula and against PyTorch. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { referenceFirstOrder } from '../reference/first-order.ts';
import {
  dot,
  type HostObjective,
  type Pair,
  PairMemory,
  referenceLbfgs,
  twoLoopDirection,
  type Vector,
} from '../reference/lbfgs.ts';
import { quadratic, rosenbrock } from './functions.ts';

interface FixtureCase {
  readonly objective: 'rosenbrock' | 'quadratic';
  readonly optimizer: 'lbfgs' | 'adam';
  readonly lineSearch: 'none' | 'strong-wolfe';
  readonly learningRate: number;
  readonly history: number;
  readonly losses: readonly number[];
  readonly last: readonly number[];
}

const fixture: { readonly cases: readonly FixtureCase[] } = JSON.parse(
  readFileSync(new URL('../fixtures/optimizers/pytorch.json', import.meta.url), 'utf8'),
);

const functions: Readonly<Record<FixtureCase['objective'], { objective: HostObjective; start: Vector }>> = {
  rosenbrock: { objective: rosenbrock, start: [-1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1] },
  quadratic: { objective: quadratic(1e3), start: Array.from({ length: 20 }, () => 0) },
};

/** Largest relative differences. Measured: 5e-14 within 12 evaluations, 7e-8 (fixed step, curved valley) within 50. */
const agreement = { early: 12, earlyTolerance: 1e-12, lateTolerance: 1e-6 };

describe('f64 references against PyTorch', () => {
  it.each(fixture.cases)('$objective, $optimizer, line search $lineSearch, rate $learningRate', async (testCase) => {
    const { objective, start } = functions[testCase.objective];
    const { learningRate, history, lineSearch } = testCase;
    const evaluations = testCase.losses.length;
    const trace =
      testCase.optimizer === 'adam'
        ? referenceFirstOrder('adam', objective, start, { values: { learningRate }, evaluations })
        : await referenceLbfgs(objective, start, { learningRate, history, lineSearch, evaluations });
    const differences = testCase.losses.map((loss, i) => Math.abs((trace.losses[i] ?? Number.NaN) / loss - 1));
    expect(Math.max(...differences.slice(0, agreement.early))).toBeLessThan(agreement.earlyTolerance);
    expect(Math.max(...differences)).toBeLessThan(agreement.lateTolerance);
    expect(trace.losses).toHaveLength(evaluations);
    testCase.last.forEach((value, i) => {
      expect(trace.last[i]).toBeCloseTo(value, 4);
    });
  });
});

describe('two-loop recursion', () => {
  it.each([1, 2, 3, 7])('equals the product formula of the inverse Hessian with %i pairs', (count) => {
    const size = 5;
    const pairs = Array.from({ length: count }, (_, k) => convexPair(size, k));
    const gradient = wave(size, 91);
    const expected = minusProduct(inverseHessian(pairs, 0.7, size), gradient);
    const direction = twoLoopDirection(gradient, pairs, 0.7);
    // f64 rounding of some hundred operations on numbers near 1.
    direction.forEach((value, i) => {
      expect(Math.abs(value - (expected[i] ?? Number.NaN))).toBeLessThan(1e-12);
    });
  });

  it('keeps the last pairs only, and none without positive curvature', () => {
    const memory = new PairMemory(2);
    memory.direction([1, 0]);
    memory.direction([2, 0], [1, 0]);
    memory.direction([1, 0], [1, 0]);
    expect(memory.pairs).toHaveLength(1);
    memory.direction([3, 0], [1, 0]);
    memory.direction([7, 0], [1, 0]);
    expect(memory.pairs.map(({ y }) => y[0])).toEqual([2, 4]);
    expect(memory.gamma).toBe(0.25);
  });
});

const wave = (size: number, seed: number): number[] =>
  Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + 3.1 * seed + 0.3));

/** y = A s with a positive definite A, so that s·y > 0. */
function convexPair(size: number, seed: number): Pair {
  const s = wave(size, seed);
  const slope = 0.3 * s.reduce((sum, value) => sum + value, 0);
  return { s, y: s.map((value, i) => (1 + i) * value + slope) };
}

/** H' = (I - ρ s yᵀ) H (I - ρ y sᵀ) + ρ s sᵀ for each pair. Nocedal and Wright (2006), equation 6.17. */
function inverseHessian(pairs: readonly Pair[], gamma: number, size: number): readonly Vector[] {
  const identity = (scale: number): number[][] =>
    Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i === j ? scale : 0)));
  let h = identity(gamma);
  for (const { s, y } of pairs) {
    const rho = 1 / dot(s, y);
    const left = identity(1).map((row, i) => row.map((value, j) => value - rho * at(s, i) * at(y, j)));
    const right = transpose(left);
    h = multiply(multiply(left, h), right).map((row, i) => row.map((value, j) => value + rho * at(s, i) * at(s, j)));
  }
  return h;
}

const at = (values: Vector, i: number): number => values[i] ?? Number.NaN;
const transpose = (a: readonly Vector[]): number[][] => a.map((_, i) => a.map((row) => at(row, i)));
const multiply = (a: readonly Vector[], b: readonly Vector[]): number[][] => {
  const columns = transpose(b);
  return a.map((row) => columns.map((column) => dot(row, column)));
};
const minusProduct = (a: readonly Vector[], b: Vector): number[] => a.map((row) => -dot(row, b));
