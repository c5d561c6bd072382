/** picture_window, forward and backward. */

import type { ChannelTriple } from '../../src/kernels/normalise.ts';
import { recordPictureWindowBackward, recordPictureWindowForward } from '../../src/kernels/picture-window.ts';
import { pictureWindowBackward, pictureWindowForward } from '../reference/picture-window.ts';
import { floats, seededRandom, signed, widen } from '../support/random.ts';
import { accumulated, bytesOf, type KernelCase, unwrittenBuffer } from './kernel-case.ts';

/** Of torchvision: (x − mean) / std. */
const scale: ChannelTriple = [1 / 0.229, 1 / 0.224, 1 / 0.225];
const offset: ChannelTriple = [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225];

const rounded = ([r, g, b]: ChannelTriple): ChannelTriple => [Math.fround(r), Math.fround(g), Math.fround(b)];

interface Shape {
  /** Of the picture, and of what is bound of it. */
  readonly rows: number;
  readonly pitch: number;
  readonly width: number;
  readonly height: number;
  readonly first: number;
  readonly done: { readonly columns: number; readonly rows: number };
}

const nameOf = ({ rows, pitch, width, height, first }: Shape): string =>
  `x=[${rows},${pitch},3] from ${first} ${width}x${height}`;

function forwardCase(shape: Shape): KernelCase {
  const { rows, pitch, width, height } = shape;
  const name = `picture_window_forward ${nameOf(shape)}`;
  const pixels = width * height;
  return {
    op: 'pictureWindow',
    name,
    flops: 6 * pixels,
    leastBytes: bytesOf(3 * pixels, 4 * pixels),
    make: () => {
      const picture = floats(3 * rows * pitch, seededRandom(name));
      return {
        inputs: { picture },
        outputs: {
          output: {
            initial: unwrittenBuffer(4 * pixels),
            expected: pictureWindowForward(widen(picture), shape, rounded(scale), rounded(offset)),
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
          const [picture, output] = [buffer('picture'), buffer('output')];
          recordPictureWindowForward(program, { ...shape, picture, output, scale, offset });
        },
      },
    ],
  };
}

function backwardCase(shape: Shape): KernelCase {
  const { rows, pitch, width, height, first, done } = shape;
  const name = `picture_window_backward ${nameOf(shape)} after ${done.columns} columns, ${done.rows} rows`;
  const pixels = width * height;
  const isWindow = (index: number): boolean => {
    const at = Math.floor((index - first) / 3);
    return at >= 0 && at % pitch < width && at < height * pitch;
  };
  return {
    op: 'pictureWindow',
    name,
    flops: 6 * pixels,
    leastBytes: bytesOf(4 * pixels, 6 * pixels),
    make: () => {
      const random = seededRandom(name);
      // The padding channel's gradient is not 0 here: it must be dropped.
      const gradOutput = floats(4 * pixels, signed(random));
      const old = floats(3 * rows * pitch, signed(random));
      return {
        inputs: { gradOutput },
        outputs: {
          gradient: {
            initial: old,
            expected: pictureWindowBackward(widen(gradOutput), widen(old), shape, rounded(scale)),
            tolerance: accumulated(2),
            rule: (index) => (isWindow(index) ? 'compare' : 'untouched'),
          },
        },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          const [gradOutput, gradient] = [buffer('gradOutput'), buffer('gradient')];
          recordPictureWindowBackward(program, { ...shape, gradOutput, gradient, scale });
        },
      },
    ],
  };
}

/** The first window, one to its right, one below, the last; all of a picture; more pixels than the whole grid of 65536. */
const shapes: readonly Shape[] = [
  { rows: 11, pitch: 13, width: 8, height: 7, first: 0, done: { columns: 0, rows: 0 } },
  { rows: 11, pitch: 13, width: 8, height: 7, first: 15, done: { columns: 3, rows: 0 } },
  { rows: 11, pitch: 13, width: 8, height: 7, first: 3 * 4 * 13, done: { columns: 0, rows: 3 } },
  { rows: 11, pitch: 13, width: 8, height: 7, first: 3 * (4 * 13 + 5), done: { columns: 3, rows: 3 } },
  { rows: 9, pitch: 7, width: 7, height: 9, first: 0, done: { columns: 0, rows: 0 } },
  { rows: 280, pitch: 300, width: 257, height: 256, first: 3 * 43, done: { columns: 40, rows: 0 } },
];

export const pictureWindowCases: readonly KernelCase[] = shapes.flatMap((shape) => [
  forwardCase(shape),
  backwardCase(shape),
]);
