/** The W2 style loss on the device, over channels and over positions, against f64: the same polynomials, and eigenvalues. */

import { describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/core/gpu.ts';
import { fineRoot, quickRoot } from '../../src/kernels/inverse-root.ts';
import type { KernelFamily } from '../../src/kernels/preference.ts';
import type { MapShape } from '../../src/losses/loss.ts';
import { W2Loss, w2Ridges } from '../../src/losses/w2-loss.ts';
import { squareProduct, symmetricEigen } from '../reference/matrices.ts';
import { gaussianOf } from '../reference/moment-losses.ts';
import { polynomialInverseRoot, w2Exact, w2OverChannels, w2OverPositions } from '../reference/w2.ts';
import { centralDifferences, dot, largestRelativeDifference, norm } from '../support/derivatives.ts';
import { useGpu, withKernels } from '../support/gpu.ts';
import { floats, rectified, seededRandom, signed, widen } from '../support/random.ts';
import { features, lossOnDevice, relativeError } from '../support/style-loss.ts';

const steps = { steps: quickRoot, rootSteps: fineRoot };

describe('the references of W2', () => {
  const random = seededRandom('W2 references');
  const shape = { positions: 40, channels: 6 };
  const draw = (count: number) => widen(floats(count, rectified(random)));
  const feature = draw(240);
  const target = gaussianOf(shape, draw(240));

  it('have eigenvalues and eigenvectors of a symmetric matrix', () => {
    const { covariance } = target;
    const { values, vectors } = symmetricEigen(covariance, 6);
    const moved = squareProduct(6, covariance, vectors);
    const scaled = vectors.map((value, at) => value * (values[at % 6] ?? 0));
    expect(largestRelativeDifference(moved, scaled)).toBeLessThan(1e-13);
  });

  it('have the gradient of the value', () => {
    const value = (x: Float64Array): number => w2Exact(shape, x, target).value;
    const { gradient } = w2Exact(shape, feature, target);
    expect(largestRelativeDifference(gradient, centralDifferences(value, feature, 2 ** -12))).toBeLessThan(1e-5);
  });

  it('have roots that the polynomials reach, the finer one better', () => {
    const { covariance } = gaussianOf(shape, feature);
    const errors = [quickRoot, fineRoot].map((one) => {
      const q = polynomialInverseRoot(covariance, 6, one);
      const unit = squareProduct(6, q, covariance, q);
      return norm(unit.map((value, at) => value - (at % 7 === 0 ? 1 : 0)));
    });
    expect(Math.max(...errors)).toBeLessThan(0.1);
  });

  it('agree over channels, over positions and by eigenvalues', () => {
    const few = { positions: 5, channels: 6 };
    const small = draw(30);
    const exact = w2Exact(few, small, target);
    const found = [
      w2OverChannels(few, small, { target, ridges: { ridge: 0, meanRidge: 0 }, ...steps }),
      w2OverPositions(few, small, target, quickRoot),
    ];
    for (const { value, gradient } of found) {
      expect(relativeError(gradient, exact.gradient)).toBeLessThan(0.01);
      expect(Math.abs(value / exact.value - 1)).toBeLessThan(0.02);
    }
  });
});

describe('the W2 loss', () => {
  const gpu = useGpu();

  /** Against the same polynomials, so that only roundings differ. */
  async function check(on: Gpu, [positions, channels, ofStyle]: readonly [number, number, number]): Promise<void> {
    const shape: MapShape = { positions, channels };
    const styleShape = { positions: ofStyle, channels };
    const [feature, style] = [features('feature', shape), features('style', styleShape)];
    const target = gaussianOf(styleShape, widen(style));
    const loss = new W2Loss({ weight: 1 });
    const expected = loss.wholeMap.fits(shape)
      ? w2OverPositions(shape, widen(feature), target, quickRoot)
      : w2OverChannels(shape, widen(feature), { target, ridges: w2Ridges(channels), ...steps });
    const found = await lossOnDevice(on, loss, { shape, feature, style });
    const errors = [Math.abs(found.value / expected.value - 1), relativeError(found.gradient, expected.gradient)];
    expect(Math.max(...errors)).toBeLessThan(2e-3);
    const old = floats(feature.length, signed(seededRandom('old')));
    const added = await lossOnDevice(on, loss, { shape, feature, style, old });
    const difference = added.gradient.map((value, at) => value - (old[at] ?? 0));
    // What is added rounds to the old gradient's last bit.
    expect(norm(difference.map((value, at) => value - (found.gradient[at] ?? 0)))).toBeLessThan(1e-6 * norm(old));
  }

  it.each([
    [300, 64, 250],
    [192, 12, 140],
    [700, 128, 900],
    [40, 128, 90],
    [64, 128, 200],
    [100, 192, 300],
    // Padded, positions are as many as channels: over channels.
    [40, 64, 90],
  ] as const)('%i positions of %i channels, a style of %i', (...shape) => check(gpu(), shape));

  it.each(['direct', 'tiles'] as const satisfies readonly KernelFamily[])('%s kernels', async (family) => {
    const on = withKernels(gpu(), family);
    await check(on, [300, 64, 250]);
    await check(on, [40, 128, 90]);
    expect(on.buffers.count).toBe(0);
  });

  it('is near eigenvalues', async () => {
    const shape = { positions: 400, channels: 64 };
    const [feature, style] = [features('feature', shape, 0.3), features('style', shape, 0.3)];
    const exact = w2Exact(shape, widen(feature), gaussianOf(shape, widen(style)));
    const found = await lossOnDevice(gpu(), new W2Loss({ weight: 1 }), { shape, feature, style });
    expect(relativeError(found.gradient, exact.gradient)).toBeLessThan(0.03);
  });

  it('is the same over channels as over positions', async () => {
    const shape = { positions: 60, channels: 128 };
    const [feature, style] = [features('feature', shape), features('style', { positions: 300, channels: 128 })];
    const [channels, positions] = [false, true].map((takesWhole) =>
      lossOnDevice(gpu(), new W2Loss({ weight: 1, takesWhole }), { shape, feature, style }),
    );
    const [a, b] = [await channels, await positions];
    if (a === undefined || b === undefined) throw new Error('two losses');
    expect(relativeError(a.gradient, b.gradient)).toBeLessThan(1e-2);
  });

  const flat = (value: number) => (count: number) => floats(count, () => value);
  const pictures = {
    'nothing at all': flat(0),
    flat: flat(0.7),
    'flat, each channel for itself': (count: number) => floats(count, () => 0).map((_, at) => ((37 * at) % 128) / 77),
    'two colours': (count: number) => Float32Array.from({ length: count }, (_, at) => (at < count / 2 ? 0.2 : 3)),
    noise: (count: number) => floats(count, rectified(seededRandom('noise'))),
    'a hundredfold': (count: number) => floats(count, rectified(seededRandom('leap'))).map((value) => 100 * value),
  } as const;
  const pairs = Object.entries(pictures).flatMap(([name, make]) =>
    Object.entries(pictures).flatMap(([other, makeStyle]) =>
      [200, 50].map((positions) => ({ name, other, positions, make, makeStyle })),
    ),
  );
  it.each(pairs)('$name on $other, $positions positions', async ({ make, makeStyle, positions }) => {
    const shape = { positions, channels: 128 };
    const [feature, style] = [make(positions * 128), makeStyle(150 * 128)];
    const { value, gradient } = await lossOnDevice(gpu(), new W2Loss({ weight: 1 }), { shape, feature, style });
    // Two Gaussians are no farther apart than the one from 0 and the other from 0, together.
    const most = 2 * (dot(feature, feature) / positions + dot(style, style) / 150) * (1 / 128);
    expect(value).toBeLessThanOrEqual(1.001 * most);
    expect(value).toBeGreaterThanOrEqual(-0.01 * most);
    // dL/dF is 2 / (C · N) times how far a position's features are moved.
    const farthest = Math.sqrt((4 * most) / (128 * positions));
    expect(norm(gradient)).toBeLessThanOrEqual(2 * farthest);
  });

  it.each([200, 50])('of a map with itself, %i positions, is small with a small gradient', async (positions) => {
    const shape = { positions, channels: 128 };
    const [feature, other] = [features('feature', shape), features('other', shape)];
    const loss = new W2Loss({ weight: 1 });
    const itself = await lossOnDevice(gpu(), loss, { shape, feature, style: feature });
    const far = await lossOnDevice(gpu(), loss, { shape, feature: other, style: feature });
    expect(norm(itself.gradient)).toBeLessThan(0.1 * norm(far.gradient));
    expect(Math.abs(itself.value)).toBeLessThan(0.1 * far.value);
  });
});
