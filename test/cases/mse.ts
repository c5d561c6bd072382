/** mse: value and gradient in one pass. */

import { partialsPerTerm, recordMse } from '../../src/kernels/mse.ts';
import { mseGradient, mseValue } from '../reference/mse.ts';
import { floats, rectified, seededRandom, signed, widen } from '../support/random.ts';
import { accumulated, bytesOf, exact, type KernelCase, unchanged, unwrittenBuffer } from './kernel-case.ts';

/** What a kernel's partials are for: their sum. */
export function sumOfPartials(partial: Float32Array): Float64Array {
  return Float64Array.from([partial.reduce((sum, value) => sum + value, 0)]);
}

function mseCase(options: {
  readonly values: number;
  readonly scale: number;
  readonly accumulate: boolean;
  /** Input and reference are the same. */
  readonly equal?: boolean;
}): KernelCase {
  const { values, scale, accumulate, equal = false } = options;
  const flags = `${accumulate ? ' accumulate' : ''}${equal ? ' equal' : ''}`;
  const name = `mse x=[${values}] scale=${scale}${flags}`;
  return {
    op: 'mse',
    name,
    flops: 5 * values,
    leastBytes: bytesOf(values, values, accumulate ? 2 * values : values, partialsPerTerm),
    halves: ['input', 'reference'],
    make: (stored = unchanged) => {
      const random = seededRandom(name);
      const input = stored(floats(values, rectified(random)));
      const reference = equal ? input.slice() : stored(floats(values, rectified(random)));
      const old = floats(values, signed(random));
      const [x, r] = [widen(input), widen(reference)];
      return {
        inputs: { input, reference },
        outputs: {
          gradient: {
            initial: accumulate ? old : unwrittenBuffer(values),
            expected: mseGradient(x, r, Math.fround(scale), accumulate ? widen(old) : undefined),
            tolerance: equal ? exact('a difference of equals is 0') : accumulated(3),
          },
          partial: {
            initial: unwrittenBuffer(partialsPerTerm),
            expected: Float64Array.from([mseValue(x, r)]),
            observe: sumOfPartials,
            tolerance: equal ? exact('a difference of equals is 0') : accumulated(Math.ceil(values / partialsPerTerm)),
          },
        },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          recordMse(program, {
            input: buffer('input'),
            reference: buffer('reference'),
            gradient: buffer('gradient'),
            partial: buffer('partial'),
            values,
            scale,
            accumulate,
          });
        },
      },
    ],
  };
}

export const mseCases: readonly KernelCase[] = [
  mseCase({ values: 4000, scale: 0.5, accumulate: false }),
  // One vector (1023 partials stay 0); around one vector per invocation; several rounds and a ragged last one.
  ...[4, 4092, 4096, 4100, 12_300, 262_144].map((values) => mseCase({ values, scale: 2 / values, accumulate: true })),
  mseCase({ values: 512, scale: -3, accumulate: true }),
  mseCase({ values: 512, scale: 1, accumulate: false, equal: true }),
];
