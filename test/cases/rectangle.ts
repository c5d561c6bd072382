/** rectangle: crop and place. */

import { recordRectangleCrop, recordRectanglePlace } from '../../src/kernels/rectangle.ts';
import { rectangleCrop, rectanglePlace } from '../reference/rectangle.ts';
import { floats, rectified, seededRandom, signed, widen } from '../support/random.ts';
import { accumulated, bytesOf, exact, type KernelCase, unchanged, unwrittenBuffer } from './kernel-case.ts';

interface Shape {
  readonly height: number;
  readonly pitch: number;
  readonly channels: number;
  readonly rectangle: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

const sizeOf = ({ height, pitch, channels, rectangle }: Shape): string =>
  `x=[${height},${pitch},${channels}] at ${rectangle.left},${rectangle.top} ${rectangle.width}x${rectangle.height}`;

function cropCase(shape: Shape): KernelCase {
  const name = `rectangle_crop ${sizeOf(shape)}`;
  const { height, pitch, channels, rectangle } = shape;
  const values = rectangle.width * rectangle.height * channels;
  return {
    op: 'rectangle',
    name,
    flops: 0,
    leastBytes: bytesOf(values, values),
    halves: ['input', 'output'],
    make: (stored = unchanged) => {
      const input = stored(floats(height * pitch * channels, rectified(seededRandom(name))));
      const expected = rectangleCrop(widen(input), shape);
      return {
        inputs: { input },
        outputs: { output: { initial: unwrittenBuffer(values), expected, tolerance: exact('a copy') } },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          recordRectangleCrop(program, { ...shape, input: buffer('input'), output: buffer('output') });
        },
      },
    ],
  };
}

function placeCase(
  shape: Shape,
  rows: { readonly from: number; readonly to: number },
  accumulate: boolean,
): KernelCase {
  const name = `rectangle_place ${sizeOf(shape)} rows ${rows.from} to ${rows.to}${accumulate ? ' accumulate' : ''}`;
  const { height, pitch, channels, rectangle } = shape;
  const written = (rows.to - rows.from) * pitch * channels;
  const [first, end] = [rows.from, rows.to].map((row) => row * pitch * channels);
  const isWritten = (index: number): boolean => index >= (first ?? 0) && index < (end ?? 0);
  return {
    op: 'rectangle',
    name,
    flops: accumulate ? written : 0,
    leastBytes: bytesOf(rectangle.width * rectangle.height * channels, accumulate ? 2 * written : written),
    make: () => {
      const random = seededRandom(name);
      const values = floats(rectangle.width * rectangle.height * channels, signed(random));
      const size = height * pitch * channels;
      const old = accumulate ? floats(size, signed(random)) : unwrittenBuffer(size);
      const before = widen(old).map((value, index) => (accumulate || !isWritten(index) ? value : 0));
      return {
        inputs: { values },
        outputs: {
          gradient: {
            initial: old,
            expected: rectanglePlace(widen(values), before, shape),
            tolerance: accumulated(2),
            rule: (index) => (isWritten(index) ? 'compare' : 'untouched'),
          },
        },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          const [values, gradient] = [buffer('values'), buffer('gradient')];
          recordRectanglePlace(program, { ...shape, values, gradient, accumulate, rows });
        },
      },
    ],
  };
}

/** The whole map; in the middle; a corner, a row, a column and a position; more than the whole grid of 65536. */
const shapes: readonly Shape[] = [
  { height: 5, pitch: 7, channels: 8, rectangle: { left: 0, top: 0, width: 7, height: 5 } },
  { height: 9, pitch: 13, channels: 4, rectangle: { left: 3, top: 2, width: 6, height: 5 } },
  { height: 9, pitch: 13, channels: 12, rectangle: { left: 8, top: 6, width: 5, height: 3 } },
  { height: 4, pitch: 33, channels: 4, rectangle: { left: 1, top: 3, width: 31, height: 1 } },
  { height: 33, pitch: 4, channels: 4, rectangle: { left: 3, top: 0, width: 1, height: 33 } },
  { height: 3, pitch: 3, channels: 64, rectangle: { left: 1, top: 1, width: 1, height: 1 } },
  { height: 140, pitch: 130, channels: 16, rectangle: { left: 2, top: 3, width: 128, height: 130 } },
];

export const rectangleCases: readonly KernelCase[] = [
  ...shapes.map(cropCase),
  ...shapes.flatMap((shape) => [false, true].map((sum) => placeCase(shape, { from: 0, to: shape.height }, sum))),
  ...shapes.slice(1, 3).map((shape) => placeCase(shape, { from: 2, to: 8 }, false)),
  ...shapes.slice(1, 2).map((shape) => placeCase(shape, { from: 4, to: 9 }, true)),
];
