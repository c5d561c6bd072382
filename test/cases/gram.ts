/** The Gram matrix and its backward pass, on post-ReLU features. */

import { lanesOf } from '../../src/kernels/family.ts';
import { gemmColumnBlock } from '../../src/kernels/gemm-lanes.ts';
import { type GramShape, gramVariants, recordGramBackward, recordGramForward } from '../../src/kernels/gram.ts';
import { gramBackward, gramForward } from '../reference/gram.ts';
import { floats, rectified, seededRandom, signed, widen } from '../support/random.ts';
import { accumulated, bytesOf, type KernelCase, unchanged, unwrittenBuffer } from './kernel-case.ts';

function forwardCase(shape: GramShape, scale: number): KernelCase {
  const { positions, channels } = shape;
  const name = `gram_forward x=[${positions},${channels}] scale=${scale}`;
  return {
    op: 'gram',
    name,
    flops: 2 * positions * channels ** 2,
    leastBytes: bytesOf(positions * channels, channels ** 2),
    halves: ['feature'],
    make: (stored = unchanged) => {
      const feature = stored(floats(positions * channels, rectified(seededRandom(name))));
      return {
        inputs: { feature },
        outputs: {
          output: {
            initial: unwrittenBuffer(channels ** 2),
            expected: gramForward(shape, widen(feature), Math.fround(scale)),
            tolerance: accumulated(Math.min(positions, 256) + Math.ceil(positions / 256) + 1),
          },
        },
      };
    },
    variants: (gpu) =>
      gramVariants(shape, lanesOf(gpu.profile)).map((variant) => ({
        name: variant.name,
        record: ({ program, buffer, scratch }) => {
          recordGramForward(program, variant, {
            shape,
            feature: buffer('feature'),
            scratch: scratch('partial', variant.scratchBytes(shape)),
            output: buffer('output'),
            scale,
          });
        },
      })),
  };
}

/** A symmetric matrix with values in [−1, 1). */
function symmetric(size: number, random: () => number): Float32Array<ArrayBuffer> {
  const matrix = floats(size * size, signed(random));
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) matrix[i * size + j] = matrix[j * size + i] ?? 0;
  }
  return matrix;
}

function backwardCase(shape: GramShape, accumulate: boolean): KernelCase {
  const { positions, channels } = shape;
  const name = `gram_backward x=[${positions},${channels}]${accumulate ? ' accumulate' : ''}`;
  const values = positions * channels;
  return {
    op: 'gram',
    name,
    flops: 2 * positions * channels ** 2,
    leastBytes: bytesOf(values, channels ** 2, accumulate ? 2 * values : values),
    halves: ['feature'],
    make: (stored = unchanged) => {
      const random = seededRandom(name);
      const feature = stored(floats(values, rectified(random)));
      const gradGram = symmetric(channels, random);
      const old = floats(values, signed(random));
      return {
        inputs: { feature, gradGram },
        outputs: {
          gradFeature: {
            initial: accumulate ? old : unwrittenBuffer(values),
            expected: gramBackward(shape, widen(feature), widen(gradGram), accumulate ? widen(old) : undefined),
            tolerance: accumulated(channels + 1),
          },
        },
      };
    },
    variants: (gpu) =>
      gramVariants(shape, lanesOf(gpu.profile)).map((variant) => ({
        name: variant.name,
        record: ({ program, buffer }) => {
          recordGramBackward(program, variant, {
            shape,
            feature: buffer('feature'),
            gradGram: buffer('gradGram'),
            gradFeature: buffer('gradFeature'),
            accumulate,
          });
        },
      })),
  };
}

/** Channels of the smallest column block among the `lanes` adapters, so that every adapter's `lanes` variant has cases. */
const block = gemmColumnBlock;

const forwardShapes: readonly (readonly [positions: number, channels: number])[] = [
  [35, 8],
  // Channels: the least, more than a workgroup's columns, not a multiple of any block.
  [35, 4],
  [35, 12],
  [35, 68],
  // Positions on both sides of a chunk of 128: one chunk, a ragged last one, one of a single position.
  ...[1, 2, 127, 128, 129, 300].flatMap((positions) => [[positions, 4] as const, [positions, block] as const]),
  // Chunks that have grown to 256, the last one ragged; more chunks than fit one column of a workgroup.
  [1_048_676, 4],
  [65_600, block],
  // More matrix than the reducing grid has invocations.
  [3, 516],
  // VGG: relu1_1 to relu5_1 of a small picture.
  [32 * 24, 64],
  [16 * 12, 128],
  [8 * 6, 256],
  [4 * 3, 512],
  [1, 512],
];

const backwardShapes: readonly (readonly [positions: number, channels: number])[] = [
  [35, 8],
  [35, 4],
  [35, 12],
  [35, 68],
  ...[1, 2, 127, 300].flatMap((positions) => [[positions, 4] as const, [positions, block] as const]),
  [32 * 24, 64],
  [16 * 12, 128],
  [8 * 6, 256],
  [4 * 3, 512],
  [1, 512],
];

export const gramCases: readonly KernelCase[] = [
  ...forwardShapes.map(([positions, channels]) => forwardCase({ positions, channels }, 1 / (positions * channels))),
  forwardCase({ positions: 35, channels: block }, 1),
  ...backwardShapes.map(([positions, channels]) => backwardCase({ positions, channels }, true)),
  backwardCase({ positions: 35, channels: 8 }, false),
  backwardCase({ positions: 35, channels: block }, false),
];
