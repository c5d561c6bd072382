/** Evaluations whose maps are cut into bands, against the same evaluations in one piece. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gpu } from '../../src/core/gpu.ts';
import { resizeImage } from '../../src/images/resize.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import { backendOf } from '../../src/kernels/family.ts';
import { chooseKernels } from '../../src/models/chosen-kernels.ts';
import { DeviceWeights } from '../../src/models/device-weights.ts';
import { objectivePass } from '../../src/objective/memory-plan.ts';
import { TransferObjective } from '../../src/objective/objective.ts';
import { readShader } from '../../src/platform/node/gpu.ts';
import { presetSettings } from '../../src/settings/presets.ts';
import type { ObjectiveOptions } from '../../src/settings/settings.ts';
import { norm } from '../support/derivatives.ts';
import { useGpu } from '../support/gpu.ts';
import { readBundledWeights, readFixturePictures } from '../support/network.ts';

/** f32 sums over positions in another order: everything else is the very same arithmetic. */
const roundings = 1e-6;

/** W2's root is of a nearly singular matrix here: pictures moved by 1e-6 of themselves move it by 5e-4 (seen: 8e-4, with covariances 1.3e-7). */
const roundingsOf = { gram: roundings, covariance: roundings, w2: 5e-3 } as const satisfies Readonly<
  Record<ObjectiveOptions['styleLoss'], number>
>;

/** An eighth of the largest map of 24x176, and hardly less of the other sizes'. */
const maxBindingBytes = (24 * 176 * 64 * 4) / 8;

type Size = readonly [width: number, height: number];

const { objective: usual } = presetSettings('default');
const layers = (...names: readonly string[]) => names.map((name) => ({ name, weight: 1 }));

/** Weighted so that each kind makes a share of the gradient that shows. */
const everyTerm: ObjectiveOptions = {
  ...usual,
  contentLayers: layers('relu1_2', 'relu2_2'),
  styleLayers: layers('relu1_1', 'conv2_1', 'relu3_1'),
  contentWeight: 1,
  styleWeight: 1e4,
  tvWeight: 1,
};

const deep = { contentLayers: layers('relu4_2'), styleLayers: layers('relu1_1', 'relu3_1', 'relu5_1') };

interface Case {
  readonly size: Size;
  readonly options: Partial<ObjectiveOptions>;
  /** Beside a style picture of the same size another one, of this. */
  readonly mixedWith?: Size;
}

const cases: readonly Case[] = [
  { size: [24, 176], options: { ...deep, styleLoss: 'gram', pooling: 'max', paddingMode: 'replicate' } },
  { size: [17, 249], options: { styleLoss: 'gram', pooling: 'average', paddingMode: 'zeros' } },
  { size: [20, 212], options: { styleLoss: 'w2', pooling: 'max', paddingMode: 'zeros' } },
  { size: [21, 202], options: { styleLoss: 'covariance', pooling: 'average', paddingMode: 'replicate' } },
  { size: [23, 184], options: { styleLoss: 'gram', storage: 'f16', styleLayers: layers('relu1_1', 'relu2_1') } },
  { size: [16, 264], options: { styleLoss: 'gram', variable: 'normalised', tvLoss: 'four' }, mixedWith: [30, 200] },
];

describe('an evaluation in bands', () => {
  const gpu = useGpu();
  let limited: Gpu;
  let weights: DeviceWeights;
  beforeAll(async () => {
    const { device, profile, kernelPreference } = gpu();
    limited = new Gpu({ device, profile, shaders: readShader, instance: device, kernelPreference, maxBindingBytes });
    // One form of the weights serves all: which kernels are fastest is not the question.
    const taps = ['relu1_1', 'relu1_2', 'conv2_1', 'relu2_1', 'relu2_2', 'relu3_1', 'relu4_2', 'relu5_1'];
    const pass = objectivePass({ ...everyTerm, styleLayers: layers(...taps) }, { width: 24, height: 176 });
    weights = await DeviceWeights.create(limited, await readBundledWeights(), chooseKernels(pass, backendOf(limited)));
  });
  afterAll(() => {
    weights[Symbol.dispose]();
    expect(limited.buffers.count).toBe(0);
  });

  async function evaluateOn(device: Gpu, options: ObjectiveOptions, { size: [width, height], mixedWith }: Case) {
    const { content, style, image } = await readFixturePictures('wave_cat_64x48');
    const at = (picture: RgbImage): RgbImage => resizeImage(picture, width, height);
    const other = mixedWith && { picture: resizeImage(image, ...mixedWith), weight: 0.5 };
    const styles = other === undefined ? at(style) : [{ picture: at(style), weight: 0.5 }, other];
    const pictures = { content: at(content), style: styles, initial: at(image) };
    using objective = await TransferObjective.create({ gpu: device, weights, options, ...pictures });
    device.submit(objective.programs);
    const [total = Number.NaN, ...losses] = await device.read(objective.losses.values);
    const gradient = await device.read(objective.gradient);
    return {
      total,
      losses,
      gradient,
      labels: objective.programs.flatMap(({ dispatches }) => dispatches.map(({ label }) => label)),
    };
  }

  it.each(cases)('equals the one in one piece: $size, $options', async (one) => {
    const { size } = one;
    const all = { ...everyTerm, ...one.options };
    const whole = await evaluateOn(gpu(), all, one);
    const banded = await evaluateOn(limited, all, one);
    expect(size[0] * size[1] * 64 * 4).toBeGreaterThanOrEqual(8 * maxBindingBytes);
    expect(whole.labels).not.toContain('copy_rows');
    expect(banded.labels).toContain('copy_rows');
    const bound = roundingsOf[all.styleLoss];
    banded.losses.forEach((loss, index) => {
      expect(Math.abs(loss / (whole.losses[index] ?? Number.NaN) - 1)).toBeLessThan(bound);
    });
    const difference = whole.gradient.map((value, index) => value - (banded.gradient[index] ?? Number.NaN));
    expect(norm(difference)).toBeLessThan(bound * norm(whole.gradient));
  });
});
