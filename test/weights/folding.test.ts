/** Batch normalisation and input conventions folded into a convolution: identities on the layer's output, in f64. */

import { describe, expect, it } from 'vitest';
import { batchNormEpsilon, foldBatchNorm } from '../../src/weights/batch-norm.ts';
import { adaptFirstConvolution } from '../../src/weights/input-convention.ts';
import { pattern } from './bytes.ts';

const outChannels = 5;
const inChannels = 3;
const size = 5;
const patterned = (length: number, seed: number, offset = 0) =>
  Float32Array.from({ length }, (_, i) => pattern(i, seed) + offset);

const weight = patterned(outChannels * inChannels * 9, 1);
const bias = patterned(outChannels, 2);

/** A 3x3 convolution without padding of [3, 5, 5], in f64: [out, 3, 3]. */
function convolve(input: Float64Array, kernel: Float32Array, constant: Float32Array): number[] {
  const output: number[] = [];
  for (let out = 0; out < outChannels; out++) {
    for (let y = 0; y < size - 2; y++) {
      for (let x = 0; x < size - 2; x++) {
        let sum = constant[out] ?? 0;
        for (let tap = 0; tap < inChannels * 9; tap++) {
          const [channel, row, column] = [Math.floor(tap / 9), Math.floor((tap % 9) / 3), tap % 3];
          const value = input[(channel * size + y + row) * size + x + column] ?? 0;
          sum += (kernel[out * inChannels * 9 + tap] ?? 0) * value;
        }
        output.push(sum);
      }
    }
  }
  return output;
}

function expectClose(actual: readonly number[], expected: readonly number[], relative: number): void {
  const scale = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - (expected[i] ?? 0))));
  expect(worst / scale).toBeLessThan(relative);
}

describe('foldBatchNorm', () => {
  it.each([undefined, 1e-3])('equals convolution, then normalisation, with epsilon %s', (given) => {
    const epsilon = given ?? batchNormEpsilon;
    const gamma = patterned(outChannels, 3, 1);
    const beta = patterned(outChannels, 4);
    const mean = patterned(outChannels, 5);
    // Small ones too, where epsilon counts.
    const variance = patterned(outChannels, 6, 0.6).map((value, i) => (i === 0 ? 1e-4 : value));
    const input = Float64Array.from({ length: inChannels * size * size }, (_, i) => pattern(i, 7));
    const perChannel = (size - 2) ** 2;
    const expected = convolve(input, weight, bias).map((value, i) => {
      const channel = Math.floor(i / perChannel);
      const [g = 0, b = 0, m = 0, v = 0] = [gamma, beta, mean, variance].map((values) => values[channel]);
      return (g * (value - m)) / Math.sqrt(v + epsilon) + b;
    });
    const norm = { gamma, beta, mean, variance };
    const folded = foldBatchNorm(weight, bias, given === undefined ? norm : { ...norm, epsilon });
    // Folded values are rounded to f32: 6e-8 each, and the sums have 28 terms.
    expectClose(convolve(input, folded.weight, folded.bias), expected, 1e-6);
  });

  it('gives NaN for a variance below minus eps, so that the caller refuses it', () => {
    const ones = new Float32Array(1).fill(1);
    const folded = foldBatchNorm(ones, ones, { gamma: ones, beta: ones, mean: ones, variance: Float32Array.of(-1) });
    expect(folded.weight[0]).toBeNaN();
  });
});

describe('adaptFirstConvolution', () => {
  const mean = [0.485, 0.456, 0.406];
  const std = [0.229, 0.224, 0.225];
  const caffeMean = [123.68, 116.779, 103.939];
  const picture = Float64Array.from({ length: inChannels * size * size }, (_, i) => pattern(i, 8) + 0.5);
  const perChannel = size * size;
  const mapped = (values: Float64Array, map: (value: number, channel: number) => number) =>
    values.map((value, i) => map(value, Math.floor(i / perChannel)));
  const normalised = mapped(picture, (value, c) => (value - (mean[c] ?? 0)) / (std[c] ?? 1));
  const centred = mapped(picture, (value, c) => 255 * value - (caffeMean[c] ?? 0));

  it("equals the original on 0..255 RGB less Caffe's mean", () => {
    const adapted = adaptFirstConvolution(weight, bias, 'caffe-rgb');
    expectClose(convolve(normalised, adapted.weight, adapted.bias), convolve(centred, weight, bias), 1e-6);
  });

  it("equals the original on 0..255 BGR less Caffe's mean", () => {
    const reversed = new Float64Array(
      [2, 1, 0].flatMap((c) => [...centred.subarray(c * perChannel, (c + 1) * perChannel)]),
    );
    const adapted = adaptFirstConvolution(weight, bias, 'caffe-bgr');
    expectClose(convolve(normalised, adapted.weight, adapted.bias), convolve(reversed, weight, bias), 1e-6);
  });

  it.each([
    ['unit', (value: number) => value],
    ['symmetric', (value: number) => 2 * value - 1],
  ] as const)('equals the original on %s input', (convention, wanted) => {
    const adapted = adaptFirstConvolution(weight, bias, convention);
    const expected = convolve(mapped(picture, wanted), weight, bias);
    expectClose(convolve(normalised, adapted.weight, adapted.bias), expected, 1e-6);
  });

  it("leaves torchvision's alone", () => {
    expect(adaptFirstConvolution(weight, bias, 'torchvision')).toEqual({ weight, bias });
  });
});
