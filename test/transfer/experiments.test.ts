/** Content reconstruction and texture synthesis: what they are made of, what they leave out, and that they get there. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import { DeviceWeights, type HostWeights } from '../../src/models/device-weights.ts';
import { TransferObjective } from '../../src/objective/objective.ts';
import { resolveSettings, type SettingsOverrides } from '../../src/settings/presets.ts';
import type { Settings } from '../../src/settings/settings.ts';
import {
  contentOnly,
  reconstruct,
  reconstructionPictures,
  styleOnly,
  synthesiseTexture,
  texturePictures,
} from '../../src/transfer/experiments.ts';
import { deepestLayerOf, planStylize, preparePictures } from '../../src/transfer/prepare.ts';
import { pictureOf } from '../images/pictures.ts';
import { useGpu } from '../support/gpu.ts';
import { readBundledWeights, readFixturePictures } from '../support/network.ts';

const gpu = useGpu();
let weights: HostWeights;
let pictures: { content: RgbImage; style: RgbImage };
beforeAll(async () => {
  weights = await readBundledWeights();
  pictures = await readFixturePictures('wave_cat_64x48');
});

const noise = { kind: 'lecture-noise', seed: 1 } as const;
const lecture = (overrides: SettingsOverrides = {}): Settings => resolveSettings('lecture', overrides);

/** The kernels of one evaluation, and its loss terms. */
async function recorded(settings: Settings): Promise<{ shaders: readonly string[]; terms: readonly string[] }> {
  const start = { kind: 'content' } as const;
  const prepared = preparePictures({ ...pictures, settings, start, size: undefined });
  using device = await DeviceWeights.create(gpu(), weights, planStylize(prepared, settings, gpu()).kernels);
  using objective = await TransferObjective.create({
    ...{ gpu: gpu(), weights: device, options: settings.objective },
    ...prepared,
  });
  const shaders = objective.programs.flatMap(({ dispatches }) => dispatches.map(({ kernel }) => kernel.shader));
  return { shaders, terms: objective.losses.names };
}

describe('an absent loss', () => {
  it('content alone: no Gram matrix, no layer past the deepest content layer', async () => {
    const { shaders, terms } = await recorded(contentOnly(lecture()));
    expect(terms).toEqual(['content relu4_3']);
    expect(shaders.filter((shader) => shader.includes('gram'))).toEqual([]);
    expect(deepestLayerOf(contentOnly(lecture()))).toBe('conv4_3');
  });

  it('style alone: one comparison a style layer, and no map of the content picture', async () => {
    const { shaders, terms } = await recorded(styleOnly(lecture()));
    expect(terms).toEqual(['relu1_2', 'relu2_2', 'relu3_3', 'relu4_3', 'relu5_3'].map((layer) => `style ${layer}`));
    expect(shaders.filter((shader) => shader === 'mse.wgsl')).toHaveLength(5);
    const both = planStylize(pictures, lecture(), gpu());
    const style = planStylize(pictures, styleOnly(lecture()), gpu());
    // The map relu4_3 of the content picture, [6, 8, 512], and its row of partial sums.
    expect(both.lossBytes - style.lossBytes).toBeGreaterThan(6 * 8 * 512 * 4);
  });

  it.each([
    ['styleWeight: 0', { styleWeight: 0 }, contentOnly(lecture())],
    ['contentWeight: 0', { contentWeight: 0 }, styleOnly(lecture())],
  ] as const)('%s is as good as no layer', async (_name, objective, settings) => {
    const weighted = lecture({ objective });
    expect(weighted.objective.contentLayers).toEqual(settings.objective.contentLayers);
    expect(weighted.objective.styleLayers).toEqual(settings.objective.styleLayers);
    expect(await recorded(weighted)).toEqual(await recorded(settings));
  });

  it('a layer of weight 0 is left out, and nothing left is refused', () => {
    const objective = { styleLayers: ['relu1_1', 'relu2_1'].map((name, weight) => ({ name, weight })) };
    expect(lecture({ objective }).objective.styleLayers).toEqual([{ name: 'relu2_1', weight: 1 }]);
    expect(() => lecture({ objective: { contentWeight: 0, styleWeight: 0 } })).toThrow('no layer is left');
  });
});

describe('the pictures of an experiment', () => {
  const style = pictureOf(40, 20, (x, y, c) => (x + y + c) / 64);

  it.each([
    [undefined, [40, 20], undefined],
    [30, [30, 15], 30],
    [100, [40, 20], 40],
    [{ width: 96, height: 17 }, [96, 17], 96],
  ] as const)('a texture of size %j is %j', (size, [width, height], longest) => {
    const arranged = texturePictures({ style, start: noise, size });
    expect(arranged).toMatchObject({ content: { width, height }, style, size: longest });
    expect(preparePictures({ ...arranged, settings: styleOnly(lecture()) }).initial).toMatchObject({ width, height });
  });

  it('refuse a start from the picture that is not there', () => {
    const { content } = pictures;
    expect(() => texturePictures({ style, start: { kind: 'content' }, size: 32 })).toThrow(
      "the start is 'content', but a texture has no content picture",
    );
    for (const start of [{ kind: 'style' }, { kind: 'style-colours', seed: 0 }] as const) {
      expect(() => reconstructionPictures({ content, start, size: 32 })).toThrow(
        'a reconstruction has no style picture',
      );
    }
  });
});

describe('reconstruct', () => {
  it('from noise, comes close to the picture with the maps of relu1_2', async () => {
    const { content } = pictures;
    const settings = lecture({ iterations: 40, objective: { contentLayers: [{ name: 'relu1_2', weight: 1 }] } });
    const request = { gpu: gpu(), weights, content, settings, start: noise, size: undefined };
    const result = await reconstruct(request);
    expect(result.evaluations).toHaveLength(40);
    expect(result.evaluations.every(({ style }) => style === 0)).toBe(true);
    const before = preparePictures({ ...reconstructionPictures(request), settings }).initial;
    // Seen: 0.19 before, 0.010 after.
    expect(rootMeanSquare(result.picture, content)).toBeLessThan(0.1 * rootMeanSquare(before, content));
  });
});

describe('synthesiseTexture', () => {
  it('makes a picture of another size with the style, and takes the memory that was planned', async () => {
    const settings = resolveSettings('gatys', { iterations: 20 });
    const size = { width: 80, height: 32 };
    const request = { gpu: gpu(), weights, style: pictures.style, settings, start: noise, size };
    const prepared = preparePictures({ ...texturePictures(request), settings: styleOnly(settings) });
    const plan = planStylize(prepared, styleOnly(settings), gpu());
    using meter = gpu().buffers.meter();
    const result = await synthesiseTexture(request);
    expect(Math.abs(meter.peakBytes / plan.peakBytes - 1)).toBeLessThan(0.05);
    expect(result.picture).toMatchObject(size);
    expect(result.evaluations.every(({ content }) => content === 0)).toBe(true);
    // Seen: from 124 to 5 in 20 evaluations at 128x96.
    expect(result.evaluations.at(-1)?.total).toBeLessThan(0.1 * (result.evaluations[0]?.total ?? 0));
  });
});

function rootMeanSquare(a: RgbImage, b: RgbImage): number {
  const squares = a.pixels.reduce((sum, value, i) => sum + (value - (b.pixels[i] ?? Number.NaN)) ** 2, 0);
  return Math.sqrt(squares / a.pixels.length);
}
