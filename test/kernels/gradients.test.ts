/** The references' backward passes against central differences of their forward passes, in f64, and at the kinks by hand. */

import { describe, expect, it } from 'vitest';

import type { Conv2dShape } from '../../src/kernels/conv2d.ts';
import type { Pool2dShape, Pooling } from '../../src/kernels/pool2d.ts';
import type { WindowPoolShape } from '../../src/kernels/window-pool2d.ts';
import { conv2dSignature } from '../cases/conv2d.ts';
import { axisShapes } from '../cases/conv2d-problems.ts';
import { conv2dBackward, conv2dForward } from '../reference/conv2d.ts';
import { gramBackward, gramForward } from '../reference/gram.ts';
import { mseGradient, mseValue } from '../reference/mse.ts';
import { normaliseBackward, normaliseForward } from '../reference/normalise.ts';
import { pool2dBackward, pool2dForward } from '../reference/pool2d.ts';
import { reluBackward, reluForward } from '../reference/relu.ts';
import {
  fourNeighbours,
  ninePoints,
  totalVariationGradient,
  totalVariationValue,
} from '../reference/total-variation.ts';
import { windowPoolBackward, windowPoolForward } from '../reference/window-pool2d.ts';
import { centralDifferences, dot, largestRelativeDifference } from '../support/derivatives.ts';
import { seededRandom, signed } from '../support/random.ts';

/** Rounding of f64 over the step: 1e-16 · |f| / h, |f| being some hundred times the largest slope. */
const limit = 1e-9;
const step = 2 ** -12;

function vector(count: number, draw: () => number): Float64Array {
  return Float64Array.from({ length: count }, draw);
}

/** Uniform in [−1, 1), but farther than two steps from 0. */
function offZero(random: () => number): () => number {
  return () => {
    const value = 2 * random() - 1;
    return value + Math.sign(value) * 2 * step;
  };
}

function outputValues(shape: Conv2dShape): number {
  const [input, weight] = [inputValues(shape), weightValues(shape)];
  const zeros = { input: new Float64Array(input), weight: new Float64Array(weight) };
  return conv2dForward({ shape, ...zeros, bias: new Float64Array(shape.outChannels), relu: false }).length;
}

const inputValues = (shape: Conv2dShape): number => shape.inHeight * shape.inWidth * shape.inChannels;

const weightValues = (shape: Conv2dShape): number =>
  shape.outChannels * shape.inChannels * shape.kernelHeight * shape.kernelWidth;

/** Channels add nothing to the index arithmetic: a few of them, so that the differences stay quick. */
const convShapes: ReadonlyMap<string, Conv2dShape> = new Map(
  axisShapes
    .map((shape) => ({
      ...shape,
      inChannels: Math.min(shape.inChannels, 3),
      outChannels: Math.min(shape.outChannels, 2),
    }))
    .map((shape) => [conv2dSignature(shape), shape] as const),
);

describe('conv2d', () => {
  it.each([...convShapes])('%s', (name, shape) => {
    const random = seededRandom(name);
    const x = vector(inputValues(shape), signed(random));
    const weight = vector(weightValues(shape), signed(random));
    const bias = vector(shape.outChannels, signed(random));
    const slope = vector(outputValues(shape), signed(random));
    const loss = (input: Float64Array): number =>
      dot(slope, conv2dForward({ shape, input, weight, bias, relu: false }));
    const gradient = conv2dBackward({ shape, gradOutput: slope, weight });
    expect(largestRelativeDifference(gradient, centralDifferences(loss, x, step))).toBeLessThan(limit);
  });

  const [shape] = axisShapes;
  if (shape === undefined) throw new Error('conv2d has no control shape');

  it('with its ReLU: the output masks the gradient that goes back', () => {
    const random = seededRandom('relu after conv2d');
    const x = vector(inputValues(shape), signed(random));
    const weight = vector(weightValues(shape), signed(random));
    const bias = vector(shape.outChannels, signed(random));
    const slope = vector(outputValues(shape), signed(random));
    const loss = (input: Float64Array): number => dot(slope, conv2dForward({ shape, input, weight, bias, relu: true }));
    const preActivation = conv2dForward({ shape, input: x, weight, bias, relu: false });
    expect(Math.min(...preActivation.map(Math.abs)), 'distance from the kink').toBeGreaterThan(step);
    const gradOutput = reluBackward(reluForward(preActivation), slope);
    const gradient = conv2dBackward({ shape, gradOutput, weight });
    expect(largestRelativeDifference(gradient, centralDifferences(loss, x, step))).toBeLessThan(limit);
  });

  it("behind a ReLU at a tap: adds the loss's gradient, then masks both", () => {
    const random = seededRandom('conv2d of a tap');
    const z = vector(inputValues(shape), offZero(random));
    const weight = vector(weightValues(shape), signed(random));
    const bias = new Float64Array(shape.outChannels);
    const slope = vector(outputValues(shape), signed(random));
    const tapSlope = vector(z.length, signed(random));
    const loss = (before: Float64Array): number => {
      const input = reluForward(before);
      return dot(slope, conv2dForward({ shape, input, weight, bias, relu: false })) + dot(tapSlope, input);
    };
    const activation = reluForward(z);
    const gradient = conv2dBackward({ shape, gradOutput: slope, weight, old: tapSlope, activation });
    expect(largestRelativeDifference(gradient, centralDifferences(loss, z, step))).toBeLessThan(limit);
  });
});

/** Whole numbers in random order, none of them 0: no ties, and no kink of a ReLU near. */
function distinct(count: number, random: () => number): Float64Array {
  const order = Array.from({ length: count }, (_, index) => ({ key: random(), value: index - count / 2 + 0.5 }));
  return Float64Array.from(order.sort((a, b) => a.key - b.key).map(({ value }) => value));
}

describe.each<Pooling>(['max', 'average'])('%s pooling', (pooling) => {
  const shapes: readonly Pool2dShape[] = [
    { inHeight: 6, inWidth: 8, channels: 4, kernelSize: 2 },
    { inHeight: 7, inWidth: 9, channels: 4, kernelSize: 2 },
    { inHeight: 7, inWidth: 11, channels: 4, kernelSize: 3 },
  ];

  it.each(shapes)('x=[$inHeight,$inWidth,$channels] k=$kernelSize, behind a ReLU at a tap', (shape) => {
    const random = seededRandom(`${pooling} ${JSON.stringify(shape)}`);
    const z = distinct(shape.inHeight * shape.inWidth * shape.channels, random);
    const slope = vector(pool2dForward(pooling, shape, z).length, signed(random));
    const tapSlope = vector(z.length, signed(random));
    const loss = (before: Float64Array): number => {
      const input = reluForward(before);
      return dot(slope, pool2dForward(pooling, shape, input)) + dot(tapSlope, input);
    };
    const input = reluForward(z);
    const gradient = pool2dBackward({ pooling, shape, input, gradOutput: slope, old: tapSlope, mask: true });
    expect(largestRelativeDifference(gradient, centralDifferences(loss, z, step))).toBeLessThan(limit);
  });

  it.each(shapes)('x=[$inHeight,$inWidth,$channels] k=$kernelSize, on its own', (shape) => {
    const random = seededRandom(`${pooling} ${JSON.stringify(shape)}`);
    const x = distinct(shape.inHeight * shape.inWidth * shape.channels, random);
    const slope = vector(pool2dForward(pooling, shape, x).length, signed(random));
    const loss = (input: Float64Array): number => dot(slope, pool2dForward(pooling, shape, input));
    const gradient = pool2dBackward({ pooling, shape, input: x, gradOutput: slope, mask: false });
    expect(largestRelativeDifference(gradient, centralDifferences(loss, x, step))).toBeLessThan(limit);
  });
});

describe.each<Pooling>(['max', 'average'])('%s pooling over windows that overlap', (pooling) => {
  const control = { inHeight: 7, inWidth: 6, channels: 4, kernelSize: 3, stride: 2, padding: 0 } as const;
  const shapes: readonly WindowPoolShape[] = [
    { ...control, ceil: false, countsPadding: true },
    { ...control, ceil: true, countsPadding: true },
    { ...control, stride: 1, padding: 1, ceil: false, countsPadding: true },
    { ...control, stride: 1, padding: 1, ceil: false, countsPadding: false },
  ];

  it.each(shapes)('s=$stride p=$padding, ceil $ceil, counts padding $countsPadding', (shape) => {
    const random = seededRandom(`${pooling} ${JSON.stringify(shape)}`);
    const x = distinct(shape.inHeight * shape.inWidth * shape.channels, random);
    const slope = vector(windowPoolForward(pooling, shape, x).length, signed(random));
    const loss = (input: Float64Array): number => dot(slope, windowPoolForward(pooling, shape, input));
    const gradient = windowPoolBackward({ pooling, shape, input: x, gradOutput: slope, mask: false });
    expect(largestRelativeDifference(gradient, centralDifferences(loss, x, step))).toBeLessThan(limit);
  });
});

describe('losses', () => {
  it('gram: 2 · scale · F · dL/dG', () => {
    const random = seededRandom('gram');
    const shape = { positions: 9, channels: 4 };
    const scale = 0.3;
    const feature = vector(36, signed(random));
    const target = gramForward(shape, vector(36, signed(random)), scale);
    const loss = (f: Float64Array): number => 0.5 * mseValue(gramForward(shape, f, scale), target);
    const gradGram = mseGradient(gramForward(shape, feature, scale), target, 2 * scale);
    const gradient = gramBackward(shape, feature, gradGram);
    // Of degree 4: the differences' own error is h² / 6 times the third derivative.
    expect(largestRelativeDifference(gradient, centralDifferences(loss, feature, 2 ** -16))).toBeLessThan(1e-8);
  });

  it('mse', () => {
    const random = seededRandom('mse');
    const [x, reference] = [vector(20, signed(random)), vector(20, signed(random))];
    const differences = centralDifferences((input) => mseValue(input, reference), x, step);
    expect(largestRelativeDifference(mseGradient(x, reference, 2), differences)).toBeLessThan(limit);
  });

  it.each([
    [1, 1],
    [1, 5],
    [4, 1],
    [5, 6],
  ])('total variation x=[%i,%i,3]', (height, width) => {
    const random = seededRandom('total variation');
    const picture = { height, width, channelScale: [0.2, 1, 3] } as const;
    const x = vector(height * width * 3, random);
    for (const forEachPair of [fourNeighbours, ninePoints]) {
      const value = (input: Float64Array): number => 0.7 * totalVariationValue(picture, input, forEachPair);
      const differences = centralDifferences(value, x, step);
      const gradient = totalVariationGradient(picture, x, { scale: 0.7, forEachPair });
      if (height * width === 1) expect([...gradient, ...differences]).toEqual([0, 0, 0, 0, 0, 0]);
      else expect(largestRelativeDifference(gradient, differences)).toBeLessThan(limit);
    }
  });

  it('normalise', () => {
    const random = seededRandom('normalise');
    const scale = [2, 3, -4] as const;
    const x = vector(15, signed(random));
    const slope = vector(20, signed(random));
    const loss = (input: Float64Array): number => dot(slope, normaliseForward(input, scale, [1, 2, 3]));
    const gradient = normaliseBackward(slope, scale);
    expect(largestRelativeDifference(gradient, centralDifferences(loss, x, step))).toBeLessThan(limit);
  });
});

describe('kinks', () => {
  const window = { inHeight: 2, inWidth: 2, channels: 1, kernelSize: 2 };
  const route = (input: readonly number[], mask = false): number[] => {
    const gradOutput = Float64Array.of(5);
    return [...pool2dBackward({ pooling: 'max', shape: window, input: Float64Array.from(input), gradOutput, mask })];
  };

  it('relu: the gradient at 0 is 0', () => {
    expect([...reluBackward(Float64Array.of(0, 1, 0), Float64Array.of(3, 4, 5))]).toEqual([0, 4, 0]);
  });

  it.each([
    [
      [1, 1, 1, 1],
      [5, 0, 0, 0],
    ],
    [
      [0, 1, 1, 1],
      [0, 5, 0, 0],
    ],
    [
      [0, 0, 1, 1],
      [0, 0, 5, 0],
    ],
    [
      [-2, -1, -1, -3],
      [0, 5, 0, 0],
    ],
    [
      [0, 0, 0, 0],
      [5, 0, 0, 0],
    ],
  ])('maxpool2d: of %j the first maximum gets the gradient, %j', (input, expected) => {
    expect(route(input)).toEqual(expected);
  });

  it('maxpool2d: a window of zeros behind a ReLU gets nothing', () => {
    expect(route([0, 0, 0, 0], true)).toEqual([0, 0, 0, 0]);
  });
});
