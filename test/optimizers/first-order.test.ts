/** Adam on the device against the f64 reference, and by its promises. */

import { describe, expect, it } from 'vitest';
import { Adam, type AdamOptions, adamBytes } from '../../src/optimizers/adam.ts';
import { referenceAdam } from '../reference/adam.ts';
import { cosine, rosenbrock } from './functions.ts';
import { relativeDistance, TestObjective, useOptimizerGpu } from './support.ts';

const gpu = useOptimizerGpu();

describe('Adam', () => {
  const start = [-1.2, 1, -1.2, 1, -1.2];

  it('equals the reference over 40 steps, n = 5', async () => {
    using objective = new TestObjective(gpu(), 'rosenbrock', { start });
    using adam = await Adam.create(gpu(), objective, { learningRate: 0.05 });
    await objective.run(adam, 41);
    const { last } = referenceAdam(rosenbrock, start, { learningRate: 0.05, evaluations: 42 });
    // f32 rounding of 40 steps of at most 0.05, turned round by the valley.
    expect(relativeDistance(await objective.readVariable(), last)).toBeLessThan(1e-5);
  });

  it('keeps x within a range, n = 1031', async () => {
    const wide = Array.from({ length: 1031 }, (_, i) => 0.2 + (0.6 * i) / 1030);
    const options = { learningRate: 0.1, clamp: [0.3, 0.7] } as const;
    using objective = new TestObjective(gpu(), 'cosine', { start: wide });
    using adam = await Adam.create(gpu(), objective, options);
    await objective.run(adam, 3);
    const found = await objective.readVariable();
    const { last } = referenceAdam(cosine, wide, { ...options, evaluations: 4 });
    expect(relativeDistance(found, last)).toBeLessThan(1e-6);
    expect(Math.min(...found)).toBe(Math.fround(0.3));
  });

  it('takes a new learning rate from the next step on', async () => {
    using objective = new TestObjective(gpu(), 'cosine', { start: [1] });
    using adam = await Adam.create(gpu(), objective, { learningRate: 0.5 });
    adam.learningRate = 0.125;
    await objective.run(adam, 1);
    // The first step of Adam is the learning rate.
    expect((await objective.readVariable())[0]).toBeCloseTo(0.875, 6);
  });

  it('leaves values alone whose gradient is not a number', async () => {
    using objective = new TestObjective(gpu(), 'broken', { start: [0.5, 0.25, 0.75], breakAbove: -10 });
    using adam = await Adam.create(gpu(), objective, { learningRate: 0.01 });
    await objective.run(adam, 2);
    const [first, second, third] = await objective.readVariable();
    expect(third).toBe(0.75);
    expect([first, second]).not.toEqual([0.5, 0.25]);
  });

  it.each([1, 37, 4096])('takes the bytes that adamBytes says, n = %i', async (size) => {
    using objective = new TestObjective(gpu(), 'cosine', { start: Array.from({ length: size }, () => 0) });
    const before = gpu().buffers.bytesInUse;
    using _adam = await Adam.create(gpu(), objective);
    expect(gpu().buffers.bytesInUse - before).toBe(adamBytes(size));
  });

  it.each<[AdamOptions, string]>([
    [{ learningRate: 0 }, 'learningRate must be a positive number, got 0'],
    [{ beta1: 1 }, 'beta1 must be from 0 to below 1, got 1'],
    [{ beta2: -0.1 }, 'beta2 must be from 0 to below 1, got -0.1'],
    [{ epsilon: -1 }, 'epsilon must not be negative, got -1'],
    [{ clamp: [1, 0] }, 'got [1, 0]'],
  ])('refuses %j', async (options, message) => {
    using objective = new TestObjective(gpu(), 'cosine', { start: [1] });
    await expect(Adam.create(gpu(), objective, options)).rejects.toThrow(message);
  });
});
