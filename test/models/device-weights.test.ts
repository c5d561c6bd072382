/** Weights on the device: what they take, and how they follow the kernels from one scale of the picture to the next. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/core/gpu.ts';
import { resizeImage } from '../../src/images/resize.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import { backendOf } from '../../src/kernels/family.ts';
import { buildPass } from '../../src/models/build-pass.ts';
import { chooseKernels } from '../../src/models/chosen-kernels.ts';
import { DeviceWeights, deviceWeightBytes, type HostWeights } from '../../src/models/device-weights.ts';
import { TransferObjective } from '../../src/objective/objective.ts';
import { resolveSettings, type SettingsOverrides } from '../../src/settings/presets.ts';
import { multiScale } from '../../src/settings/recipes.ts';
import { planStylize, prepareRun } from '../../src/transfer/prepare.ts';
import { runPrepared } from '../../src/transfer/stylize.ts';
import { useGpu, withKernels } from '../support/gpu.ts';
import { always } from '../support/measured.ts';
import { readBundledWeights, readFixturePictures } from '../support/network.ts';

const gpu = useGpu();
let weights: HostWeights;
let pictures: { readonly content: RgbImage; readonly style: RgbImage };
beforeAll(async () => {
  weights = await readBundledWeights();
  pictures = await readFixturePictures('wave_cat_64x48');
});

/** At 32x24 Winograd's kernels, whose weights are four times as large; above, those of the implicit product. */
function bySize(): Gpu {
  const sizesOf = (mostPositions: number) => [
    { variant: 'winograd tiles 64x64', mostPositions },
    ...always('tiles 64x64'),
  ];
  const layers = [
    ['conv1_2', sizesOf(32 * 24)],
    ['conv2_1', sizesOf(16 * 12)],
  ] as const;
  const both = layers.flatMap(([layer, sizes]) =>
    ['forward', 'backward'].map((direction) => [`conv2d_${direction} ${layer}`, sizes] as const),
  );
  return withKernels(gpu(), new Map(both));
}

function settingsWith(overrides: SettingsOverrides = {}) {
  const objective = { contentLayers: [{ name: 'relu2_1', weight: 1 }], styleLayers: [{ name: 'relu1_1', weight: 1 }] };
  return resolveSettings('gram', { ...overrides, objective });
}

function picturesAt(width: number, height: number) {
  const [content, style] = [pictures.content, pictures.style].map((picture) => resizeImage(picture, width, height));
  if (content === undefined || style === undefined) throw new Error('two pictures');
  return { content, style };
}

/** The gradient at the content picture, where only the content's loss is 0. */
async function gradientOf(device: Gpu, onDevice: DeviceWeights, size: readonly [number, number]) {
  const { content, style } = picturesAt(...size);
  const request = { gpu: device, weights: onDevice, options: settingsWith().objective, content, style };
  using objective = await TransferObjective.create({ ...request, initial: content });
  device.submit(objective.programs);
  return await device.read(objective.gradient);
}

describe('weights', () => {
  it('of a pass that only goes forward are those of that direction', async () => {
    const pass = (backward: boolean) =>
      buildPass({ network: 'vgg16', width: 32, height: 24, taps: ['relu2_1'], backward, picture: 'picture' });
    const kernels = chooseKernels(pass(false), backendOf(gpu()));
    const both = chooseKernels(pass(true), backendOf(gpu()));
    expect(deviceWeightBytes(kernels)).toBeLessThan(0.6 * deviceWeightBytes(both));
    using onDevice = await DeviceWeights.create(gpu(), weights, kernels);
    expect(gpu().buffers.bytesInUse).toBe(deviceWeightBytes(kernels));
    expect(() => onDevice.layer('conv2_1', 'backward')).toThrow(
      /conv2_1 backward weights are not on the device; conv2_1 is the deepest, forward/,
    );
  });

  it('take the bytes that were counted, at one size and fitted to another, and give them back', async () => {
    const device = bySize();
    const small = planStylize(picturesAt(32, 24), settingsWith(), device).kernels;
    const large = planStylize(picturesAt(64, 48), settingsWith(), device).kernels;
    {
      using onDevice = await DeviceWeights.create(device, weights, small);
      expect(device.buffers.bytesInUse).toBe(deviceWeightBytes(small));
      using meter = device.buffers.meter();
      await onDevice.fit(large);
      expect(device.buffers.bytesInUse).toBe(deviceWeightBytes(large));
      await onDevice.fit(small);
      expect(device.buffers.bytesInUse).toBe(deviceWeightBytes(small));
      // The largest set, once untransformed and its parameters besides.
      expect(meter.peakBytes).toBeLessThan(1.2 * deviceWeightBytes(small));
    }
    expect(device.buffers.count).toBe(0);
    expect(deviceWeightBytes(small)).toBeGreaterThan(2 * deviceWeightBytes(large));
  });

  it('fitted to another size give the gradient of weights that were made for it', async () => {
    const device = bySize();
    const small = planStylize(picturesAt(32, 24), settingsWith(), device).kernels;
    const large = planStylize(picturesAt(64, 48), settingsWith(), device).kernels;
    using fitted = await DeviceWeights.create(device, weights, small);
    const before = await gradientOf(device, fitted, [32, 24]);
    await fitted.fit(large);
    const after = await gradientOf(device, fitted, [64, 48]);
    await fitted.fit(small);
    expect(await gradientOf(device, fitted, [32, 24])).toEqual(before);
    using fresh = await DeviceWeights.create(device, weights, large);
    expect(after).toEqual(await gradientOf(device, fresh, [64, 48]));
  });

  it('run at a size that they were not made for', async () => {
    const device = bySize();
    const small = planStylize(picturesAt(32, 24), settingsWith(), device).kernels;
    const large = planStylize(picturesAt(64, 48), settingsWith(), device).kernels;
    using ofSmall = await DeviceWeights.create(device, weights, small);
    using ofLarge = await DeviceWeights.create(device, weights, large);
    const [found, expected] = [
      await gradientOf(device, ofSmall, [64, 48]),
      await gradientOf(device, ofLarge, [64, 48]),
    ];
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const error = expected.reduce((most, value, index) => Math.max(most, Math.abs(value - (found[index] ?? 0))), 0);
    expect(error / largest).toBeLessThan(1e-4);
  });

  it('follow a run over scales within the plan of the scale that takes most', async () => {
    const device = bySize();
    const phases = multiScale({ steps: 4 }, { size: 64, least: 32 });
    const start = { kind: 'content' } as const;
    const prepared = prepareRun({ gpu: device, ...pictures, settings: settingsWith({ phases }), start, size: 64 });
    const runs = prepared.scales.map(({ kernels }) => kernels.conv2d('conv1_2', 'forward').name);
    expect([runs[0], runs.at(-1)]).toEqual(['winograd tiles 64x64', 'tiles 64x64']);
    using meter = device.buffers.meter();
    const { end } = await runPrepared(prepared, { gpu: device, weights });
    expect(end).toBe('complete');
    expect(meter.peakBytes / prepared.plan.peakBytes).toBeGreaterThan(0.95);
    expect(meter.peakBytes / prepared.plan.peakBytes).toBeLessThan(1.05);
  });

  it('are refused where a layer lacks its own', async () => {
    const { kernels } = planStylize(picturesAt(32, 24), settingsWith(), gpu());
    const without = { layers: new Map([...weights.layers].filter(([layer]) => layer !== 'conv1_2')) };
    await expect(DeviceWeights.create(gpu(), without, kernels)).rejects.toThrow(
      'weights of conv1_2: expected 36864 values and 64 biases, got none and none',
    );
  });
});
