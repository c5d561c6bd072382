/** normalise, forward and backward. */

import { recordNormaliseBackward, recordNormaliseForward } from '../../src/kernels/normalise.ts';
import { normaliseBackward, normaliseForward } from '../reference/normalise.ts';
import { floats, seededRandom, signed, widen } from '../support/random.ts';
import { accumulated, bytesOf, type KernelCase, unwrittenBuffer } from './kernel-case.ts';

type Triple = readonly [number, number, number];

/** Of torchvision: (x − mean) / std. */
const scale: Triple = [1 / 0.229, 1 / 0.224, 1 / 0.225];
const offset: Triple = [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225];

const rounded = ([r, g, b]: Triple): Triple => [Math.fround(r), Math.fround(g), Math.fround(b)];

function forwardCase(pixels: number, first = 0): KernelCase {
  const name = `normalise_forward x=[${pixels},3]${first > 0 ? ` after ${first} floats` : ''}`;
  return {
    op: 'normalise',
    name,
    flops: 6 * pixels,
    leastBytes: bytesOf(3 * pixels, 4 * pixels),
    make: () => {
      const input = floats(first + 3 * pixels, seededRandom(name));
      return {
        inputs: { input },
        outputs: {
          output: {
            initial: unwrittenBuffer(4 * pixels),
            expected: normaliseForward(widen(input).slice(first), rounded(scale), rounded(offset)),
            tolerance: accumulated(4),
            rule: (index) => (index % 4 === 3 ? 'zero' : 'compare'),
          },
        },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          const [input, output] = [buffer('input'), buffer('output')];
          recordNormaliseForward(program, { input, output, pixels, scale, offset, first });
        },
      },
    ],
  };
}

function backwardCase(pixels: number, firstPixel = 0, first = 0): KernelCase {
  const after = first + firstPixel > 0 ? ` after ${firstPixel} pixels, into a picture after ${first} floats` : '';
  const name = `normalise_backward x=[${pixels},3]${after}`;
  return {
    op: 'normalise',
    name,
    flops: 3 * pixels,
    leastBytes: bytesOf(4 * pixels, 3 * pixels),
    make: () => {
      // The padding channel's gradient is not 0 here: it must be dropped.
      const gradOutput = floats(4 * (firstPixel + pixels), signed(seededRandom(name)));
      return {
        inputs: { gradOutput },
        outputs: {
          gradInput: {
            initial: unwrittenBuffer(first + 3 * pixels),
            expected: Float64Array.from([
              ...new Float64Array(first),
              ...normaliseBackward(widen(gradOutput).slice(4 * firstPixel), rounded(scale)),
            ]),
            tolerance: accumulated(1),
            rule: (index) => (index < first ? 'untouched' : 'compare'),
          },
        },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          const [gradOutput, gradInput] = [buffer('gradOutput'), buffer('gradInput')];
          recordNormaliseBackward(program, { gradOutput, gradInput, pixels, scale, firstPixel, first });
        },
      },
    ],
  };
}

/** One pixel; around a workgroup; more than the whole grid of 65536. */
const sizes: readonly number[] = [1, 63, 64, 65, 768, 65_539];

export const normaliseCases: readonly KernelCase[] = [
  ...sizes.flatMap((pixels) => [forwardCase(pixels), backwardCase(pixels)]),
  forwardCase(65, 12),
  backwardCase(65, 5, 12),
];
