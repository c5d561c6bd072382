/** loss_sum and keep_best: sums, records set and not set, and losses that are no numbers. */

import { recordKeepBest, recordLossSum } from '../../src/kernels/loss-sum.ts';
import { partialsPerTerm } from '../../src/kernels/mse.ts';
import { keepBest, lossSum } from '../reference/loss-sum.ts';
import { floats, seededRandom, signed, widen } from '../support/random.ts';
import { accumulated, bytesOf, exact, type KernelCase, unwrittenBuffer } from './kernel-case.ts';

interface LossSumProblem {
  readonly terms: number;
  readonly best: number;
  /** Replaces one partial of the last term. */
  readonly poison?: number;
  /** Every partial 1, so that the total is the number of partials exactly. */
  readonly ones?: boolean;
}

function lossSumCase(problem: LossSumProblem): KernelCase {
  const { terms, best, poison, ones = false } = problem;
  const flags = `${ones ? ' ones' : ''}${poison === undefined ? '' : ` with ${poison}`}`;
  const name = `loss_sum terms=${terms} best=${best}${flags}`;
  return {
    op: 'lossSum',
    name,
    flops: terms * partialsPerTerm,
    leastBytes: bytesOf(terms * partialsPerTerm, terms, terms + 1, 4),
    make: () => {
      const random = seededRandom(name);
      const partial = floats(terms * partialsPerTerm, ones ? () => 1 : random);
      if (poison !== undefined) partial[partial.length - 17] = poison;
      const scale = floats(terms, () => (ones ? 1 : random()));
      const { loss, state } = lossSum(widen(partial), widen(scale), best);
      const tolerance = ones ? exact('sums of whole numbers') : accumulated(partialsPerTerm / 64 + 6 + terms);
      return {
        inputs: { partial, scale },
        outputs: {
          loss: { initial: unwrittenBuffer(terms + 1), expected: loss, tolerance },
          best: { initial: Float32Array.of(best, 7), expected: state, tolerance },
        },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          recordLossSum(program, {
            partial: buffer('partial'),
            scale: buffer('scale'),
            loss: buffer('loss'),
            state: buffer('best'),
            terms,
          });
        },
      },
    ],
  };
}

function keepBestCase(count: number, isBest: 0 | 1): KernelCase {
  const name = `keep_best x=[${count}] isBest=${isBest}`;
  return {
    op: 'keepBest',
    name,
    flops: 0,
    leastBytes: bytesOf(count, count),
    make: () => {
      const random = seededRandom(name);
      const input = floats(count, signed(random));
      const before = floats(count, signed(random));
      const expected = keepBest(widen(input), isBest, widen(before));
      return {
        inputs: { input, state: Float32Array.of(0.5, isBest) },
        outputs: { best: { initial: before, expected, tolerance: exact('a copy') } },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          const [input, state, best] = [buffer('input'), buffer('state'), buffer('best')];
          recordKeepBest(program, { input, state, best, count });
        },
      },
    ],
  };
}

const none = Number.POSITIVE_INFINITY;

export const lossSumCases: readonly KernelCase[] = [
  ...[1, 2, 3, 12].map((terms) => lossSumCase({ terms, best: none })),
  lossSumCase({ terms: 3, best: 1 }),
  lossSumCase({ terms: 3, best: 1e6 }),
  // The same total again is no new record; one less is.
  lossSumCase({ terms: 2, best: 2 * partialsPerTerm, ones: true }),
  lossSumCase({ terms: 2, best: 2 * partialsPerTerm + 1, ones: true }),
  // No record from what is not finite, whatever was there before.
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].flatMap((poison) => [
    lossSumCase({ terms: 2, best: none, poison }),
    lossSumCase({ terms: 2, best: 100, poison }),
  ]),
  ...[1, 192, 65_539].flatMap((count) => [keepBestCase(count, 0), keepBestCase(count, 1)]),
];
