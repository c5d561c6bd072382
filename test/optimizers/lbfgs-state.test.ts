/** The state of L-BFGS: read and given to another one, it takes the steps that would have followed, bit for bit. */

import { describe, expect, it } from 'vitest';
import { Lbfgs, type LbfgsOptions } from '../../src/optimizers/lbfgs.ts';
import { inRingOf } from '../../src/optimizers/lbfgs-state.ts';
import type { OptimizerState } from '../../src/optimizers/optimizer.ts';
import { TestObjective, useOptimizerGpu } from './support.ts';

const gpu = useOptimizerGpu();

/** Each optimiser in turn, with the state and the point of the one before, takes so many steps; from the second on with other options, if any. */
async function inTurns(first: LbfgsOptions, turns: readonly number[], later: LbfgsOptions = first) {
  let state: OptimizerState | undefined;
  let x: readonly number[] = Array.from({ length: 61 }, (_, i) => Math.sin(3 * i));
  for (const [turn, steps] of turns.entries()) {
    const options = turn === 0 ? first : later;
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

  it('goes on in a longer or shorter ring that has room for its pairs as if it had always been there', async () => {
    const [short, long] = [{ history: 5 }, { history: 9 }];
    const whole = await inTurns(short, [6]);
    expect(await inTurns(long, [4, 2], short)).toEqual(whole);
    expect((await inTurns(short, [4, 2], long)).x).toEqual(whole.x);
  });

  it.each([1, 3, 4])('keeps the latest pairs in a ring of %i, and their products', async (history) => {
    const size = 61;
    const { state } = await inTurns({ history: 4 }, [7]);
    const { numbers, vectors } = inRingOf(history, state);
    const valuesOf = (name: string, of = vectors) => [...(of.find((one) => one.name === name)?.values ?? [])];
    const { oldest = 0 } = state.numbers ?? {};
    const before = valuesOf('pairs', state.vectors);
    const ofSlot = (slot: number): number[] => before.slice(2 * size * slot, 2 * size * (slot + 1));
    expect(oldest, 'the ring went round').toBe(2);
    const pairs = valuesOf('pairs');
    const slots = Array.from({ length: history }, (_, index) => index);
    const latest = slots.map((index) => ofSlot((oldest + 4 - history + index) % 4));
    if (history < 4) expect(pairs).toEqual(latest.flat());
    expect(numbers).toMatchObject(
      history < 4 ? { count: history, oldest: 0, stored: history - 1 } : { count: 4, oldest },
    );
    const rowOf = (slot: number, which: 0 | 1) => pairs.slice(size * (2 * slot + which), size * (2 * slot + which + 1));
    const dot = (a: readonly number[], b: readonly number[]) =>
      a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
    const expected = ([0, 1] as const).flatMap((left) =>
      slots.flatMap((i) => slots.map((j) => dot(rowOf(i, left), rowOf(j, 1)))),
    );
    const products = valuesOf('products');
    const scale = Math.max(...expected.map(Math.abs));
    const errors = expected.map((value, index) => Math.abs((products[index] ?? 0) - value));
    expect(Math.max(...errors)).toBeLessThan(1e-6 * scale);
  });

  it.each<[string, (state: OptimizerState) => OptimizerState, string]>([
    ['of Adam', (state) => ({ ...state, optimizer: 'adam' }), 'lbfgs cannot go on with the state of adam'],
    ['of no ring', ({ optimizer, steps, vectors }) => ({ optimizer, steps, vectors }), 'lbfgs has NaN pairs'],
    ['of a longer ring', (state) => withNumbers(state, { count: 6 }), 'lbfgs has 6 pairs, expected at most 5'],
    ['of a hole', (state) => withNumbers(state, { oldest: 1 }), 'a ring of 2 pairs that begins at slot 1'],
    ['of a slot beyond', (state) => withNumbers(state, { stored: 5 }), 'stored slot 5 at step 3, which cannot be'],
    ['of half a step', (state) => ({ ...state, steps: 2.5 }), 'at step 2.5, which cannot be'],
    ['of no square of products', withoutAProduct, 'lbfgs has 49 products, expected 2 m² for a ring of m pairs'],
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

function withoutAProduct(state: OptimizerState): OptimizerState {
  const vectors = state.vectors.map((vector) =>
    vector.name === 'products' ? { ...vector, values: vector.values.slice(1) } : vector,
  );
  return { ...state, vectors };
}
