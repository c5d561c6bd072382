/** add: what parts leave. */

import { recordAdd } from '../../src/kernels/add.ts';
import { add } from '../reference/add.ts';
import { floats, seededRandom, signed, widen } from '../support/random.ts';
import { accumulated, bytesOf, type KernelCase, unwrittenBuffer } from './kernel-case.ts';

function addCase(count: number, accumulate: boolean): KernelCase {
  const name = `add x=[${count}]${accumulate ? ' accumulate' : ''}`;
  return {
    op: 'add',
    name,
    flops: count,
    leastBytes: bytesOf(count, accumulate ? 2 * count : count),
    make: () => {
      const random = seededRandom(name);
      const values = floats(count, signed(random));
      const old = accumulate ? floats(count, signed(random)) : unwrittenBuffer(count);
      const expected = add(widen(values), accumulate ? widen(old) : undefined);
      return { inputs: { values }, outputs: { total: { initial: old, expected, tolerance: accumulated(1) } } };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          recordAdd(program, { values: buffer('values'), total: buffer('total'), count, accumulate });
        },
      },
    ],
  };
}

/** One value; around a workgroup; more than the whole grid of 65536. */
export const addCases: readonly KernelCase[] = [1, 63, 65, 65_539].flatMap((count) => [
  addCase(count, false),
  addCase(count, true),
]);
