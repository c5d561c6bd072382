/** Several styles as one: shares, and the identity that the mix's gradient is the weighted sum of the styles' gradients. */

import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { resizeImage } from '../../src/images/resize.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import { DeviceWeights, type HostWeights } from '../../src/models/device-weights.ts';
import { TransferObjective } from '../../src/objective/objective.ts';
import { mixOf, type Style, type StylePicture } from '../../src/objective/style-mix.ts';
import { presetSettings, resolveSettings } from '../../src/settings/presets.ts';
import type { ObjectiveOptions } from '../../src/settings/settings.ts';
import { planStylize, preparePictures } from '../../src/transfer/prepare.ts';
import { stylize } from '../../src/transfer/stylize.ts';
import { largestRelativeDifference } from '../support/derivatives.ts';
import { useGpu } from '../support/gpu.ts';
import { readBundledWeights, readFixturePictures } from '../support/network.ts';
import { relativeError } from '../support/style-loss.ts';

const weighted = (...weights: readonly number[]): readonly StylePicture<string>[] =>
  weights.map((weight, index) => ({ picture: `picture ${index}`, weight }));

describe('the shares of a mix', () => {
  it('are 1 for a picture alone', () => {
    expect(mixOf('one')).toEqual([{ picture: 'one', weight: 1 }]);
    expect(mixOf(weighted(7))).toEqual(weighted(1));
  });

  it('are in proportion to the weights and add up to 1, however large or small', () => {
    expect(mixOf(weighted(2, 1, 1, 0))).toEqual(weighted(0.5, 0.25, 0.25, 0));
    const weight = fc.oneof(fc.constant(0), fc.double({ min: 1e-300, max: Number.MAX_VALUE, noNaN: true }));
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 6 }), (weights) => {
        fc.pre(weights.some((each) => each > 0));
        const shares = mixOf(weighted(...weights)).map((each) => each.weight);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
      }),
    );
  });

  it.each([
    [[1, -1], 'the weight of style picture 2 is -1; expected a number of at least 0'],
    [[Number.NaN], 'the weight of style picture 1 is NaN'],
    [[1, 1, Number.POSITIVE_INFINITY], 'the weight of style picture 3 is Infinity'],
    [[0, 0], 'no style picture has a weight above 0'],
    [[], 'no style picture has a weight above 0'],
  ])('of %o are refused', (weights, message) => {
    expect(() => mixOf(weighted(...weights))).toThrow(message);
  });
});

describe('a mix of styles', () => {
  const gpu = useGpu();
  let weights: HostWeights;
  let pictures: Awaited<ReturnType<typeof readFixturePictures>>;
  let styles: readonly [RgbImage, RgbImage];
  beforeAll(async () => {
    weights = await readBundledWeights();
    pictures = await readFixturePictures('wave_cat_64x48');
    const { style } = await readFixturePictures('odd_51x37');
    styles = [pictures.style, resizeImage(style, 40, 56)];
  });

  /** Only the style loss, so that the gradient is that of the mix. */
  const styleOnly = { ...presetSettings('lecture').objective, contentLayers: [], tvWeight: 0 };
  const settings = { ...presetSettings('lecture'), objective: styleOnly };

  async function gradientOf(style: Style, options: ObjectiveOptions = styleOnly): Promise<Float32Array> {
    const { content, image } = pictures;
    using onDevice = await DeviceWeights.create(
      gpu(),
      weights,
      planStylize({ content, style }, { ...settings, objective: options }, gpu()).kernels,
    );
    const request = { gpu: gpu(), weights: onDevice, options, content, style, initial: image };
    using objective = await TransferObjective.create(request);
    gpu().submit(objective.programs);
    return await gpu().read(objective.gradient);
  }

  it('has the weighted sum of the gradients of its styles', async () => {
    const [first, second] = [await gradientOf(styles[0]), await gradientOf(styles[1])];
    const mixed = await gradientOf([
      { picture: styles[0], weight: 3 },
      { picture: styles[1], weight: 1 },
    ]);
    const expected = first.map((value, index) => 0.75 * value + 0.25 * (second[index] ?? Number.NaN));
    // Two f32 evaluations on either side, each within 1e-6 of the truth or so, and the largest of 9216 values.
    expect(largestRelativeDifference(mixed, expected)).toBeLessThan(2e-5);
    expect(largestRelativeDifference(mixed, first)).toBeGreaterThan(0.01);
  });

  it('of one style is that style, to the last bit', async () => {
    expect(await gradientOf([{ picture: styles[0], weight: 0.3 }])).toEqual(await gradientOf(styles[0]));
  });

  it('of one style and another without a share is that style', async () => {
    const mixed = await gradientOf([
      { picture: styles[0], weight: 1 },
      { picture: styles[1], weight: 0 },
    ]);
    expect(mixed).toEqual(await gradientOf(styles[0]));
  });

  it('is fitted picture by picture, planned for, and run within the plan', async () => {
    const run = resolveSettings('gram', { iterations: 2 });
    const style = styles.map((picture, index) => ({ picture, weight: 1 + index }));
    const request = { content: pictures.content, style, settings: run, size: 48, start: { kind: 'content' } } as const;
    const prepared = preparePictures(request);
    expect(prepared.style.map(({ picture, weight }) => [picture.width, picture.height, weight])).toEqual([
      [48, 36, 1 / 3],
      [34, 48, 2 / 3],
    ]);
    const plan = planStylize(prepared, run, gpu());
    using meter = gpu().buffers.meter();
    const { end, evaluations } = await stylize({ gpu: gpu(), weights, ...request });
    expect(end).toBe('complete');
    expect(evaluations).toHaveLength(2);
    expect(meter.peakBytes).toBeLessThan(1.02 * plan.peakBytes + 2 ** 20);
  });

  it.each(['w2', 'covariance'] as const)('of one style twice is that style, by the %s loss', async (styleLoss) => {
    const options = { ...styleOnly, styleLoss };
    const [picture] = styles;
    const alone = await gradientOf(picture, options);
    const half = { picture, weight: 1 };
    const twice = await gradientOf([half, half], options);
    expect(relativeError(twice, alone)).toBeLessThan(1e-6);
    const other = await gradientOf([half, { picture: styles[1], weight: 1 }], options);
    expect(relativeError(other, alone)).toBeGreaterThan(0.01);
  });

  it.each(['w2', 'covariance'] as const)('is run within the plan by the %s loss', async (styleLoss) => {
    const run = resolveSettings('default', { iterations: 2, objective: { styleLoss, styleWeight: 1e4 } });
    const style = styles.map((picture) => ({ picture, weight: 1 }));
    const request = { content: pictures.content, style, settings: run, size: 48, start: { kind: 'content' } } as const;
    const plan = planStylize(preparePictures(request), run, gpu());
    using meter = gpu().buffers.meter();
    await stylize({ gpu: gpu(), weights, ...request });
    expect(meter.peakBytes).toBeLessThan(1.02 * plan.peakBytes + 2 ** 20);
  });

  it('is planned for its largest picture', () => {
    const small = { width: 64, height: 64 };
    const large = { width: 640, height: 480 };
    const planOf = (...sizes: readonly { width: number; height: number }[]) => {
      const style = sizes.map((picture) => ({ picture, weight: 1 }));
      return planStylize({ content: small, style }, settings, gpu());
    };
    const both = planOf(small, large, small);
    expect(both.largest).toMatchObject({ picture: 'style', size: large });
    expect(both).toEqual(planOf(large));
    expect(both.targetPhaseBytes).toBeGreaterThan(planOf(small).targetPhaseBytes);
  });
});
