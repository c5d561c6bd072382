/** L-BFGS with the strong Wolfe line search on the device, against the f64 reference and by its promises. */

import { describe, expect, it, vi } from 'vitest';
import { NonFiniteLossError } from '../../src/core/errors.ts';
import { Lbfgs } from '../../src/optimizers/lbfgs.ts';
import { addScaled, type HostObjective, norm1, referenceLbfgs, type Vector } from '../reference/lbfgs.ts';
import { beale, cosine, type FunctionName, himmelblau, quadratic, rosenbrock } from './functions.ts';
import { allocatedAs, relativeDistance, runThroughEvaluator, TestObjective, useOptimizerGpu } from './support.ts';

const gpu = useOptimizerGpu();
const condition = 1e3;

interface SearchCase {
  readonly objective: FunctionName;
  readonly reference: HostObjective;
  readonly start: Vector;
  readonly history: number;
  readonly learningRate: number;
  readonly evaluations: number;
  /** Largest relative difference of a value from the reference's at the same evaluation. */
  readonly tolerance: number;
}

const valley = [-1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1];

// f32 parts from f64 by 1e-6 at first and by ten times more every dozen evaluations or so.
const searchCases: readonly SearchCase[] = [
  {
    objective: 'rosenbrock',
    reference: rosenbrock,
    start: valley,
    history: 10,
    learningRate: 1,
    evaluations: 20,
    tolerance: 1e-5,
  },
  {
    objective: 'rosenbrock',
    reference: rosenbrock,
    start: valley,
    history: 2,
    learningRate: 0.5,
    evaluations: 20,
    tolerance: 1e-5,
  },
  {
    objective: 'quadratic',
    reference: quadratic(condition),
    start: valley.map(() => 0),
    history: 5,
    learningRate: 1,
    evaluations: 20,
    tolerance: 1e-4,
  },
  {
    objective: 'himmelblau',
    reference: himmelblau,
    start: [0, 0],
    history: 3,
    learningRate: 20,
    evaluations: 10,
    tolerance: 1e-4,
  },
  {
    objective: 'beale',
    reference: beale,
    start: [1, 1],
    history: 3,
    learningRate: 1,
    evaluations: 10,
    tolerance: 1e-4,
  },
  {
    objective: 'cosine',
    reference: cosine,
    start: [2.6, 2.9, 3.1],
    history: 4,
    learningRate: 1,
    evaluations: 6,
    tolerance: 1e-4,
  },
];

describe('L-BFGS with strong Wolfe: the same evaluations as the reference', () => {
  it.each(searchCases)('$objective, m = $history, rate $learningRate', async (testCase) => {
    const { reference, start, history, learningRate, evaluations } = testCase;
    const lineSearch = 'strong-wolfe';
    const expected = await referenceLbfgs(reference, start, { history, learningRate, lineSearch, evaluations });
    using objective = new TestObjective(gpu(), testCase.objective, { start, condition });
    using lbfgs = await Lbfgs.create(gpu(), objective, { history, learningRate, lineSearch });
    await objective.run(lbfgs, evaluations);
    expect(objective.losses).toHaveLength(evaluations);
    const differences = objective.losses.map((loss, i) => Math.abs(loss / (expected.losses[i] ?? Number.NaN) - 1));
    expect(Math.max(...differences)).toBeLessThan(testCase.tolerance);
  });
});

describe('L-BFGS with strong Wolfe: finds known minima', () => {
  it.each<[FunctionName, Vector, readonly Vector[]]>([
    ['himmelblau', [0, 0], [[3, 2]]],
    ['beale', [1, 1], [[3, 0.5]]],
    ['rosenbrock', [-1.2, 1], [[1, 1]]],
    ['quadratic', [0, 0, 0, 0, 0, 0], [[1, 2, 3, 4, 5, 6].map(Math.sin)]],
  ])('%s from %j, and stops there by itself', async (name, start, minima) => {
    using objective = new TestObjective(gpu(), name, { start, condition });
    using lbfgs = await Lbfgs.create(gpu(), objective, { lineSearch: 'strong-wolfe', tolerances: {} });
    expect(await objective.run(lbfgs, 150)).toBeDefined();
    const found = await objective.readVariable();
    // f32 knows a minimum to about the root of 6e-8.
    expect(Math.min(...minima.map((minimum) => relativeDistance(found, minimum)))).toBeLessThan(1e-3);
  });
});

describe('L-BFGS with strong Wolfe', () => {
  const lineSearch = 'strong-wolfe';

  it('leaves the gradient of the point it accepts, wherever the budget cuts a search', async () => {
    for (let evaluations = 1; evaluations <= 14; evaluations++) {
      using objective = new TestObjective(gpu(), 'himmelblau', { start: [0, 0] });
      using lbfgs = await Lbfgs.create(gpu(), objective, { lineSearch, learningRate: 20 });
      await objective.run(lbfgs, evaluations);
      expect(objective.evaluations).toBe(evaluations);
      const expected = himmelblau(await objective.readVariable()).gradient;
      // f32 against f64 at the same point; the gradient's terms are ten times larger than it is.
      expect(relativeDistance(await objective.readGradient(), expected)).toBeLessThan(1e-4);
    }
  });

  it('goes on after a cut without evaluating a point again', async () => {
    const whole = await trace([40]);
    const cut = await trace([1, 39]);
    expect(cut).toEqual(whole);
  });

  async function trace(budgets: readonly number[]): Promise<readonly number[]> {
    using objective = new TestObjective(gpu(), 'rosenbrock', { start: valley });
    using lbfgs = await Lbfgs.create(gpu(), objective, { lineSearch });
    for (const budget of budgets) await objective.run(lbfgs, budget);
    return objective.losses;
  }

  it('evaluates no point twice', async () => {
    const losses = await trace([60]);
    expect(new Set(losses).size).toBe(60);
  });

  it('never accepts a higher value', async () => {
    using objective = new TestObjective(gpu(), 'rosenbrock', { start: valley });
    using lbfgs = await Lbfgs.create(gpu(), objective, { lineSearch, history: 4 });
    let loss = Number.POSITIVE_INFINITY;
    objective.remaining = 60;
    for (let step = 0; step < 20; step++) {
      await lbfgs.step(objective);
      const now = rosenbrock(await objective.readVariable()).loss;
      expect(now).toBeLessThan(loss);
      loss = now;
    }
  });

  it('leaves x alone where the objective is not a number', async () => {
    const start = [0.5, -0.25, 0.75];
    using objective = new TestObjective(gpu(), 'broken', { start, breakAbove: -10 });
    using lbfgs = await Lbfgs.create(gpu(), objective, { lineSearch });
    await objective.run(lbfgs, 3);
    expect(await objective.readVariable()).toEqual(start);
  });

  it('searches back from where the objective is not a number', async () => {
    // x[0] grows towards sin 1 = 0.84, and a first step of 100 / ‖g‖₁ goes far beyond.
    using objective = new TestObjective(gpu(), 'broken', { start: [0, 0, 0], breakAbove: 0.9, condition: 3 });
    using lbfgs = await Lbfgs.create(gpu(), objective, { lineSearch, learningRate: 100 });
    await objective.run(lbfgs, 30);
    expect(objective.losses.some(Number.isNaN)).toBe(true);
    expect(relativeDistance(await objective.readVariable(), [1, 2, 3].map(Math.sin))).toBeLessThan(1e-3);
  });

  it('stops at a stationary point', async () => {
    using objective = new TestObjective(gpu(), 'cosine', { start: [0, 0] });
    using lbfgs = await Lbfgs.create(gpu(), objective, { lineSearch });
    expect(await objective.run(lbfgs, 5)).toBe('gradient-tolerance');
    expect(objective.evaluations).toBe(1);
  });
});

describe('L-BFGS with strong Wolfe in a run', () => {
  const lineSearch = 'strong-wolfe';

  it('searches back from a trial that is not a number, and reports it as one', async () => {
    using objective = new TestObjective(gpu(), 'broken', { start: [0, 0, 0], breakAbove: 0.9, condition: 3 });
    using lbfgs = await Lbfgs.create(gpu(), objective, { lineSearch, learningRate: 100 });
    const { reports } = await runThroughEvaluator(gpu(), objective, lbfgs, 30);
    const lost = reports.filter(({ total }) => !Number.isFinite(total));
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.every(({ isTrial }) => isTrial)).toBe(true);
    expect(relativeDistance(await objective.readVariable(), [1, 2, 3].map(Math.sin))).toBeLessThan(1e-3);
  });

  it('ends where the point it starts from is not a number', async () => {
    using objective = new TestObjective(gpu(), 'broken', { start: [0.5, 0.5], breakAbove: -10 });
    using lbfgs = await Lbfgs.create(gpu(), objective, { lineSearch });
    await expect(runThroughEvaluator(gpu(), objective, lbfgs, 5)).rejects.toThrow(NonFiniteLossError);
  });

  it.each([1, 0.25])('tries a first step again where it falls back to -g: rate %d', async (learningRate) => {
    using objective = new TestObjective(gpu(), 'rosenbrock', { start: valley });
    const allocate = vi.spyOn(gpu().buffers, 'allocate');
    using lbfgs = await Lbfgs.create(gpu(), objective, { lineSearch, learningRate });
    const matrix = allocatedAs(allocate, 'lbfgs product matrix');
    await runThroughEvaluator(gpu(), objective, lbfgs, 4);
    gpu().device.queue.writeBuffer(matrix.buffer, 0, new Float32Array(matrix.sizeBytes / 4).fill(Number.NaN));
    const x = await objective.readVariable();
    const gradient = await objective.readGradient();
    const { reports } = await runThroughEvaluator(gpu(), objective, lbfgs, 1);
    const t = learningRate / norm1(gradient);
    expect(t).toBeLessThan(0.1 * learningRate);
    expect((reports[0]?.total ?? Number.NaN) / rosenbrock(addScaled(x, -t, gradient)).loss).toBeCloseTo(1, 4);
  });

  it('tries a first step again where the first search was cut before it had moved', async () => {
    using objective = new TestObjective(gpu(), 'rosenbrock', { start: valley });
    using lbfgs = await Lbfgs.create(gpu(), objective, { lineSearch, learningRate: 1e4 });
    const { loss, gradient } = rosenbrock(valley);
    const cut = await runThroughEvaluator(gpu(), objective, lbfgs, 2);
    expect(cut.reports[1]?.total).toBeGreaterThan(loss);
    expect(await objective.readVariable()).toEqual(valley.map(Math.fround));
    lbfgs.set({ learningRate: 1 });
    const { reports } = await runThroughEvaluator(gpu(), objective, lbfgs, 1);
    const expected = rosenbrock(addScaled(valley, -1 / norm1(gradient), gradient)).loss;
    expect((reports[0]?.total ?? Number.NaN) / expected).toBeCloseTo(1, 4);
  });
});
