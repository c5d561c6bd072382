/** The state of L-BFGS: read and given to another one, it takes the steps that would have followed, bit for bit. */

import { describe, expect, it } from 'vitest';
import { Lbfgs, type LbfgsOptions } from '../../src/optimizers/lbfgs.ts';
import type { OptimizerState } from '../../src/optimizers/optimizer.ts';
import { TestObjective, useOptimizerGpu } from './support.ts';

const gpu = useOptimizerGpu();

/** Each optimiser in turn, with the state and the point of the one before, takes so many steps. */
async function inTurns(options: LbfgsOptions, turns: readonly number[]) {
  let state: OptimizerState | undefined;
  let x: readonly number[] = Array.from({ length: 61 }, (_, i) => Math.sin(3 * i));
  for (const steps of turns) {
    using objective = new TestObjective(gpu(), 'quadratic', { start: x, condition: 100 });
    using optimizer = await Lbfgs.create(gpu(), objective, { ...options, ...(state === undefined ? {} : { state }) });
    for (let step = 0; step < steps; step++) expect(await optimizer.step(objective)).toBeUndefined();
    state = await optimizer.readState();
    x = await objective.readVariable();
  }
  if (state === undefined) throw new Error('there was no turn');
  return { state, x };
}

describe('a state of L-BFGS', () => {
  it.each<[string, LbfgsOptions]>([
    ['a fixed step', { history: 5 }],
    // A pair of 61 values takes 2 · 80 floats.
    ['a ring of 7 in four buffers', { history: 7, maxBufferBytes: 2 * 640 }],
    ['stopping tests', { history: 3, tolerances: {} }],
    ['a search', { history: 3, lineSearch: 'strong-wolfe' }],
  ])('with %s goes on as if it had never stopped, from every position of the ring', async (_name, options) => {
    const whole = await inTurns(options, [10]);
    expect(
      await inTurns(
        options,
        Array.from({ length: 10 }, () => 1),
      ),
    ).toEqual(whole);
    expect(await inTurns(options, [0, 6, 4])).toEqual(whole);
  });

  it('holds the pairs that there are', async () => {
    const { state } = await inTurns({ history: 5 }, [3]);
    expect(state).toMatchObject({ optimizer: 'lbfgs', steps: 3, numbers: { count: 2, oldest: 0, stored: 1 } });
    expect(state.vectors.find(({ name }) => name === 'pairs')?.values).toHaveLength(2 * 2 * 61);
  });

  it.each<[string, (state: OptimizerState) => OptimizerState, string]>([
    ['of Adam', (state) => ({ ...state, optimizer: 'adam' }), 'lbfgs cannot go on with the state of adam'],
    ['of no ring', ({ optimizer, steps, vectors }) => ({ optimizer, steps, vectors }), 'lbfgs has NaN pairs'],
    ['of a longer ring', (state) => withNumbers(state, { count: 6 }), 'lbfgs has 6 pairs, expected at most 5'],
    ['of a hole', (state) => withNumbers(state, { oldest: 1 }), 'a ring of 2 pairs that begins at slot 1'],
    ['of a slot beyond', (state) => withNumbers(state, { stored: 5 }), 'stored slot 5 at step 3, which cannot be'],
    ['of half a step', (state) => ({ ...state, steps: 2.5 }), 'at step 2.5, which cannot be'],
    ['of fewer pairs', (state) => withNumbers(state, { count: 1 }), 'pairs of the state has 244 values, expected 122'],
    [
      'of no gradient',
      (state) => withNumbers(state, { loss: 1 }),
      'expected candidate, previous gradient, pairs, products, scale, gradient',
    ],
  ])('%s is refused', async (_name, change, message) => {
    const { state } = await inTurns({ history: 5 }, [3]);
    using objective = new TestObjective(gpu(), 'quadratic', { start: Array.from({ length: 61 }, () => 0) });
    await expect(Lbfgs.create(gpu(), objective, { history: 5, state: change(state) })).rejects.toThrow(message);
  });
});

function withNumbers(state: OptimizerState, numbers: Readonly<Record<string, number>>): OptimizerState {
  return { ...state, numbers: { ...state.numbers, ...numbers } };
}
