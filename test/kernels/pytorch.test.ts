/** The f64 references against PyTorch in float64 (test/fixtures/kernels/generate.py), forward and backward. */

import { describe, expect, it } from 'vitest';

import type { Conv2dShape } from '../../src/kernels/conv2d.ts';
import type { Pool2dShape } from '../../src/kernels/pool2d.ts';
import { conv2dSignature } from '../cases/conv2d.ts';
import { conv2dBackward, conv2dForward } from '../reference/conv2d.ts';
import { gramBackward, gramForward } from '../reference/gram.ts';
import { mseGradient, mseValue } from '../reference/mse.ts';
import { pool2dBackward, pool2dForward } from '../reference/pool2d.ts';
import { reluBackward, reluForward } from '../reference/relu.ts';
import { totalVariationGradient, totalVariationValue } from '../reference/total-variation.ts';
import { dot, largestRelativeDifference } from '../support/derivatives.ts';
import { type Fields, readFixtureCases } from '../support/fixture.ts';

/** Both sides are f64 sums of at most a few hundred terms, in different orders. */
const limit = 1e-12;

function conv2dShape(shape: Fields): Conv2dShape {
  const paddingMode = shape.text('paddingMode');
  if (paddingMode !== 'zeros' && paddingMode !== 'replicate') throw new Error(`padding mode ${paddingMode}`);
  return {
    inHeight: shape.number('inHeight'),
    inWidth: shape.number('inWidth'),
    inChannels: shape.number('inChannels'),
    outChannels: shape.number('outChannels'),
    kernelHeight: shape.number('kernelHeight'),
    kernelWidth: shape.number('kernelWidth'),
    stride: shape.number('stride'),
    padding: shape.number('padding'),
    paddingMode,
  };
}

describe('conv2d', () => {
  const cases = readFixtureCases('kernels/conv2d.json').map((each) => {
    const shape = conv2dShape(each.fields('shape'));
    const relu = each.flag('relu');
    return { name: `${conv2dSignature(shape)}${relu ? ' relu' : ''}`, shape, relu, each };
  });

  it.each(cases.map((each) => [each.name, each] as const))('%s', (_, { shape, relu, each }) => {
    const weight = each.numbers('weight');
    const output = conv2dForward({ shape, input: each.numbers('input'), weight, bias: each.numbers('bias'), relu });
    expect(largestRelativeDifference(output, each.numbers('output'))).toBeLessThan(limit);
    const slope = each.numbers('gradOutput');
    const gradInput = conv2dBackward({ shape, gradOutput: relu ? reluBackward(output, slope) : slope, weight });
    expect(largestRelativeDifference(gradInput, each.numbers('gradInput'))).toBeLessThan(limit);
  });
});

describe('pool2d', () => {
  const cases = readFixtureCases('kernels/pool2d.json').map((each, index) => {
    const fields = each.fields('shape');
    const shape: Pool2dShape = {
      inHeight: fields.number('inHeight'),
      inWidth: fields.number('inWidth'),
      channels: fields.number('channels'),
      kernelSize: fields.number('kernelSize'),
    };
    const pooling = each.text('pooling') === 'max' ? ('max' as const) : ('average' as const);
    const size = `x=[${shape.inHeight},${shape.inWidth},${shape.channels}] k=${shape.kernelSize}`;
    return { name: `${index}: ${pooling} ${size}`, pooling, shape, each };
  });

  it.each(cases.map((each) => [each.name, each] as const))('%s', (_, { pooling, shape, each }) => {
    const [input, gradOutput] = [each.numbers('input'), each.numbers('gradOutput')];
    const output = pool2dForward(pooling, shape, input);
    expect(largestRelativeDifference(output, each.numbers('output'))).toBeLessThan(limit);
    const gradInput = pool2dBackward({ pooling, shape, input, gradOutput, mask: false });
    expect(largestRelativeDifference(gradInput, each.numbers('gradInput'))).toBeLessThan(limit);
  });
});

describe('gram', () => {
  it.each(readFixtureCases('kernels/gram.json'))('case %#', (each) => {
    const shape = {
      positions: each.fields('shape').number('positions'),
      channels: each.fields('shape').number('channels'),
    };
    const scale = each.number('scale');
    const [feature, target] = [each.numbers('feature'), each.numbers('target')];
    const gram = gramForward(shape, feature, scale);
    expect(largestRelativeDifference(gram, each.numbers('gram'))).toBeLessThan(limit);
    expect(mseValue(gram, target) / each.number('loss')).toBeCloseTo(1, 12);
    // loss = Σ (G − target)², so dL/dG = 2 (G − target), and the backward pass wants 2 · scale · dL/dG.
    const gradFeature = gramBackward(shape, feature, mseGradient(gram, target, 4 * scale));
    expect(largestRelativeDifference(gradFeature, each.numbers('gradFeature'))).toBeLessThan(limit);
  });
});

describe('losses', () => {
  const references: Readonly<Record<string, (each: Fields, input: Float64Array) => [number, Float64Array]>> = {
    mse: (each, input) => {
      const reference = each.numbers('reference');
      return [mseValue(input, reference) / input.length, mseGradient(input, reference, 2 / input.length)];
    },
    'total variation': (each, input) => {
      const fields = each.fields('picture');
      const [r = 0, g = 0, b = 0] = fields.numbers('channelScale');
      const picture = {
        height: fields.number('height'),
        width: fields.number('width'),
        channelScale: [r, g, b] as const,
      };
      return [totalVariationValue(picture, input), totalVariationGradient(picture, input, { scale: 1 })];
    },
    relu: (each, input) => {
      const output = reluForward(input);
      return [dot(output, each.numbers('gradOutput')), reluBackward(output, each.numbers('gradOutput'))];
    },
  };
  const cases = readFixtureCases('kernels/losses.json').map((each) => ({ name: each.text('name'), each }));

  it.each(cases.map((each) => [each.name, each] as const))('%s', (name, { each }) => {
    const reference = references[name];
    if (reference === undefined) throw new Error(`no reference for ${name}`);
    const [value, gradient] = reference(each, each.numbers('input'));
    expect(value / each.number('value')).toBeCloseTo(1, 12);
    expect(largestRelativeDifference(gradient, each.numbers('gradient'))).toBeLessThan(limit);
  });
});
