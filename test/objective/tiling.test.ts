/**
 * The evaluation in windows against that of the whole: losses and gradient, whatever is compared and however the pictures are cut. Taps are
 * shallow here, so that small pictures have several windows; `IMPASTO_TILING_PROOF=8` adds cuts at
 * full depth, of 288x288 and so many at random, and prints what was seen.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { Gpu } from '../../src/core/gpu.ts';
import { KernelPreference } from '../../src/kernels/preference.ts';
import type { HostWeights } from '../../src/models/device-weights.ts';
import { readShader } from '../../src/platform/node/gpu.ts';
import { presetSettings } from '../../src/settings/presets.ts';
import type { ObjectiveOptions } from '../../src/settings/settings.ts';
import { useGpu } from '../support/gpu.ts';
import { readBundledWeights } from '../support/network.ts';
import { seededRandom } from '../support/random.ts';
import { cutOf, distanceOf, evaluateProblem, problemOf, seededPicture, seededWeights } from '../support/tiling.ts';

const gpu = useGpu();
let weights: HostWeights;
beforeAll(async () => {
  weights = await readBundledWeights();
});

const { objective } = presetSettings('gram');
const layersOf = (...names: readonly string[]) => names.map((name) => ({ name, weight: 1 }));

/** Two blocks and the first layer of the third: windows of 24 pixels and more than they own. */
const shallow: ObjectiveOptions = {
  ...objective,
  contentLayers: layersOf('relu2_2'),
  styleLayers: layersOf('relu1_1', 'relu2_1', 'relu3_1'),
  contentWeight: 100,
};
const covariance = { styleLoss: 'covariance', styleWeight: 30, tvLoss: 'nine' } as const;

/** f32 sums in another order. Seen: 4e-7. */
const usual = 1e-5;

/** W2's roots make roundings of the sums larger, as many times as their eigenvalues lie below the largest. Seen: 3e-5. */
const ofRoots = 1e-4;

describe('an evaluation in windows is that of the whole', () => {
  const cases: readonly (readonly [string, ObjectiveOptions, 'kept' | 'recomputed'])[] = [
    ['Gram matrices, average pooling, replicated borders', shallow, 'kept'],
    [
      'covariances, max pooling, zeros around, the normalised picture',
      { ...shallow, ...covariance, pooling: 'max', paddingMode: 'zeros', variable: 'normalised' },
      'recomputed',
    ],
    [
      'taps before the ReLU',
      { ...shallow, contentLayers: layersOf('conv2_2'), styleLayers: layersOf('conv1_2', 'relu3_1') },
      'recomputed',
    ],
    ['content and style at one layer', { ...shallow, contentLayers: layersOf('relu2_1', 'relu3_1') }, 'kept'],
    ['content alone', { ...shallow, styleLayers: [] }, 'kept'],
    ['style alone', { ...shallow, contentLayers: [] }, 'kept'],
  ];
  it.each(cases)('%s', async (_, options, how) => {
    const problem = problemOf(options, weights, { width: 61, height: 46 });
    const tiling = cutOf(problem, { columns: 3, rows: 2 }, how);
    expect(tiling.windows).toHaveLength(6);
    const found = await evaluateProblem(gpu(), problem, tiling);
    const { gradient, losses } = distanceOf(found, await evaluateProblem(gpu(), problem, undefined));
    expect(gradient).toBeLessThan(usual);
    expect(losses).toBeLessThan(usual);
    expect(found.peakBytes / found.plan.peakBytes).toBeGreaterThan(0.95);
    expect(found.peakBytes / found.plan.peakBytes).toBeLessThan(1.05);
  });

  it('W2, as far as its roots go', async () => {
    const styleLayers = layersOf('relu1_1', 'relu2_1');
    const options: ObjectiveOptions = { ...shallow, styleLoss: 'w2', styleWeight: 30, styleLayers };
    const problem = problemOf(options, weights, { width: 61, height: 46 });
    const found = await evaluateProblem(gpu(), problem, cutOf(problem, { columns: 2, rows: 2 }));
    const { gradient, losses } = distanceOf(found, await evaluateProblem(gpu(), problem, undefined));
    expect(gradient).toBeLessThan(ofRoots);
    // The value adds up square roots, of the eigenvalues that are roundings, too.
    expect(losses).toBeLessThan(1e-2);
  });

  it('half precision and a mix of paintings', async () => {
    const options: ObjectiveOptions = { ...shallow, storage: 'f16' };
    const problem = {
      ...problemOf(options, weights, { width: 61, height: 46 }),
      style: [
        { picture: seededPicture(50, 40, 'one'), weight: 0.25 },
        { picture: seededPicture(40, 64, 'other'), weight: 0.75 },
      ],
    };
    const found = await evaluateProblem(gpu(), problem, cutOf(problem, { columns: 2, rows: 2 }));
    const { gradient } = distanceOf(found, await evaluateProblem(gpu(), problem, undefined));
    expect(gradient).toBeLessThan(usual);
  });

  it('maps of more than one strip', async () => {
    const options: ObjectiveOptions = {
      ...shallow,
      contentLayers: layersOf('relu1_1'),
      styleLayers: layersOf('relu1_1'),
    };
    const problem = problemOf(options, weights, { width: 259, height: 301 });
    const found = await evaluateProblem(gpu(), problem, cutOf(problem, { columns: 1, rows: 1 }));
    expect(distanceOf(found, await evaluateProblem(gpu(), problem, undefined)).gradient).toBeLessThan(usual);
  });

  it('vectors that are longer than a binding', async () => {
    const { device, profile } = gpu();
    // Its buffers are its own. Maps of 256 positions and 136 rows of the picture are the most that it binds.
    const narrow = new Gpu({
      device,
      profile,
      shaders: readShader,
      instance: device,
      kernelPreference: new KernelPreference({ family: 'direct' }),
      maxBindingBytes: 2 ** 16,
    });
    const layers = layersOf('relu1_1');
    const problem = problemOf({ ...shallow, contentLayers: layers, styleLayers: layers }, weights, {
      width: 40,
      height: 140,
    });
    const found = await evaluateProblem(narrow, problem, cutOf(problem, { columns: 5, rows: 16 }));
    expect(distanceOf(found, await evaluateProblem(gpu(), problem, undefined)).gradient).toBeLessThan(usual);
    expect(narrow.buffers.count).toBe(0);
  });
});

const proofs = Number(process.env['IMPASTO_TILING_PROOF'] ?? 0);

describe('a network with branches', () => {
  const layersOf = (names: readonly string[]) => names.map((name) => ({ name, weight: 1 }));
  // A stem that pads nothing, blocks, a tap within one; pools that round up, and a stem that pads. No unit lies at its ReLU's kink (of four other
  // sizes of the second 142x117 has one, which gives 2e-4).
  it.each([
    ['inception_v3', ['Conv2d_1a_3x3', 'Mixed_5b'], ['Mixed_5b.branch3x3dbl_2'], { width: 151, height: 118 }],
    ['googlenet', ['conv2', 'inception3a'], ['inception3a.branch2.0'], { width: 138, height: 117 }],
  ] as const)('%s', async (network, style, content, size) => {
    const { objective } = presetSettings('gram');
    const options: ObjectiveOptions = {
      ...{ ...objective, network, pooling: 'max' },
      ...{ styleLayers: layersOf(style), contentLayers: layersOf(content) },
    };
    const problem = problemOf(options, seededWeights(network), size);
    const tiling = cutOf(problem, { columns: 2, rows: 2 });
    expect(tiling.windows.length).toBeGreaterThan(1);
    const distance = distanceOf(
      await evaluateProblem(gpu(), problem, tiling),
      await evaluateProblem(gpu(), problem, undefined),
    );
    expect(distance.losses).toBeLessThan(usual);
    expect(distance.gradient).toBeLessThan(usual);
  });
});

describe('at full depth', () => {
  const random = seededRandom('windowings');
  const pick = <Value>(values: readonly Value[]): Value => {
    const value = values[Math.floor(values.length * random())];
    if (value === undefined) throw new Error('nothing to pick');
    return value;
  };
  const whole = (from: number, to: number): number => from + Math.floor((to - from + 1) * random());
  const cuts = [
    { width: 176, height: 131, columns: 3, rows: 1, network: 'vgg16' as const },
    ...(proofs > 0 ? [{ width: 288, height: 288, columns: 3, rows: 3, network: 'vgg16' as const }] : []),
    ...Array.from({ length: proofs }, () => {
      const network = pick(['vgg16', 'vgg19'] as const);
      return { width: whole(180, 320), height: whole(180, 320), columns: whole(1, 5), rows: whole(1, 5), network };
    }),
  ].map((cut, index) => {
    const [pooling, paddingMode] = [pick(['max', 'average'] as const), pick(['replicate', 'zeros'] as const)];
    const styleLoss = (['gram', 'covariance', 'w2'] as const)[index % 3] ?? 'gram';
    return { ...cut, pooling, paddingMode, styleLoss, content: pick(['kept', 'recomputed'] as const) };
  });

  it.each(cuts)(
    '$width x $height in $columns x $rows, $network, $styleLoss, $pooling, $paddingMode',
    async ({ network, pooling, paddingMode, styleLoss, content, ...cut }) => {
      const { objective: usualOptions } = presetSettings(styleLoss === 'gram' ? 'gram' : 'default');
      const options: ObjectiveOptions = { ...usualOptions, network, pooling, paddingMode, styleLoss };
      const layers = network === 'vgg16' ? weights : seededWeights(network);
      const problem = problemOf(options, layers, cut);
      const tiling = cutOf(problem, cut, content);
      const found = await evaluateProblem(gpu(), problem, tiling);
      const distance = distanceOf(found, await evaluateProblem(gpu(), problem, undefined));
      process.stdout.write(
        `${JSON.stringify({ ...cut, network, styleLoss, windows: tiling.windows.length, ...distance })}\n`,
      );
      expect(distance.gradient).toBeLessThan(styleLoss === 'w2' ? ofRoots : usual);
    },
    600_000,
  );
});
