/** The style losses on means and covariances on the device against their definitions in f64. */

import { describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/core/gpu.ts';
import type { KernelFamily } from '../../src/kernels/preference.ts';
import { CovarianceLoss, covarianceShare } from '../../src/losses/covariance-loss.ts';
import { covarianceLoss, type Gaussian, gaussianOf } from '../reference/moment-losses.ts';
import { centralDifferences, largestRelativeDifference } from '../support/derivatives.ts';
import { useGpu, withKernels } from '../support/gpu.ts';
import { floats, rectified, seededRandom, signed, widen } from '../support/random.ts';
import { features, lossOnDevice, relativeError } from '../support/style-loss.ts';

const shapes: readonly (readonly [positions: number, channels: number, ofStyle: number])[] = [
  [192, 64, 300],
  [300, 12, 140],
  [40, 64, 90],
  [1000, 128, 700],
];

describe('the reference of the covariance loss', () => {
  it('has the gradient of its value', () => {
    const shape = { positions: 9, channels: 4 };
    const random = seededRandom('covariance gradient');
    const feature = widen(floats(36, rectified(random)));
    const target = gaussianOf(shape, widen(floats(36, rectified(random))));
    const value = (x: Float64Array): number => covarianceLoss(shape, x, target, 0.75).value;
    const { gradient } = covarianceLoss(shape, feature, target, 0.75);
    expect(largestRelativeDifference(gradient, centralDifferences(value, feature, 2 ** -12))).toBeLessThan(1e-5);
  });
});

describe('the covariance loss', () => {
  const gpu = useGpu();

  const check = async (on: Gpu, [positions, channels, ofStyle]: (typeof shapes)[number]): Promise<void> => {
    const shape = { positions, channels };
    const [feature, style] = [features('feature', shape), features('style', { positions: ofStyle, channels })];
    const target: Gaussian = gaussianOf({ positions: ofStyle, channels }, widen(style));
    const expected = covarianceLoss(shape, widen(feature), target, covarianceShare);
    const found = await lossOnDevice(on, new CovarianceLoss(1), { shape, feature, style });
    expect(Math.abs(found.value / expected.value - 1)).toBeLessThan(1e-5);
    expect(relativeError(found.gradient, expected.gradient)).toBeLessThan(2e-5);
    const old = floats(feature.length, signed(seededRandom('old')));
    const added = await lossOnDevice(on, new CovarianceLoss(1), { shape, feature, style, old });
    const sum = expected.gradient.map((value, at) => value + (old[at] ?? 0));
    expect(relativeError(added.gradient, sum)).toBeLessThan(2e-5);
  };

  it.each(shapes)('%i positions of %i channels, a style of %i', (...shape) => check(gpu(), shape));

  it.each(['direct', 'tiles'] as const satisfies readonly KernelFamily[])('%s kernels', async (family) => {
    const on = withKernels(gpu(), family);
    await check(on, [192, 64, 300]);
    expect(on.buffers.count).toBe(0);
  });
});
