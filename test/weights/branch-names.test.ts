/** Recognising networks with branches by their tensors' names and shapes, as torchvision, Keras and we have them. */

import { describe, expect, it } from 'vitest';
import type { FormatCode } from '../../src/core/errors.ts';
import { convolutionsOf } from '../../src/models/networks.ts';
import { isNetworkTensorName, recogniseNetwork } from '../../src/weights/network-names.ts';
import { refusalOf } from '../support/refusal.ts';
import { described, type Shapes } from './described.ts';

type Branched = 'googlenet' | 'inception_v3';

const networks = ['googlenet', 'inception_v3'] as const;

/** As torchvision writes a state dict, with the heads that nothing here needs. */
function torchvisionShapes(network: Branched, { start = '', gamma = true, counts = true } = {}): Shapes {
  const shapes = new Map<string, readonly number[]>();
  for (const { name, inChannels, outChannels, kernel } of convolutionsOf(network)) {
    const unit = name.replace(/\.conv$/, '');
    shapes.set(`${start}${unit}.conv.weight`, [outChannels, inChannels, ...kernel]);
    for (const part of [...(gamma ? ['weight'] : []), 'bias', 'running_mean', 'running_var']) {
      shapes.set(`${start}${unit}.bn.${part}`, [outChannels]);
    }
    if (counts) shapes.set(`${start}${unit}.bn.num_batches_tracked`, []);
  }
  for (const head of network === 'googlenet' ? ['aux1.conv', 'aux2.conv'] : ['AuxLogits.conv0', 'AuxLogits.conv1']) {
    shapes.set(`${start}${head}.conv.weight`, [128, 512, 1, 1]);
    shapes.set(`${start}${head}.bn.bias`, [128]);
  }
  return shapes.set(`${start}fc.weight`, [1000, 2048]).set(`${start}fc.bias`, [1000]);
}

/** As Keras numbers them, from `first` on, with a classifier. */
function kerasShapes({ conv: firstConv, norm: firstNorm } = { conv: 1, norm: 1 }): Shapes {
  const shapes = new Map<string, readonly number[]>();
  const numbered = (kind: string, number: number) => (number === 0 ? kind : `${kind}_${number}`);
  convolutionsOf('inception_v3').forEach(({ inChannels, outChannels, kernel }, index) => {
    shapes.set(`${numbered('conv2d', firstConv + index)}/kernel`, [...kernel, inChannels, outChannels]);
    for (const part of ['beta', 'moving_mean', 'moving_variance']) {
      shapes.set(`${numbered('batch_normalization', firstNorm + index)}/${part}`, [outChannels]);
    }
  });
  // A manifest lists them by name, so that 10 comes before 2.
  return new Map([...shapes].sort(([a], [b]) => (a < b ? -1 : 1))).set('dense_1/kernel', [2048, 256]);
}

const changed = (shapes: Shapes, edit: (copy: Map<string, readonly number[]>) => void): Shapes => {
  const copy = new Map(shapes);
  edit(copy);
  return copy;
};

describe.each(networks)('%s', (network) => {
  it.each([{}, { start: 'state_dict.module.' }, { gamma: false, counts: false }])(
    "is found as torchvision's, %j",
    (form) => {
      const found = recogniseNetwork(described(torchvisionShapes(network, form)));
      expect(found).toMatchObject({ network, naming: 'branches', batchNorm: true });
      expect(found.conventions).toMatchObject({ input: 'symmetric', averagePool: 'include' });
      expect(found.convolutions.map(({ layer }) => layer)).toEqual(convolutionsOf(network));
      const norms = found.convolutions.flatMap(({ batchNorm }) => batchNorm ?? []);
      expect(new Set(norms.map(({ epsilon }) => epsilon))).toEqual(new Set([1e-3]));
      expect(norms.filter(({ gamma }) => gamma !== undefined)).toHaveLength(form.gamma === false ? 0 : norms.length);
      expect(found.convolutions.filter(({ bias }) => bias !== undefined)).toEqual([]);
    },
  );

  it('is found under our names', () => {
    const shapes = convolutionsOf(network).flatMap(({ name, inChannels, outChannels, kernel }) => [
      [`${name}.weight`, [outChannels, inChannels, ...kernel]] as const,
      [`${name}.bias`, [outChannels]] as const,
    ]);
    const found = recogniseNetwork(described(new Map<string, readonly number[]>(shapes)));
    expect(found).toMatchObject({ network, batchNorm: false, conventions: { input: 'torchvision' } });
  });
});

describe("Keras' Inception v3", () => {
  it.each([
    { conv: 1, norm: 1 },
    { conv: 0, norm: 0 },
    { conv: 94, norm: 100 },
  ])('is found by the order of creation, numbered from %j', (first) => {
    const found = recogniseNetwork(described(kerasShapes(first)));
    expect(found).toMatchObject({ network: 'inception_v3', naming: 'keras', batchNorm: true });
    expect(found.conventions).toMatchObject({ input: 'symmetric', averagePool: 'exclude' });
    expect(found.convolutions.every(({ layout }) => layout === 'HWIO')).toBe(true);
    expect(found.convolutions.every(({ batchNorm }) => batchNorm?.gamma === undefined)).toBe(true);
  });
});

describe('recogniseNetwork', () => {
  const googlenet = torchvisionShapes('googlenet');
  const inception = torchvisionShapes('inception_v3');
  const keras = kerasShapes();

  it.each<readonly [string, Shapes, FormatCode, string]>([
    [
      'a missing kernel of a branch',
      changed(inception, (m) => m.delete('Mixed_6e.branch7x7dbl_3.conv.weight')),
      'tensor-missing',
      'the network, most like inception_v3 with batch normalisation, lacks Mixed_6e.branch7x7dbl_3.conv.weight',
    ],
    [
      'a checkpoint that ends early',
      new Map([...inception].filter(([name]) => !name.startsWith('Mixed_7'))),
      'tensor-missing',
      'lacks Mixed_7a.branch3x3_1.conv.weight, Mixed_7a.branch3x3_1.bn.bias, Mixed_7a.branch3x3_1.bn.running_mean and ',
    ],
    [
      'a block too many',
      changed(googlenet, (m) => m.set('inception5c.branch1.conv.weight', [384, 1024, 1, 1])),
      'tensor-surplus',
      'most like googlenet with batch normalisation, has besides its own tensors inception5c.branch1.conv.weight',
    ],
    [
      "the paper's 5x5, which torchvision's GoogLeNet does not have",
      changed(googlenet, (m) => m.set('inception3a.branch3.1.conv.weight', [32, 16, 5, 5])),
      'tensor-shape',
      "'inception3a.branch3.1.conv.weight' is [32, 16, 5, 5], expected [32, 16, 3, 3] or [3, 3, 16, 32]; layer inception3a.branch3.1.conv of googlenet",
    ],
    [
      'a kernel that is turned',
      changed(inception, (m) => m.set('Mixed_6b.branch7x7_2.conv.weight', [128, 128, 7, 1])),
      'tensor-shape',
      'is [128, 128, 7, 1], expected [128, 128, 1, 7] or [1, 7, 128, 128]',
    ],
    [
      'a network below what is no wrapper',
      torchvisionShapes('googlenet', { start: 'encoder.' }),
      'network-unrecognised',
      "expected 'conv1.conv.weight' below nothing but state_dict, ",
    ],
    [
      "a convolution more than Keras' network has",
      changed(keras, (m) => m.set('conv2d_95/kernel', [1, 1, 2048, 8])),
      'tensor-surplus',
      'has besides its own tensors conv2d_95/kernel',
    ],
    [
      "layers of Keras in another order than the network's",
      changed(keras, (m) => m.set('conv2d_6/kernel', [1, 1, 192, 48]).set('conv2d_7/kernel', [1, 1, 192, 64])),
      'tensor-shape',
      "'conv2d_6/kernel' is [1, 1, 192, 48], expected [64, 192, 1, 1] or [1, 1, 192, 64]; layer Mixed_5b.branch1x1.conv",
    ],
    [
      'a variance that is missing',
      changed(keras, (m) => m.delete('batch_normalization_94/moving_variance')),
      'tensor-missing',
      'lacks batch_normalization_94/moving_variance',
    ],
  ])('refuses %s', async (_, shapes, code, message) => {
    const refusal = await refusalOf(() => recogniseNetwork(described(shapes)));
    expect(refusal.message).toContain(message);
    expect(refusal.code).toBe(code);
  });
});

it('passes over heads, counts and optimisers', () => {
  const others = ['fc.weight', 'AuxLogits.conv0.conv.weight', 'aux1.conv.bn.bias', 'conv1.bn.num_batches_tracked'];
  expect([...others, 'dense_1/kernel', 'conv2d_1/kernel/Adam'].filter(isNetworkTensorName)).toEqual([]);
});
