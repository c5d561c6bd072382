/**
 * The whole objective against PyTorch in float64 (test/fixtures/objective/make.py): losses and gradient of the lecture's
 * preset, and of one that uses everything else: taps before and after ReLUs, two content layers, layer weights, average
 * pooling, replicate padding, total variation, either variable.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/core/gpu.ts';
import type { KernelFamily } from '../../src/kernels/preference.ts';
import type { HostWeights } from '../../src/models/device-weights.ts';
import { presetSettings, resolveSettings } from '../../src/settings/presets.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { evaluate } from '../../src/transfer/evaluate.ts';
import { useGpu, withKernels } from '../support/gpu.ts';
import { always } from '../support/measured.ts';
import {
  type FixtureName,
  readBundledWeights,
  readFixtureGradient,
  readFixturePictures,
  readObjectiveFixture,
} from '../support/network.ts';

/**
 * f32 through 13 layers against f64. Seen: losses 4e-7 at most (3e-6 at relu5_3, a 2x3 map), gradients 1e-6. A near-tie of a
 * pool or ReLU that falls the other way moves the gradient by 1e-3, hence the bounds and not tighter ones.
 */
const inFloats: Bounds = { total: 1e-5, term: 1e-5, gradient: 1e-4 };

/**
 * Feature maps stored as f16: every layer rounds by 2⁻¹¹/√3 = 2.8e-4 rms, which 13 layers turn into about 1e-3 of a map's rms. A value that
 * near to a ReLU's kink may fall on the other side, and takes its share of the gradient along: a fraction of about 0.4 · 1e-3 of them,
 * which is √4e-4 = 2e-2 of the gradient. Seen: total 8.3e-5, terms 2.5e-3 at relu5_3 (a 3x4 map) and 3.7e-4 elsewhere, gradient 1.33e-2.
 */
const inHalves: Bounds = { total: 1e-3, term: 5e-3, gradient: 3e-2 };

interface Bounds {
  readonly total: number;
  /** Each term. */
  readonly term: number;
  /** Relative L2. */
  readonly gradient: number;
}

const mixed: Settings = resolveSettings('lecture', {
  objective: {
    contentLayers: [
      { name: 'conv3_2', weight: 3 },
      { name: 'relu4_1', weight: 2 },
    ],
    styleLayers: [
      { name: 'conv1_1', weight: 1 },
      { name: 'relu2_1', weight: 2 },
      { name: 'relu4_1', weight: 3 },
      { name: 'conv4_2', weight: 0.5 },
    ],
    contentWeight: 1,
    styleWeight: 1e4,
    tvWeight: 7,
    gramFactor: 1,
    pooling: 'average',
    paddingMode: 'replicate',
  },
});

const inPixels = (settings: Settings): Settings => ({
  ...settings,
  objective: { ...settings.objective, variable: 'pixels' },
});

const settingsOf = {
  lecture: [presetSettings('lecture'), inPixels(presetSettings('lecture'))],
  mixed: [mixed, inPixels(mixed)],
} as const;

describe('the objective', () => {
  const gpu = useGpu();
  let weights: HostWeights;
  beforeAll(async () => {
    weights = await readBundledWeights();
  });

  const cases = (['wave_cat_64x48', 'odd_51x37'] as const).flatMap((fixture) =>
    (['lecture', 'mixed'] as const).flatMap((objective) =>
      settingsOf[objective].map((settings) => ({
        fixture,
        objective,
        settings,
        variable: settings.objective.variable,
      })),
    ),
  );

  async function check(
    on: Gpu,
    one: { fixture: FixtureName; objective: 'lecture' | 'mixed'; settings: Settings },
    bounds = inFloats,
  ) {
    const pictures = await readFixturePictures(one.fixture);
    const reference = readObjectiveFixture(one.fixture)[one.objective];
    const found = await evaluate({ gpu: on, weights, ...pictures, settings: one.settings, repeat: 1 });
    const contents = one.settings.objective.contentLayers.length;
    const content = reference.terms.slice(0, contents).reduce((a, b) => a + b, 0);
    expect(Math.abs(found.total / reference.total - 1)).toBeLessThan(bounds.total);
    expect(Math.abs(found.content / content - 1)).toBeLessThan(bounds.term);
    found.style.forEach((value, index) => {
      expect(Math.abs(value / (reference.terms[contents + index] ?? 0) - 1)).toBeLessThan(bounds.term);
    });
    const { [contents + found.style.length]: totalVariation = 0 } = reference.terms;
    expect(Math.abs(found.totalVariation - totalVariation)).toBeLessThanOrEqual(bounds.term * totalVariation);
    const gradient = await readFixtureGradient(one.fixture, one.objective);
    expect(relativeError(found.gradient, gradient)).toBeLessThan(bounds.gradient);
  }

  it.each(cases)('$fixture, $objective loss, $variable as the variable', (one) => check(gpu(), one));

  const families: readonly KernelFamily[] = ['direct', 'tiles'];
  const told = families.flatMap((family) =>
    cases
      .filter((one) => one.variable === 'normalised' && (family === 'direct' || one.fixture === 'odd_51x37'))
      .map((one) => ({ ...one, family })),
  );
  it.each(told)('$fixture, $objective loss, $family kernels only', async ({ family, ...one }) => {
    const on = withKernels(gpu(), family);
    await check(on, one);
    expect(on.buffers.count).toBe(0);
  });

  const halves = cases
    .filter(({ variable }) => variable === 'normalised')
    .flatMap((one) => {
      const told = one.fixture === 'odd_51x37' && one.objective === 'mixed' ? families : [];
      return [{ ...one, kernels: 'usual' as const }, ...told.map((kernels) => ({ ...one, kernels }))];
    });
  it.each(halves)(
    '$fixture, $objective loss, feature maps stored as f16, $kernels kernels',
    async ({ kernels, settings, ...one }) => {
      const on = kernels === 'usual' ? gpu() : withKernels(gpu(), kernels);
      const stored = { ...settings, objective: { ...settings.objective, storage: 'f16' } } as const;
      await check(on, { ...one, settings: stored }, inHalves);
    },
  );

  it('odd_51x37, mixed loss, measured kernels of every family, each where it can run', async () => {
    const measured = new Map([
      ['conv2d_forward conv1_1', always('tiles 32x32')],
      ['conv2d_backward conv1_1', always('tiles 128x64')], // cannot run: replicated edges
      ['conv2d_forward conv1_2', always('winograd tiles 128x64')],
      ['conv2d_backward conv1_2', always('tiles 64x64')],
      ['conv2d_forward conv2_1', always('direct')],
      ['conv2d_forward conv3_1', always('winograd lanes')],
      ['conv2d_backward conv3_1', always('winograd tiles 32x32')],
      ['gram 64', always('direct')],
      ['gram 128', always('tiles 128x64')],
      ['gram 512', always('tiles 32x32')],
    ]);
    const on = withKernels(gpu(), measured);
    await check(on, { fixture: 'odd_51x37', objective: 'mixed', settings: mixed });
    expect(on.buffers.count).toBe(0);
  });

  it('refuses pictures of different sizes', async () => {
    const pictures = await readFixturePictures('wave_cat_64x48');
    const { image } = await readFixturePictures('odd_51x37');
    const request = { gpu: gpu(), weights, ...pictures, image, settings: mixed, repeat: 1 };
    await expect(evaluate(request)).rejects.toThrow('evaluate compares pictures of one size');
  });
});

/** ‖a − b‖ / ‖b‖ */
function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let error = 0;
  let norm = 0;
  for (let index = 0; index < b.length; index++) {
    error += ((a[index] ?? Number.NaN) - (b[index] ?? 0)) ** 2;
    norm += (b[index] ?? 0) ** 2;
  }
  return Math.sqrt(error / norm);
}
