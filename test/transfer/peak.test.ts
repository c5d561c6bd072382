/** The memory that runs take against what was planned for them, over twelve settings, bands among them. */

import { beforeAll, describe, expect, it } from 'vitest';
import { Gpu } from '../../src/core/gpu.ts';
import { resizeImage } from '../../src/images/resize.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import { KernelPreference } from '../../src/kernels/preference.ts';
import type { HostWeights } from '../../src/models/device-weights.ts';
import { readShader } from '../../src/platform/node/gpu.ts';
import { resolveSettings, type SettingsOverrides } from '../../src/settings/presets.ts';
import { prepareRun } from '../../src/transfer/prepare.ts';
import { runPrepared } from '../../src/transfer/stylize.ts';
import { useGpu } from '../support/gpu.ts';
import { readBundledWeights, readFixturePictures } from '../support/network.ts';

const gpu = useGpu();
let weights: HostWeights;
let pictures: { readonly content: RgbImage; readonly style: RgbImage };
beforeAll(async () => {
  weights = await readBundledWeights();
  pictures = await readFixturePictures('wave_cat_64x48');
});

const shallow = (...names: readonly string[]) => ({
  contentLayers: [{ name: 'relu2_2', weight: 1 }],
  styleLayers: names.map((name) => ({ name, weight: 1 })),
});

interface Setting {
  readonly size: readonly [width: number, height: number];
  /** Whether the adapter binds a quarter of a map at once, or all of it. */
  readonly isCut?: true;
  readonly overrides: SettingsOverrides;
}

const settings: readonly Setting[] = [
  { size: [64, 96], overrides: shallow('relu1_1', 'relu2_1') },
  { size: [64, 96], overrides: { ...shallow('relu1_1', 'relu2_1'), optimizer: 'adam' } },
  { size: [64, 96], overrides: { ...shallow('relu2_1'), optimizer: 'sgd', styleLoss: 'gram' } },
  { size: [96, 64], overrides: { ...shallow('conv1_2', 'relu2_1'), history: 30 } },
  { size: [64, 64], overrides: { ...shallow('relu1_1'), lineSearch: 'strong-wolfe' } },
  { size: [64, 64], overrides: { ...shallow('relu1_2', 'relu3_1'), styleLoss: 'w2', optimizer: 'adam' } },
  { size: [65, 94], overrides: { ...shallow('relu1_1', 'relu2_1'), variable: 'fourier' } },
  { size: [48, 200], isCut: true, overrides: shallow('relu1_1', 'relu2_1') },
  { size: [48, 200], isCut: true, overrides: { ...shallow('relu1_1', 'relu2_1'), optimizer: 'adam' } },
  { size: [40, 240], isCut: true, overrides: { ...shallow('relu1_1', 'relu3_1'), styleLoss: 'gram' } },
  { size: [40, 240], isCut: true, overrides: { ...shallow('relu2_1'), optimizer: 'rmsprop', styleLoss: 'w2' } },
  { size: [48, 200], isCut: true, overrides: { ...shallow('relu1_1'), optimizer: 'sgd', variable: 'fourier' } },
];

/** A quarter of a map of the settings that are cut. */
const cutBindingBytes = (48 * 200 * 64 * 4) / 4;

describe('the peak of a run is what was planned', () => {
  /** With small weights, so that the rest shows. */
  const openWith = (maxBindingBytes?: number): Gpu => {
    const { device, profile } = gpu();
    const kernelPreference = new KernelPreference({ lowMemory: true });
    return new Gpu({ device, profile, shaders: readShader, instance: device, kernelPreference, maxBindingBytes });
  };
  let opened: { readonly full: Gpu; readonly tight: Gpu };
  beforeAll(() => {
    opened = { full: openWith(), tight: openWith(cutBindingBytes) };
  });

  it.each(settings)('$size, cut: $isCut, $overrides', async ({ size: [width, height], isCut, overrides }) => {
    const device = isCut === true ? opened.tight : opened.full;
    const at = (picture: RgbImage): RgbImage => resizeImage(picture, width, height);
    const run = prepareRun({
      gpu: device,
      content: at(pictures.content),
      style: at(pictures.style),
      settings: resolveSettings('default', { ...overrides, iterations: 1, scales: 1 }),
      start: { kind: 'content' },
      size: undefined,
    });
    expect(run.plan.way).toBe(isCut === true ? 'bands' : 'whole');
    using meter = device.buffers.meter();
    await runPrepared(run, { gpu: device, weights });
    const { peakBytes, weightBytes } = run.plan;
    expect(Math.abs(meter.peakBytes / peakBytes - 1)).toBeLessThan(0.05);
    expect(Math.abs((meter.peakBytes - weightBytes) / (peakBytes - weightBytes) - 1)).toBeLessThan(0.05);
    expect(device.buffers.count).toBe(0);
  });
});
