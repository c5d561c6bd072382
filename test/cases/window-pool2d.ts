/** Pooling over windows that may overlap: every geometry of the networks with branches, edges, ties, places in larger maps. */

import type { Pooling } from '../../src/kernels/pool2d.ts';
import {
  recordWindowPoolBackward,
  recordWindowPoolForward,
  type WindowPoolShape,
  windowPoolOutputSize,
  windowRouteWords,
} from '../../src/kernels/window-pool2d.ts';
import { windowPoolBackward, windowPoolForward } from '../reference/window-pool2d.ts';
import { isInPlace, placeChannels, placeReference } from '../support/layout.ts';
import { floats, seededRandom, signed, widen } from '../support/random.ts';
import {
  accumulated,
  bytesOf,
  exact,
  type KernelCase,
  unchanged,
  untouched,
  unwritten,
  unwrittenBuffer,
} from './kernel-case.ts';

interface WindowPoolProblem {
  readonly pooling: Pooling;
  readonly shape: WindowPoolShape;
  /** `ties`: three levels, so that most windows have their maximum twice or more, and negative ones too. */
  readonly content: 'signed' | 'ties' | 'nan';
  readonly accumulate?: boolean;
  readonly mask?: boolean;
}

const draws: Readonly<Record<WindowPoolProblem['content'], (random: () => number) => () => number>> = {
  signed,
  ties: (random) => () => Math.floor(3 * random()) - 1,
  nan: (random) => () => (random() < 0.25 ? Number.NaN : 2 * random() - 1),
};

function signature(direction: string, { pooling, shape, content, accumulate, mask }: WindowPoolProblem): string {
  const { inHeight, inWidth, channels, kernelSize, stride, padding, ceil, countsPadding, place } = shape;
  const flags = [
    ceil && 'ceil',
    pooling === 'average' && (countsPadding ? 'counts padding' : 'leaves padding out'),
    place && `@${place.first}/${place.of}`,
    content,
    accumulate && 'accumulate',
    mask && 'mask',
  ].filter((flag) => typeof flag === 'string');
  const windows = `k=${kernelSize} s=${stride} p=${padding}`;
  return `${pooling} pool windows ${direction} x=[${inHeight},${inWidth},${channels}] ${windows} ${flags.join(' ')}`;
}

function sizesOf(shape: WindowPoolShape) {
  const { height, width } = windowPoolOutputSize(shape);
  const values = height * width * shape.channels;
  return { input: shape.inHeight * shape.inWidth * shape.channels, output: values };
}

function forwardCase(problem: WindowPoolProblem): KernelCase {
  const { pooling, shape, content } = problem;
  const { channels, place = { first: 0, of: channels } } = shape;
  const name = signature('forward', problem);
  const sizes = sizesOf(shape);
  return {
    op: 'pool2d',
    name,
    flops: sizes.output * shape.kernelSize ** 2,
    leastBytes: bytesOf(sizes.input, sizes.output),
    halves: ['input', 'output'],
    make: (stored = unchanged) => {
      const input = stored(floats(sizes.input, draws[content](seededRandom(name))));
      return {
        inputs: { input },
        outputs: {
          output: {
            initial: new Float32Array((sizes.output / channels) * place.of).fill(untouched),
            expected: placeReference(windowPoolForward(pooling, shape, widen(input)), channels, place),
            tolerance:
              pooling === 'max' ? exact('a maximum is one of its inputs') : accumulated(shape.kernelSize ** 2 + 1),
            rule: (index) => (isInPlace(index, channels, place) ? 'compare' : 'untouched'),
          },
        },
      };
    },
    variants: () => [
      {
        name: 'windows',
        record: ({ program, buffer, scratch }) => {
          const routes = scratch('routes', bytesOf(windowRouteWords(shape)));
          recordWindowPoolForward(program, {
            pooling,
            shape,
            input: buffer('input'),
            output: buffer('output'),
            routes,
          });
        },
      },
    ],
  };
}

function backwardCase(problem: WindowPoolProblem): KernelCase {
  const { pooling, shape, content, accumulate = false, mask = false } = problem;
  const { channels, place = { first: 0, of: channels } } = shape;
  const name = signature('backward', problem);
  const sizes = sizesOf(shape);
  return {
    op: 'pool2d',
    name,
    flops: sizes.output * shape.kernelSize ** 2,
    leastBytes: bytesOf(sizes.input, sizes.output, accumulate ? sizes.input : 0),
    ...(mask ? { halves: ['input'] } : {}),
    make: (stored = unchanged) => {
      const random = seededRandom(name);
      const input = stored(floats(sizes.input, draws[content](random)));
      const gradOutput = floats(sizes.output, signed(random));
      const old = floats(sizes.input, signed(random));
      const expected = windowPoolBackward({
        pooling,
        shape,
        input: widen(input),
        gradOutput: widen(gradOutput),
        old: accumulate ? widen(old) : undefined,
        mask,
      });
      return {
        inputs: { input, gradOutput: placeChannels(gradOutput, channels, place, unwritten) },
        outputs: {
          gradInput: {
            initial: accumulate ? old : unwrittenBuffer(sizes.input),
            expected,
            tolerance: accumulated(shape.kernelSize ** 2 + 2),
          },
        },
      };
    },
    variants: () => [
      {
        name: 'windows',
        record: ({ preparation, program, buffer, scratch }) => {
          const routes = scratch('routes', bytesOf(windowRouteWords(shape)));
          const output = scratch('output', bytesOf((sizes.output / channels) * place.of));
          recordWindowPoolForward(preparation, { pooling, shape, input: buffer('input'), output, routes });
          const [gradOutput, gradInput] = [buffer('gradOutput'), buffer('gradInput')];
          const activation = mask ? buffer('input') : undefined;
          recordWindowPoolBackward(program, { pooling, shape, routes, gradOutput, gradInput, accumulate, activation });
        },
      },
    ],
  };
}

const control: WindowPoolShape = {
  inHeight: 9,
  inWidth: 7,
  channels: 8,
  kernelSize: 3,
  stride: 2,
  padding: 0,
  ceil: false,
  countsPadding: true,
};

/** Side by side, overlapping, padded; sizes at which rounding up and down differ, and maps smaller than a window. */
const shapes: readonly WindowPoolShape[] = [
  control,
  { ...control, inHeight: 16, inWidth: 12 },
  { ...control, inHeight: 16, inWidth: 12, ceil: true },
  { ...control, inHeight: 18, inWidth: 14, ceil: true },
  { ...control, inHeight: 3, inWidth: 4, ceil: true },
  { ...control, inHeight: 3, inWidth: 3 },
  { ...control, kernelSize: 2, inHeight: 7, inWidth: 6, ceil: true },
  { ...control, stride: 1, padding: 1 },
  { ...control, stride: 1, padding: 1, inHeight: 2, inWidth: 1 },
  { ...control, stride: 1, padding: 1, countsPadding: false },
  { ...control, stride: 2, padding: 1, countsPadding: false, ceil: true },
  { ...control, stride: 3, kernelSize: 5, padding: 2, channels: 4, inHeight: 13, inWidth: 11 },
  { ...control, place: { first: 0, of: 20 } },
  { ...control, stride: 1, padding: 1, channels: 12, place: { first: 8, of: 24 } },
];

const problems: readonly WindowPoolProblem[] = (['max', 'average'] as const).flatMap((pooling) => [
  ...shapes
    // What the divisor counts is no matter to a maximum.
    .filter(({ countsPadding }) => pooling === 'average' || countsPadding)
    .map((shape): WindowPoolProblem => ({ pooling, shape, content: pooling === 'max' ? 'ties' : 'signed' })),
  { pooling, shape: { ...control, stride: 1, padding: 1, inWidth: 8 }, content: 'signed', accumulate: true },
  { pooling, shape: { ...control, place: { first: 4, of: 16 } }, content: 'ties', accumulate: true, mask: true },
]);

export const windowPoolCases: readonly KernelCase[] = [
  ...problems.filter(({ accumulate }) => accumulate !== true).map(forwardCase),
  forwardCase({ pooling: 'max', shape: { ...control, stride: 1, padding: 1 }, content: 'nan' }),
  ...problems.map(backwardCase),
];
