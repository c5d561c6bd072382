/** L-BFGS with a fixed step on the device: every step against the two-loop recursion in f64, then its promises. */

import { describe, expect, it, vi } from 'vitest';
import type { Gpu } from '../../src/core/gpu.ts';
import { Lbfgs, type LbfgsOptions, lbfgsBytes } from '../../src/optimizers/lbfgs.ts';
import { addScaled, norm1, PairMemory, type Vector } from '../reference/lbfgs.ts';
import type { FunctionName } from './functions.ts';
import { allocatedAs, relativeDistance, TestObjective, type TestObjectiveOptions, useOptimizerGpu } from './support.ts';

const gpu = useOptimizerGpu();

interface StepCase {
  readonly name: string;
  readonly objective: FunctionName;
  readonly options: TestObjectiveOptions;
  readonly lbfgs: LbfgsOptions & { readonly history: number };
  readonly steps: number;
  /** Relative distance of a step, ‖Δ‖ / ‖s‖. */
  readonly tolerance: number;
  readonly rejects?: boolean;
}

const filled = (size: number, value: number): number[] => Array.from({ length: size }, () => value);
const spread = (size: number, from: number, to: number): number[] =>
  Array.from({ length: size }, (_, i) => from + ((to - from) * i) / Math.max(size - 1, 1));

// f32 carries 6e-8. Measured: up to 1e-6 here, and 2e-5 for 50 pairs of a quadratic with condition 1e4, whose products
// are differences of much larger numbers.
const mild = 5e-6;
const hard = 2e-4;

const stepCases: readonly StepCase[] = [
  {
    name: 'm = 1',
    objective: 'quadratic',
    options: { start: filled(37, 0), condition: 30 },
    lbfgs: { history: 1 },
    steps: 8,
    tolerance: mild,
  },
  {
    name: 'm = 2, every ring position twice',
    objective: 'quadratic',
    options: { start: filled(37, 0), condition: 30 },
    lbfgs: { history: 2 },
    steps: 8,
    tolerance: mild,
  },
  {
    name: 'm = 5, n = 1030, every ring position twice',
    objective: 'quadratic',
    options: { start: filled(1030, 0), condition: 30 },
    lbfgs: { history: 5 },
    steps: 14,
    tolerance: mild,
  },
  {
    name: 'm = 3, n = 20011, many columns and workgroups',
    objective: 'quadratic',
    options: { start: filled(20_011, 0), condition: 30 },
    lbfgs: { history: 3 },
    steps: 6,
    tolerance: mild,
  },
  {
    name: 'm = 7 in four buffers of two pairs',
    objective: 'quadratic',
    options: { start: filled(61, 0), condition: 30 },
    // A pair of 61 values takes 2 · 80 floats.
    lbfgs: { history: 7, maxBufferBytes: 2 * 640 },
    steps: 18,
    tolerance: hard,
  },
  {
    name: 'm = 100, more than iterations',
    objective: 'quadratic',
    options: { start: filled(203, 0), condition: 1000 },
    lbfgs: { history: 100 },
    steps: 15,
    tolerance: hard,
  },
  {
    name: 'n = 1',
    objective: 'cosine',
    options: { start: [1.2] },
    lbfgs: { history: 3, learningRate: 0.5 },
    steps: 6,
    tolerance: mild,
  },
  {
    name: 'condition 1e4',
    objective: 'quadratic',
    options: { start: filled(50, 0), condition: 1e4 },
    lbfgs: { history: 10, learningRate: 0.5 },
    steps: 20,
    tolerance: hard,
  },
  {
    name: 'm = 50, full, condition 1e4',
    objective: 'quadratic',
    options: { start: filled(300, 0), condition: 1e4 },
    lbfgs: { history: 50 },
    steps: 75,
    tolerance: hard,
  },
  {
    name: 'm = 20, full, a curved valley of 100 dimensions',
    objective: 'rosenbrock',
    options: { start: spread(100, -1.2, 1) },
    lbfgs: { history: 20, learningRate: 0.5 },
    steps: 50,
    tolerance: hard,
  },
  {
    name: 'negative curvature, pairs left out',
    objective: 'cosine',
    options: { start: spread(33, 2.6, 3) },
    lbfgs: { history: 4, learningRate: 0.9 },
    steps: 12,
    tolerance: mild,
    rejects: true,
  },
];

/**
 * Lets the device choose each point and the reference follow: it gets the device's gradient and must arrive at the same
 * step. Returns the largest relative distance of a step and how many pairs were kept.
 */
async function followSteps(device: Gpu, testCase: StepCase) {
  using objective = new TestObjective(device, testCase.objective, testCase.options);
  const allocate = vi.spyOn(device.buffers, 'allocate');
  using lbfgs = await Lbfgs.create(device, objective, testCase.lbfgs);
  const candidate = allocatedAs(allocate, 'lbfgs candidate');
  const rate = testCase.lbfgs.learningRate ?? 1;
  const memory = new PairMemory(testCase.lbfgs.history);
  let s: Vector | undefined;
  let worst = 0;
  let kept = 0;
  let x = await objective.readVariable();
  for (let step = 0; step < testCase.steps; step++) {
    await objective.run(lbfgs, 1);
    const gradient = await objective.readGradient();
    const t = (memory.isFresh ? Math.min(1, 1 / norm1(gradient)) : 1) * rate;
    const before = memory.pairs.at(-1);
    s = memory.direction(gradient, s).map((value) => t * value);
    if (memory.pairs.at(-1) !== before) kept += 1;
    worst = Math.max(worst, relativeDistance([...(await device.read(candidate))], s));
    const moved = await objective.readVariable();
    const expected = addScaled(x, 1, [...(await device.read(candidate))]).map(Math.fround);
    expect(moved).toEqual(expected);
    x = moved;
  }
  return { worst, kept };
}

describe('L-BFGS, fixed step: each step equals the two-loop recursion', () => {
  it.each(stepCases)('$name', async (testCase) => {
    const { worst, kept } = await followSteps(gpu(), testCase);
    expect(worst).toBeLessThan(testCase.tolerance);
    if (testCase.rejects === true) {
      expect(kept).toBeGreaterThan(0);
      expect(kept).toBeLessThan(testCase.steps - 1);
    } else {
      expect(kept).toBe(testCase.steps - 1);
    }
  });
});

describe('L-BFGS, fixed step: finds known minima', () => {
  // f32 stalls where the loss no longer changes: near a minimum x is known to about the root of 6e-8 times its size.
  it.each<[FunctionName, Vector, Vector, number, number]>([
    ['himmelblau', [1, 1], [3, 2], 1, 30],
    ['beale', [1, 1], [3, 0.5], 0.8, 60],
    ['rosenbrock', [-1.2, 1], [1, 1], 0.7, 90],
    ['quadratic', filled(6, 0), [1, 2, 3, 4, 5, 6].map(Math.sin), 1, 60],
  ])('%s from %j', async (name, start, minimum, learningRate, evaluations) => {
    using objective = new TestObjective(gpu(), name, { start, condition: 1e3 });
    using lbfgs = await Lbfgs.create(gpu(), objective, { learningRate });
    await objective.run(lbfgs, evaluations);
    const found = await objective.readVariable();
    expect(relativeDistance(found, minimum)).toBeLessThan(1e-3);
  });
});

describe('L-BFGS, fixed step', () => {
  const start = [0.5, -0.25, 0.75];

  it('leaves x alone where the gradient is not a number, from the first step on', async () => {
    using objective = new TestObjective(gpu(), 'broken', { start, breakAbove: -10 });
    using lbfgs = await Lbfgs.create(gpu(), objective);
    await objective.run(lbfgs, 3);
    expect((await objective.readGradient()).some(Number.isNaN)).toBe(true);
    expect(await objective.readVariable()).toEqual(start);
  });

  it('leaves x alone where the gradient becomes not a number in the middle', async () => {
    // x[0] grows from 0 towards sin 1 = 0.84.
    using objective = new TestObjective(gpu(), 'broken', { start: [0, 0, 0], breakAbove: 0.5, condition: 30 });
    using lbfgs = await Lbfgs.create(gpu(), objective, { learningRate: 0.5 });
    let x = await objective.readVariable();
    for (let step = 0; step < 40 && (x[0] ?? 0) <= 0.5; step++) {
      await objective.run(lbfgs, 1);
      x = await objective.readVariable();
    }
    expect(x[0]).toBeGreaterThan(0.5);
    await objective.run(lbfgs, 3);
    expect((await objective.readGradient()).some(Number.isNaN)).toBe(true);
    expect(await objective.readVariable()).toEqual(x);
    expect(x.every(Number.isFinite)).toBe(true);
  });

  it('stays at a stationary point', async () => {
    using objective = new TestObjective(gpu(), 'cosine', { start: [0, 0] });
    using lbfgs = await Lbfgs.create(gpu(), objective);
    await objective.run(lbfgs, 3);
    expect(await objective.readVariable()).toEqual([0, 0]);
  });

  it('reads nothing back', async () => {
    using objective = new TestObjective(gpu(), 'quadratic', { start, condition: 10 });
    using lbfgs = await Lbfgs.create(gpu(), objective);
    const probe = gpu().device.createBuffer({ size: 4, usage: 1 });
    const mapAsync = vi.spyOn(Object.getPrototypeOf(probe), 'mapAsync');
    const writeBuffer = vi.spyOn(gpu().device.queue, 'writeBuffer');
    await objective.run(lbfgs, 5);
    expect(mapAsync).not.toHaveBeenCalled();
    expect(writeBuffer).not.toHaveBeenCalled();
    await objective.readLoss();
    expect(mapAsync).toHaveBeenCalledOnce();
    vi.restoreAllMocks();
    probe.destroy();
  });

  it('takes the bytes that lbfgsBytes says', async () => {
    for (const lineSearch of ['none', 'strong-wolfe'] as const) {
      for (const [size, history, maxBufferBytes] of [
        [1, 1, 4096],
        [1000, 7, 2 * 1024 * 8],
        [70_001, 12, 1_200_000],
        [37, 100, 512],
      ] as const) {
        using objective = new TestObjective(gpu(), 'quadratic', { start: filled(size, 0) });
        const before = gpu().buffers.bytesInUse;
        using _lbfgs = await Lbfgs.create(gpu(), objective, { history, lineSearch, maxBufferBytes });
        const taken = gpu().buffers.bytesInUse - before;
        expect(taken).toBe(lbfgsBytes(size, history, { lineSearch: lineSearch !== 'none', maxBufferBytes }));
      }
    }
  });

  it('begins anew after forget', async () => {
    using objective = new TestObjective(gpu(), 'quadratic', { start, condition: 10 });
    using lbfgs = await Lbfgs.create(gpu(), objective);
    await objective.run(lbfgs, 4);
    lbfgs.forget();
    const x = await objective.readVariable();
    await objective.run(lbfgs, 1);
    const gradient = await objective.readGradient();
    const t = Math.min(1, 1 / norm1(gradient));
    expect(relativeDistance(await objective.readVariable(), addScaled(x, -t, gradient))).toBeLessThan(1e-6);
  });

  it('falls back to a first step and empties the history where the recursion does not descend', async () => {
    using objective = new TestObjective(gpu(), 'quadratic', { start, condition: 10 });
    const allocate = vi.spyOn(gpu().buffers, 'allocate');
    using lbfgs = await Lbfgs.create(gpu(), objective);
    const matrix = allocatedAs(allocate, 'lbfgs product matrix');
    await objective.run(lbfgs, 3);
    gpu().device.queue.writeBuffer(matrix.buffer, 0, new Float32Array(matrix.sizeBytes / 4).fill(Number.NaN));
    const x = await objective.readVariable();
    await objective.run(lbfgs, 1);
    const gradient = await objective.readGradient();
    const t = Math.min(1, 1 / norm1(gradient));
    expect(relativeDistance(await objective.readVariable(), addScaled(x, -t, gradient))).toBeLessThan(1e-6);
    await objective.run(lbfgs, 40);
    expect(relativeDistance(await objective.readVariable(), [1, 2, 3].map(Math.sin))).toBeLessThan(1e-3);
  });

  it('takes a new learning rate from the next step on', async () => {
    using objective = new TestObjective(gpu(), 'cosine', { start: [1] });
    using lbfgs = await Lbfgs.create(gpu(), objective, { learningRate: 0.5 });
    lbfgs.set({ learningRate: 0.25, momentum: 0.9 });
    await objective.run(lbfgs, 1);
    expect((await objective.readVariable())[0]).toBeCloseTo(1 - 0.25 * Math.sin(1), 6);
    expect(() => lbfgs.set({ learningRate: 0 })).toThrow('L-BFGS: learningRate is 0; expected a number above 0');
  });

  it('stops by PyTorch’s tests when they are asked for', async () => {
    using objective = new TestObjective(gpu(), 'quadratic', { start, condition: 10 });
    using lbfgs = await Lbfgs.create(gpu(), objective, { tolerances: {} });
    expect(await objective.run(lbfgs, 200)).toBeDefined();
    expect(objective.evaluations).toBeLessThan(40);
    expect(relativeDistance(await objective.readVariable(), [1, 2, 3].map(Math.sin))).toBeLessThan(1e-3);
    using still = new TestObjective(gpu(), 'cosine', { start: [0] });
    using second = await Lbfgs.create(gpu(), still, { tolerances: {} });
    expect(await still.run(second, 5)).toBe('gradient-tolerance');
    expect(still.evaluations).toBe(1);
  });

  it('refuses a history, a rate or a pair that cannot be', async () => {
    using objective = new TestObjective(gpu(), 'quadratic', { start: filled(100, 0) });
    const create = (options: LbfgsOptions) => Lbfgs.create(gpu(), objective, options);
    await expect(create({ history: 0 })).rejects.toThrow('L-BFGS: history is 0; expected a whole number from 1 to 512');
    await expect(create({ history: 513 })).rejects.toThrow('L-BFGS: history is 513');
    await expect(create({ learningRate: Number.NaN })).rejects.toThrow(
      'L-BFGS: learningRate is NaN; expected a number above 0',
    );
    await expect(create({ maxBufferBytes: 500 })).rejects.toThrow('takes 1024 bytes, but a buffer holds 500');
  });
});
