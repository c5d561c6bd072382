/** maxpool2d and avgpool2d: edges left over, ties, and inputs that are all zero behind a ReLU. */

import {
  type Pool2dShape,
  type Pooling,
  pool2dOutputSize,
  pool2dRoutesBytes,
  recordPool2dBackward,
  recordPool2dForward,
  routedKernelSize,
} from '../../src/kernels/pool2d.ts';
import { pool2dBackward, pool2dForward } from '../reference/pool2d.ts';
import { floats, rectified, seededRandom, signed, widen } from '../support/random.ts';
import {
  accumulated,
  bytesOf,
  exact,
  type KernelCase,
  type KernelVariant,
  type Tolerance,
  unchanged,
  unwrittenBuffer,
} from './kernel-case.ts';

/** What the pool sees. Ties decide where the gradient goes: to the first maximum in scan order. */
type Content = 'signed' | 'rectified' | 'equal' | 'zero' | 'ties' | 'nan';

const draws: Readonly<Record<Content, (random: () => number) => () => number>> = {
  signed,
  rectified,
  equal: () => () => 0.75,
  zero: () => () => 0,
  // Three levels, so that most windows have their maximum twice or more; negative ones too.
  ties: (random) => () => Math.floor(3 * random()) - 1,
  // A quarter, so that windows have none, one and several, first and last.
  nan: (random) => () => (random() < 0.25 ? Number.NaN : 2 * random() - 1),
};

interface PoolProblem {
  readonly pooling: Pooling;
  readonly shape: Pool2dShape;
  readonly content: Content;
  readonly accumulate?: boolean;
}

function toleranceOf({ pooling, shape }: PoolProblem): Tolerance {
  return pooling === 'max' ? exact('a maximum is one of its inputs') : accumulated(shape.kernelSize ** 2 + 1);
}

function signature(direction: 'forward' | 'backward', { pooling, shape, content }: PoolProblem): string {
  const { inHeight, inWidth, channels, kernelSize } = shape;
  const op = pooling === 'max' ? 'maxpool2d' : 'avgpool2d';
  return `${op}_${direction} x=[${inHeight},${inWidth},${channels}] k=${kernelSize} ${content}`;
}

function sizesOf(shape: Pool2dShape) {
  const { height, width } = pool2dOutputSize(shape);
  return { input: shape.inHeight * shape.inWidth * shape.channels, output: height * width * shape.channels };
}

function forwardCase(problem: PoolProblem): KernelCase {
  const { pooling, shape, content } = problem;
  const name = signature('forward', problem);
  const sizes = sizesOf(shape);
  // The routes are judged by what the backward pass makes of them.
  const routed: KernelVariant = {
    name: 'routed',
    record: ({ program, buffer, scratch }) => {
      const routes = scratch('routes', pool2dRoutesBytes(shape));
      recordPool2dForward(program, { pooling, shape, input: buffer('input'), output: buffer('output'), routes });
    },
  };
  return {
    op: 'pool2d',
    name,
    flops: sizes.input,
    leastBytes: bytesOf(sizes.input, sizes.output),
    halves: ['input', 'output'],
    make: (stored = unchanged) => {
      const input = stored(floats(sizes.input, draws[content](seededRandom(name))));
      const expected = pool2dForward(pooling, shape, widen(input));
      const output = { initial: unwrittenBuffer(sizes.output), expected, tolerance: toleranceOf(problem) };
      return { inputs: { input }, outputs: { output } };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          recordPool2dForward(program, { pooling, shape, input: buffer('input'), output: buffer('output') });
        },
      },
      ...(shape.kernelSize === routedKernelSize ? [routed] : []),
    ],
  };
}

function backwardCase(problem: PoolProblem): KernelCase {
  const { pooling, shape, content, accumulate = false } = problem;
  const name = `${signature('backward', problem)}${accumulate ? ' accumulate' : ''}`;
  const sizes = sizesOf(shape);
  return {
    op: 'pool2d',
    name,
    flops: sizes.input,
    leastBytes: bytesOf(sizes.input, sizes.output, accumulate ? 2 * sizes.input : sizes.input),
    halves: ['input'],
    make: (stored = unchanged) => {
      const random = seededRandom(name);
      const input = stored(floats(sizes.input, draws[content](random)));
      const gradOutput = floats(sizes.output, signed(random));
      const old = floats(sizes.input, signed(random));
      const expected = pool2dBackward({
        pooling,
        shape,
        input: widen(input),
        gradOutput: widen(gradOutput),
        old: accumulate ? widen(old) : undefined,
        mask: true,
      });
      const isExact = pooling === 'max' && !accumulate;
      return {
        inputs: { input, gradOutput },
        outputs: {
          gradInput: {
            initial: accumulate ? old : unwrittenBuffer(sizes.input),
            expected,
            tolerance: isExact ? exact('gradients are moved, not changed') : accumulated(2),
          },
        },
      };
    },
    variants: () => [
      {
        name: 'routed',
        record: ({ preparation, program, buffer, scratch }) => {
          const routes = scratch('routes', pool2dRoutesBytes(shape));
          const output = scratch('output', bytesOf(sizes.output));
          recordPool2dForward(preparation, { pooling, shape, input: buffer('input'), output, routes });
          const [gradOutput, gradInput] = [buffer('gradOutput'), buffer('gradInput')];
          recordPool2dBackward(program, { pooling, shape, routes, gradOutput, gradInput, accumulate });
        },
      },
    ],
  };
}

const control: Pool2dShape = { inHeight: 6, inWidth: 8, channels: 8, kernelSize: 2 };

const shapes: readonly Pool2dShape[] = [
  control,
  { ...control, channels: 4 },
  { ...control, channels: 12 },
  { ...control, channels: 64 },
  { ...control, inHeight: 2, inWidth: 2 },
  // A row, a column and a corner that belong to no whole window.
  { ...control, inHeight: 7 },
  { ...control, inWidth: 9 },
  { ...control, inHeight: 7, inWidth: 9 },
  { ...control, inHeight: 3, inWidth: 2 },
  { ...control, kernelSize: 1 },
  { ...control, kernelSize: 3 },
  { ...control, kernelSize: 3, inHeight: 8, inWidth: 11 },
  { ...control, kernelSize: 6 },
  // VGG: pool1 of a small picture; more vectors than the grid has invocations.
  { ...control, inHeight: 32, inWidth: 24, channels: 64 },
  { ...control, inHeight: 259, inWidth: 261, channels: 20 },
];

const odd: Pool2dShape = { ...control, inHeight: 7, inWidth: 9 };

function casesOf(pooling: Pooling): readonly KernelCase[] {
  const routed = shapes.filter(({ kernelSize }) => kernelSize === routedKernelSize);
  return [
    ...shapes.map((shape) => forwardCase({ pooling, shape, content: 'signed' })),
    ...routed.flatMap((shape) => [
      backwardCase({ pooling, shape, content: 'rectified' }),
      backwardCase({ pooling, shape, content: 'rectified', accumulate: true }),
    ]),
    ...(['signed', 'equal', 'zero', 'ties', 'nan'] as const).flatMap((content) => [
      ...(content === 'signed' ? [] : [forwardCase({ pooling, shape: odd, content })]),
      backwardCase({ pooling, shape: odd, content }),
      backwardCase({ pooling, shape: odd, content, accumulate: true }),
    ]),
  ];
}

export const poolCases: readonly KernelCase[] = [...casesOf('max'), ...casesOf('average')];
