/** vector_copy: words of four bytes, whatever they stand for. */

import { recordVectorCopy } from '../../src/kernels/vector-copy.ts';
import { vectorCopy } from '../reference/vector-copy.ts';
import { floats, seededRandom, signed, widen } from '../support/random.ts';
import { bytesOf, exact, type KernelCase, unwrittenBuffer } from './kernel-case.ts';

function copyCase(words: number, content: 'signed' | 'two f16'): KernelCase {
  const name = `vector_copy x=[${words}] ${content}`;
  return {
    op: 'vector-copy',
    name,
    flops: 0,
    leastBytes: bytesOf(words, words),
    make: () => {
      const random = seededRandom(name);
      // A 0 behind another f16 makes a word that is a tiny float.
      const pair = new Float32Array(Uint16Array.of(0x3c01, 0).buffer);
      const input = content === 'two f16' ? floats(words, () => pair[0] ?? Number.NaN) : floats(words, signed(random));
      const expected = vectorCopy(widen(input));
      const tolerance = exact('words are copied');
      return { inputs: { input }, outputs: { output: { initial: unwrittenBuffer(words), expected, tolerance } } };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          recordVectorCopy(program, { input: buffer('input'), output: buffer('output'), words });
        },
      },
    ],
  };
}

/** One word; around a workgroup; more than the whole grid of 65536. */
const sizes: readonly number[] = [1, 64, 65, 65_539];

export const vectorCopyCases: readonly KernelCase[] = [
  ...sizes.map((words) => copyCase(words, 'signed')),
  copyCase(64, 'two f16'),
];
