/** Measures against the published LPIPS package and an f64 reference, and what they must be whatever the pictures. */

import { beforeAll, describe, expect, it } from 'vitest';
import { resizeImage } from '../../src/images/resize.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import { backendOf } from '../../src/kernels/family.ts';
import {
  clampedShare,
  colourDirections,
  colourDistance,
  colourQuantiles,
  roughness,
} from '../../src/measures/colours.ts';
import {
  type FeatureValues,
  featureStatistics,
  GaussianTarget,
  gramDistance,
  relativeTo,
} from '../../src/measures/feature-statistics.ts';
import { lpipsAt, lpipsOf } from '../../src/measures/lpips.ts';
import { MapReader, measuredPass } from '../../src/measures/map-reader.ts';
import { measuredTaps, PictureMeasures } from '../../src/measures/picture-measures.ts';
import { chooseKernels } from '../../src/models/chosen-kernels.ts';
import { DeviceWeights, type HostWeights } from '../../src/models/device-weights.ts';
import { readImage } from '../../src/platform/node/image-files.ts';
import { type LpipsHeads, lpipsTaps } from '../../src/weights/lpips-heads.ts';
import { readFixtureCases } from '../support/fixture.ts';
import { useGpu } from '../support/gpu.ts';
import { bundledHeads, readBundledWeights } from '../support/network.ts';
import { floats, rectified, seededRandom } from '../support/random.ts';
import { fixturePicture } from './pictures.ts';

const path = 'measures/measures.json';

describe('a painted picture', () => {
  const gpu = useGpu();
  let weights: HostWeights;
  let heads: LpipsHeads;
  beforeAll(async () => {
    weights = await readBundledWeights();
    heads = await bundledHeads();
  });

  const measuresOf = (size: RgbImage, content: RgbImage, style: RgbImage) =>
    PictureMeasures.create({ gpu: gpu(), weights, heads, size, content, style });

  it('has the LPIPS of the published package, within 1e-3', async () => {
    const mapsOf = async (picture: RgbImage) => {
      const pass = measuredPass(picture, lpipsTaps, 'picture');
      using device = await DeviceWeights.create(gpu(), weights, chooseKernels(pass, backendOf(gpu())));
      using reader = await MapReader.create(gpu(), device, pass);
      return await reader.read(picture);
    };
    for (const pair of readFixtureCases(path, 'pairs')) {
      const [a, b] = await Promise.all([fixturePicture(pair.text('a')), fixturePicture(pair.text('b'))]);
      const lpips = lpipsOf(await mapsOf(a), await mapsOf(b), heads);
      expect(Math.abs(lpips - pair.number('lpips')), `${pair.text('a')} and ${pair.text('b')}`).toBeLessThan(1e-3);
    }
  });

  // The maps are f32; 1e-4 is their error after ten layers, seen through a square.
  it('has the distances of the f64 reference, within 1e-4 of them', async () => {
    for (const reference of readFixtureCases(path)) {
      const names = ['image', 'content', 'style'].map((role) => reference.text(role));
      const [image, content, style] = await Promise.all(names.map(fixturePicture));
      if (image === undefined || content === undefined || style === undefined) throw new Error('three pictures');
      using measures = await measuresOf(image, content, style);
      const measured = await measures.measure(image);
      const expectNear = (value: number | null | undefined, expected: number, what: string): void =>
        expect(Math.abs((value ?? Number.NaN) / expected - 1), `${what} of ${names[0]}`).toBeLessThan(1e-4);
      for (const measure of ['gram', 'w2', 'colour', 'totalVariation'] as const) {
        expectNear(measured[measure], reference.number(measure), measure);
      }
      expect(Math.abs(measured.lpips - reference.number('lpips')), `LPIPS of ${names[0]}`).toBeLessThan(1e-3);
      expect(measured.clamped).toBeCloseTo(reference.number('clamped'), 12);
      for (const tap of measuredTaps) {
        const layer = reference.fields('layers').fields(tap);
        expectNear(measured.layers[tap]?.gram, layer.number('gram'), `gram at ${tap}`);
        expectNear(measured.layers[tap]?.w2, layer.number('w2'), `w2 at ${tap}`);
      }
    }
  });

  it('is at no distance from itself, and measured twice the same', async () => {
    const picture = await fixturePicture('wave_cat_64x48/style');
    const other = await fixturePicture('wave_cat_64x48/content');
    using measures = await measuresOf(picture, picture, picture);
    const none = { lpips: 0, gram: 0, w2: 0, colour: 0, totalVariation: 1 };
    const of = await measures.measure(picture);
    expect(of).toMatchObject(none);
    // The photograph is the painting: nothing can be said in terms of their distance.
    expect(await measures.measure(other)).toMatchObject({ w2: null, lpips: expect.any(Number) });
    expect(await measures.measure(picture)).toEqual(of);
  });

  it('is measured at its own size; the photograph is made so, the painting as long, enlarged where it is smaller', async () => {
    const content = await fixturePicture('wave_cat_64x48/content');
    const style = await fixturePicture('odd_51x37/style');
    using measures = await measuresOf(resizeImage(content, 80, 50), content, style);
    expect(measures.content).toMatchObject({ width: 80, height: 50 });
    expect(measures.style).toMatchObject({ width: 80, height: 58 });
    await expect(measures.measure(content)).rejects.toThrow('cannot be read at 64x48');
  });

  it.each([
    [15, 60, /the image is 15x60 pixels; layer conv5_3 of vgg16 needs at least 16 on each side/],
    [60, 16, undefined],
  ])('of %ix%i is refused where the network cannot see it', async (width, height, refusal) => {
    const content = await fixturePicture('wave_cat_64x48/content');
    const made = measuresOf({ ...resizeImage(content, width, height) }, content, content);
    if (refusal === undefined) (await made)[Symbol.dispose]();
    else await expect(made).rejects.toThrow(refusal);
  });

  it('says so where the painting is too narrow for the network', async () => {
    const content = await fixturePicture('wave_cat_64x48/content');
    const narrow = resizeImage(content, 64, 4);
    await expect(measuresOf(content, content, narrow)).rejects.toThrow(
      /^the style picture is 64x4 pixels; .*at least 8/,
    );
  });
});

describe('distances of feature maps', () => {
  const mapOf = (positions: number, channels: number, seed: number): FeatureValues => ({
    channels,
    values: floats(positions * channels, rectified(seededRandom(`map ${seed}`))),
  });

  it.each([1, 3, 4, 7, 33])('mean and moments over %i positions are those of the definition', (positions) => {
    const map = mapOf(positions, 5, positions);
    const { mean, secondMoments } = featureStatistics(map);
    const at = (position: number, channel: number): number => map.values[position * 5 + channel] ?? Number.NaN;
    const average = (value: (position: number) => number): number =>
      Array.from({ length: positions }, (_, position) => value(position)).reduce((a, b) => a + b, 0) / positions;
    for (let i = 0; i < 5; i++) {
      expect(mean[i]).toBeCloseTo(
        average((p) => at(p, i)),
        12,
      );
      for (let j = 0; j < 5; j++)
        expect(secondMoments[i * 5 + j]).toBeCloseTo(
          average((p) => at(p, i) * at(p, j)),
          12,
        );
    }
  });

  it('W2 of two Gaussians along the axes is the distance of means and deviations', () => {
    // Two channels without covariance: each takes its two values as often with either of the other's.
    const map = (mean: readonly number[], deviation: readonly number[]): FeatureValues => ({
      channels: 2,
      values: Float32Array.from(
        [1, 1, 1, -1, -1, 1, -1, -1].map((sign, i) => (mean[i % 2] ?? 0) + sign * (deviation[i % 2] ?? 0)),
      ),
    });
    const target = new GaussianTarget(featureStatistics(map([1, 2], [0.5, 2])));
    const root = (deviation: number): number => Math.sqrt(deviation ** 2 + 1e-4);
    const expected = 9 + 1 + (root(1.5) - root(0.5)) ** 2 + (root(0.25) - root(2)) ** 2;
    expect(target.distance(featureStatistics(map([4, 1], [1.5, 0.25])))).toBeCloseTo(expected, 10);
  });

  it.each([
    [2, 16],
    [400, 16],
  ])('of a map of %i positions and %i channels to itself are 0, to another above 0', (positions, channels) => {
    const [a, b] = [featureStatistics(mapOf(positions, channels, 1)), featureStatistics(mapOf(positions, channels, 2))];
    const target = new GaussianTarget(a);
    expect([gramDistance(a, a), target.distance(a)]).toEqual([0, 0]);
    expect(gramDistance(b, a)).toBeGreaterThan(0);
    expect(target.distance(b)).toBeGreaterThan(0);
    expect(target.distance(b)).toBeCloseTo(new GaussianTarget(b).distance(a), 9);
  });

  it('are refused between maps of different channels', () => {
    const [a, b] = [featureStatistics(mapOf(4, 3, 1)), featureStatistics(mapOf(4, 5, 1))];
    expect(() => gramDistance(a, b)).toThrow('a map of 3 channels cannot be compared with one of 5');
    expect(() => new GaussianTarget(a).distance(b)).toThrow('a map of 5 channels cannot be compared with one of 3');
    expect(() => lpipsAt(mapOf(4, 3, 1), mapOf(4, 3, 2), new Float32Array(4))).toThrow('head of 4');
    expect(() => featureStatistics({ channels: 3, values: new Float32Array(4) })).toThrow('no positions of 3 channels');
    expect(() => featureStatistics({ channels: 3, values: new Float32Array(0) })).toThrow('no positions of 3 channels');
  });

  it('LPIPS does not see how strong a map is, and counts a position without any as it is', () => {
    const [a, head] = [mapOf(6, 4, 1), Float32Array.of(1, 2, 3, 4)];
    const stronger = { channels: 4, values: a.values.map((value) => 3 * value) };
    expect(lpipsAt(a, stronger, head)).toBeLessThan(1e-12);
    const none = { channels: 4, values: new Float32Array(24) };
    expect(lpipsAt(none, none, head)).toBe(0);
  });
});

describe('measures without a network', () => {
  const flat = (value: number): RgbImage => ({ width: 4, height: 3, pixels: new Float32Array(36).fill(value) });

  it('has directions that are evenly spread: their mean square along any axis is 1/3', () => {
    const directions = colourDirections();
    expect(directions).toHaveLength(64);
    for (const axis of [0, 1, 2] as const) {
      const mean = directions.reduce((sum, direction) => sum + direction[axis] ** 2, 0) / directions.length;
      expect(Math.abs(mean - 1 / 3)).toBeLessThan(4e-3);
    }
  });

  it('tells grey from grey by their difference', () => {
    // A step of 0.2 in each channel is 0.2 √3 long, of which a direction sees a third of the square.
    expect(colourDistance(colourQuantiles(flat(0.3)), colourQuantiles(flat(0.5)))).toBeCloseTo(0.2, 2);
  });

  it('counts values at the ends of the range, and neighbours once', async () => {
    expect(clampedShare({ width: 2, height: 1, pixels: Float32Array.of(0, 1, 0.5, -0.1, 1.2, 0.999) })).toBeCloseTo(
      4 / 6,
    );
    expect(roughness(flat(0.5))).toBe(0);
    const step = { width: 2, height: 1, pixels: Float32Array.of(0, 0.5, 1, 1, 0.5, 0.5) };
    expect(roughness(step)).toBeCloseTo((1 + 0 + 0.5) / 3);
    expect(roughness({ ...step, width: 1, height: 2 })).toBeCloseTo(0.5);
    const coffee = await readImage(new URL('../../examples/coffee.png', import.meta.url).pathname);
    expect(roughness(coffee)).toBeGreaterThan(0);
  });

  it('says nothing of a relation to nothing', () => {
    expect([relativeTo(2, 4), relativeTo(0, 0), relativeTo(1, 0)]).toEqual([0.5, 0, null]);
  });
});
