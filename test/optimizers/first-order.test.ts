/** SGD, RMSprop and Adam: the f64 reference against PyTorch, the device against both, and by their promises. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Gpu } from '../../src/core/gpu.ts';
import { adamRule } from '../../src/optimizers/adam.ts';
import { FirstOrderOptimizer, type FirstOrderOptions, firstOrderBytes } from '../../src/optimizers/first-order.ts';
import { rmspropRule } from '../../src/optimizers/rmsprop.ts';
import { sgdRule } from '../../src/optimizers/sgd.ts';
import { readShader } from '../../src/platform/node/gpu.ts';
import { type Scheduled, valueAt } from '../../src/settings/phase.ts';
import { type FirstOrderName, type ReferenceValues, referenceFirstOrder } from '../reference/first-order.ts';
import { cosine, rosenbrock } from './functions.ts';
import { relativeDistance, TestObjective, useOptimizerGpu } from './support.ts';

const gpu = useOptimizerGpu();

const rules = { sgd: sgdRule, rmsprop: rmspropRule, adam: adamRule } as const;
const names: readonly FirstOrderName[] = ['sgd', 'rmsprop', 'adam'];
const rosenbrockStart = [-1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1];

interface FixtureCase {
  readonly optimizer: FirstOrderName;
  readonly values: ReferenceValues;
  /** Values that change on the way. */
  readonly phase?: { readonly learningRate: Scheduled; readonly momentum: Scheduled };
  readonly losses: readonly number[];
  readonly last: readonly number[];
}

const fixture: readonly FixtureCase[] = JSON.parse(
  readFileSync(new URL('../fixtures/optimizers/first_order.json', import.meta.url), 'utf8'),
);

/** The values of a case at a step, counted from 0. */
function valuesAt({ values, phase, losses }: FixtureCase, step: number): ReferenceValues {
  if (phase === undefined) return values;
  const at = (value: Scheduled): number => valueAt(value, step, losses.length);
  return { ...values, learningRate: at(phase.learningRate), momentum: at(phase.momentum) };
}

/** Largest |a / b − 1|. */
function furthest(losses: readonly number[], expected: readonly number[]): number {
  return Math.max(...expected.map((loss, i) => Math.abs((losses[i] ?? Number.NaN) / loss - 1)));
}

describe('against PyTorch in f64, 50 steps on Rosenbrock', () => {
  it('has every optimiser, with values that stay and values that change', () => {
    for (const name of names) {
      const cases = fixture.filter(({ optimizer }) => optimizer === name);
      expect(cases.filter(({ phase }) => phase === undefined).length).toBeGreaterThanOrEqual(2);
      expect(cases.filter(({ phase }) => phase !== undefined)).toHaveLength(1);
    }
  });

  it.each(fixture)('reference: $optimizer $values $phase', (testCase) => {
    const { optimizer, losses, last } = testCase;
    const trace = referenceFirstOrder(optimizer, rosenbrock, rosenbrockStart, {
      evaluations: losses.length,
      values: (step) => valuesAt(testCase, step),
    });
    // Both in f64; the sums differ in order only.
    expect(furthest(trace.losses, losses)).toBeLessThan(1e-10);
    expect(relativeDistance(trace.last, last)).toBeLessThan(1e-10);
  });

  it.each(fixture)('device: $optimizer $values $phase', async (testCase) => {
    const { optimizer, losses, last } = testCase;
    using objective = new TestObjective(gpu(), 'rosenbrock', { start: rosenbrockStart });
    using found = await FirstOrderOptimizer.create(gpu(), objective, rules[optimizer], testCase.values);
    const traced: number[] = [];
    for (let step = 0; step < losses.length; step++) {
      if (step === losses.length - 1) expect(relativeDistance(await objective.readVariable(), last)).toBeLessThan(1e-4);
      found.set(valuesAt(testCase, step));
      await objective.run(found, 1);
      traced.push(await objective.readLoss());
    }
    expect(furthest(traced, losses)).toBeLessThan(1e-4);
  });
});

describe.each(names)('%s', (name) => {
  const rule = rules[name];

  it('keeps x within a range, n = 1031', async () => {
    const wide = Array.from({ length: 1031 }, (_, i) => 0.2 + (0.6 * i) / 1030);
    const clamp = [0.3, 0.7] as const;
    using objective = new TestObjective(gpu(), 'cosine', { start: wide });
    using optimizer = await FirstOrderOptimizer.create(gpu(), objective, rule, { learningRate: 0.1, clamp });
    await objective.run(optimizer, 3);
    const found = await objective.readVariable();
    const options = { values: { learningRate: 0.1 }, clamp, evaluations: 4 };
    const { last } = referenceFirstOrder(name, cosine, wide, options);
    expect(relativeDistance(found, last)).toBeLessThan(1e-6);
    expect(Math.min(...found)).toBe(Math.fround(0.3));
  });

  it('has the defaults of PyTorch', async () => {
    using objective = new TestObjective(gpu(), 'cosine', { start: [1, 0.5] });
    using optimizer = await FirstOrderOptimizer.create(gpu(), objective, rule);
    await objective.run(optimizer, 5);
    const learningRate = { sgd: 1e-3, rmsprop: 1e-2, adam: 1e-3 }[name];
    const { last } = referenceFirstOrder(name, cosine, [1, 0.5], { values: { learningRate }, evaluations: 6 });
    expect(relativeDistance(await objective.readVariable(), last)).toBeLessThan(1e-6);
  });

  it('moves vectors that are longer than a binding to the same bits, n = 1031', async () => {
    const { device, profile } = gpu();
    // Its buffers are its own.
    const narrow = new Gpu({ device, profile, shaders: readShader, instance: device, maxBindingBytes: 1024 });
    const start = Array.from({ length: 1031 }, (_, i) => 0.2 + (0.6 * i) / 1030);
    const moved: number[][] = [];
    for (const on of [gpu(), narrow]) {
      using objective = new TestObjective(gpu(), 'cosine', { start });
      using optimizer = await FirstOrderOptimizer.create(on, objective, rule, { learningRate: 0.1 });
      await objective.run(optimizer, 3);
      moved.push(await objective.readVariable());
    }
    expect(moved[1]).toEqual(moved[0]);
    expect(narrow.buffers.count).toBe(0);
  });

  it('goes on from a state that was read, as if it had never stopped', async () => {
    const start = [-1.2, 1, 0.3];
    const options = { learningRate: 0.0005, momentum: 0.5 };
    using objective = new TestObjective(gpu(), 'rosenbrock', { start });
    using before = await FirstOrderOptimizer.create(gpu(), objective, rule, options);
    await objective.run(before, 6);
    const state = await before.readState();
    expect(state).toMatchObject({ optimizer: name, steps: 6 });
    using after = await FirstOrderOptimizer.create(gpu(), objective, rule, { ...options, state });
    await objective.run(after, 6);
    using whole = new TestObjective(gpu(), 'rosenbrock', { start });
    using never = await FirstOrderOptimizer.create(gpu(), whole, rule, options);
    await whole.run(never, 12);
    expect(await objective.readVariable()).toEqual(await whole.readVariable());
  });

  it('leaves values alone whose gradient is not a number', async () => {
    using objective = new TestObjective(gpu(), 'broken', { start: [0.5, 0.25, 0.75], breakAbove: -10 });
    using optimizer = await FirstOrderOptimizer.create(gpu(), objective, rule, { learningRate: 0.01 });
    await objective.run(optimizer, 2);
    const [first, second, third] = await objective.readVariable();
    expect(third).toBe(0.75);
    expect([first, second]).not.toEqual([0.5, 0.25]);
    const { vectors } = await optimizer.readState();
    for (const { values } of vectors) expect(values[2]).toBe(0);
  });

  it.each([1, 37, 4096])('takes the bytes that firstOrderBytes says, n = %i', async (size) => {
    using objective = new TestObjective(gpu(), 'cosine', { start: Array.from({ length: size }, () => 0) });
    const before = gpu().buffers.bytesInUse;
    using _optimizer = await FirstOrderOptimizer.create(gpu(), objective, rule);
    expect(gpu().buffers.bytesInUse - before).toBe(firstOrderBytes(rule, size));
  });

  it.each<[FirstOrderOptions, string]>([
    [{ learningRate: -1 }, 'learningRate is -1; expected a number of at least 0'],
    [{ learningRate: Number.NaN }, 'learningRate is NaN; expected a number of at least 0'],
    [{ weightDecay: -1 }, 'weightDecay is -1; expected a number of at least 0'],
    [{ momentum: 1 }, 'momentum is 1; expected a number from 0 to below 1'],
    [{ beta2: -0.1 }, 'beta2 is -0.1; expected a number from 0 to below 1'],
    [{ clamp: [1, 0] }, 'clamp is [1, 0]; expected [low, high] with low < high'],
  ])('refuses %j', async (options, message) => {
    using objective = new TestObjective(gpu(), 'cosine', { start: [1] });
    await expect(FirstOrderOptimizer.create(gpu(), objective, rule, options)).rejects.toThrow(`${name}: ${message}`);
    if (options.clamp !== undefined) return;
    using optimizer = await FirstOrderOptimizer.create(gpu(), objective, rule);
    expect(() => optimizer.set(options)).toThrow(message);
  });
});

describe('a state', () => {
  it('of another rule or size is refused', async () => {
    using objective = new TestObjective(gpu(), 'cosine', { start: [1, 2] });
    using sgd = await FirstOrderOptimizer.create(gpu(), objective, sgdRule);
    const state = await sgd.readState();
    await expect(FirstOrderOptimizer.create(gpu(), objective, adamRule, { state })).rejects.toThrow(
      'adam cannot go on with the state of sgd',
    );
    using larger = new TestObjective(gpu(), 'cosine', { start: [1, 2, 3] });
    await expect(FirstOrderOptimizer.create(gpu(), larger, sgdRule, { state })).rejects.toThrow(
      'sgd: velocity of the state has 2 values, expected 3',
    );
  });
});
