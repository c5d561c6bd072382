/** relu on its own, forward and backward, with its kink. */

import { recordReluBackward, recordReluForward } from '../../src/kernels/relu.ts';
import { reluBackward, reluForward } from '../reference/relu.ts';
import { floats, rectified, seededRandom, signed, widen } from '../support/random.ts';
import { bytesOf, exact, type KernelCase, unchanged, unwrittenBuffer } from './kernel-case.ts';

type Content = 'signed' | 'kinks';

const tolerance = exact('values are kept or replaced by 0');

const draws: Readonly<Record<Content, (random: () => number) => () => number>> = {
  signed,
  // 0, −0 and the normal numbers next to them, and what no finite loss may come of.
  kinks: (random) => {
    const values = [0, -0, 2 ** -126, -(2 ** -126), 1, -1, Number.NaN, Infinity, -Infinity];
    return () => values[Math.floor(values.length * random())] ?? 0;
  },
};

function forwardCase(values: number, content: Content): KernelCase {
  const name = `relu_forward x=[${values}] ${content}`;
  return {
    op: 'relu',
    name,
    flops: values,
    leastBytes: bytesOf(values, values),
    halves: ['input', 'output'],
    make: (stored = unchanged) => {
      const input = stored(floats(values, draws[content](seededRandom(name))));
      const output = { initial: unwrittenBuffer(values), expected: reluForward(widen(input)), tolerance };
      return { inputs: { input }, outputs: { output } };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          recordReluForward(program, { input: buffer('input'), output: buffer('output'), values });
        },
      },
    ],
  };
}

function backwardCase(values: number, content: Content): KernelCase {
  const name = `relu_backward x=[${values}] ${content}`;
  return {
    op: 'relu',
    name,
    flops: values,
    leastBytes: bytesOf(values, values, values),
    halves: ['output'],
    make: (stored = unchanged) => {
      const random = seededRandom(name);
      const draw = content === 'kinks' ? draws.kinks(random) : rectified(random);
      const output = stored(floats(values, () => Math.max(draw(), 0) || 0));
      const gradOutput = floats(values, signed(random));
      const expected = reluBackward(widen(output), widen(gradOutput));
      return { inputs: { output }, outputs: { gradient: { initial: gradOutput, expected, tolerance } } };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          recordReluBackward(program, { output: buffer('output'), gradient: buffer('gradient'), values });
        },
      },
    ],
  };
}

/** One vector; around a workgroup of 64 vectors; more than the whole grid of 65536. */
const sizes: readonly number[] = [4, 252, 256, 260, 262_148];

export const reluCases: readonly KernelCase[] = [
  ...sizes.flatMap((values) => [forwardCase(values, 'signed'), backwardCase(values, 'signed')]),
  forwardCase(64, 'kinks'),
  backwardCase(64, 'kinks'),
];
