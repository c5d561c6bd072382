/** total variation of four neighbours and of nine points: value and gradient in one pass, at pictures with and without neighbours. */

import { partialsPerTerm } from '../../src/kernels/mse.ts';
import {
  fourNeighbours as fourWeights,
  ninePoints as nineWeights,
  recordTotalVariation,
} from '../../src/kernels/total-variation.ts';
import {
  fourNeighbours,
  ninePoints,
  type Picture,
  totalVariationGradient,
  totalVariationValue,
} from '../reference/total-variation.ts';
import { floats, seededRandom, signed, widen } from '../support/random.ts';
import { accumulated, bytesOf, exact, type KernelCase, unwrittenBuffer } from './kernel-case.ts';
import { sumOfPartials } from './mse.ts';

interface CaseOptions {
  readonly content?: 'noise' | 'constant';
  readonly points?: 'four' | 'nine';
}

function totalVariationCase(
  picture: Picture,
  scale: number,
  { content = 'noise', points = 'four' }: CaseOptions = {},
): KernelCase {
  const { height, width, channelScale } = picture;
  const values = height * width * 3;
  const name = `total_variation x=[${height},${width},3] k=[${channelScale.join(',')}] scale=${scale} ${content} ${points}`;
  const forEachPair = points === 'nine' ? ninePoints : fourNeighbours;
  const isFlat = content === 'constant' || height * width === 1;
  return {
    op: 'totalVariation',
    name,
    flops: (points === 'nine' ? 30 : 14) * values,
    leastBytes: bytesOf(values, 2 * values, partialsPerTerm),
    make: () => {
      const random = seededRandom(name);
      const input = floats(values, content === 'constant' ? () => 0.3 : random);
      const old = floats(values, signed(random));
      const [r, g, b] = channelScale;
      const rounded = { ...picture, channelScale: [Math.fround(r), Math.fround(g), Math.fround(b)] as const };
      const x = widen(input);
      return {
        inputs: { input },
        outputs: {
          gradient: {
            initial: old,
            expected: totalVariationGradient(rounded, x, { scale: Math.fround(scale), old: widen(old), forEachPair }),
            tolerance: isFlat ? exact('no differences, no gradient') : accumulated(8),
          },
          partial: {
            initial: unwrittenBuffer(partialsPerTerm),
            expected: Float64Array.from([totalVariationValue(rounded, x, forEachPair)]),
            observe: sumOfPartials,
            tolerance: isFlat ? exact('no differences') : accumulated(Math.ceil(values / partialsPerTerm) + 4),
          },
        },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          recordTotalVariation(program, {
            input: buffer('input'),
            gradient: buffer('gradient'),
            partial: buffer('partial'),
            height,
            width,
            weights: points === 'nine' ? nineWeights(picture) : fourWeights,
            scale,
            channelScale,
          });
        },
      },
    ],
  };
}

const plain = [1, 1, 1] as const;
/** The standard deviations of torchvision's normalisation. */
const deviations = [0.229, 0.224, 0.225] as const;

const pictures: readonly (readonly [height: number, width: number])[] = [
  [1, 1],
  [1, 2],
  [2, 1],
  [1, 40],
  [40, 1],
  [2, 2],
  [5, 7],
  [19, 18],
  [64, 48],
  [200, 150],
];

const both = ['four', 'nine'] as const;

export const totalVariationCases: readonly KernelCase[] = both.flatMap((points) => [
  ...pictures.map(([height, width]) =>
    totalVariationCase({ height, width, channelScale: deviations }, 0.7, { points }),
  ),
  totalVariationCase({ height: 5, width: 7, channelScale: plain }, 1, { points }),
  totalVariationCase({ height: 5, width: 7, channelScale: [2, 0, 0.5] }, -1, { points }),
  totalVariationCase({ height: 9, width: 6, channelScale: plain }, 1, { content: 'constant', points }),
]);
