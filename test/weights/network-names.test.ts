/** Recognising a VGG by its tensors' names and shapes; the files here are descriptions without values. */

import { describe, expect, it } from 'vitest';
import type { FormatCode } from '../../src/core/errors.ts';
import { convolutionsOf, type NetworkName } from '../../src/models/networks.ts';
import { torchvisionIndices, type VggName, vggNames } from '../../src/models/vgg.ts';
import { recogniseNetwork } from '../../src/weights/network-names.ts';
import { refusalOf } from '../support/refusal.ts';
import { described, type Shapes } from './described.ts';

function torchvisionShapes(network: VggName, batchNorm: boolean, start = 'features.'): Shapes {
  const indices = torchvisionIndices(network, batchNorm);
  const shapes = new Map<string, readonly number[]>();
  for (const { name, inChannels, outChannels } of convolutionsOf(network)) {
    const at = indices.get(name) ?? -1;
    shapes.set(`${start}${at}.weight`, [outChannels, inChannels, 3, 3]);
    shapes.set(`${start}${at}.bias`, [outChannels]);
    if (batchNorm) {
      for (const part of ['weight', 'bias', 'running_mean', 'running_var']) {
        shapes.set(`${start}${at + 1}.${part}`, [outChannels]);
      }
      shapes.set(`${start}${at + 1}.num_batches_tracked`, []);
    }
  }
  return shapes;
}

function namedShapes(network: NetworkName, weight: string, bias: string, hwio: boolean): Shapes {
  const shapes = new Map<string, readonly number[]>();
  for (const { name, inChannels, outChannels } of convolutionsOf(network)) {
    shapes.set(`${name}${weight}`, hwio ? [3, 3, inChannels, outChannels] : [outChannels, inChannels, 3, 3]);
    shapes.set(`${name}${bias}`, [outChannels]);
  }
  return shapes;
}

describe.each(vggNames)('%s', (network) => {
  it.each([false, true])("is found under torchvision's names, batch norm %s", (batchNorm) => {
    const found = recogniseNetwork(described(torchvisionShapes(network, batchNorm)));
    expect(found).toMatchObject({ network, batchNorm, naming: 'features' });
    expect(found.convolutions.map(({ layer }) => layer.name)).toEqual(convolutionsOf(network).map(({ name }) => name));
    expect(found.convolutions.every(({ layout }) => layout === 'OIHW')).toBe(true);
    expect(found.convolutions.every((conv) => (conv.batchNorm !== undefined) === batchNorm)).toBe(true);
  });

  it.each([
    '',
    'module.features.',
    'state_dict.features.',
    'state_dict.module.features.',
    'model.features.',
    'module.',
    '_orig_mod.features.',
    '_orig_mod.module.features.',
    'module._orig_mod.features.',
    'state_dict.model.module.net._orig_mod.features.',
    'model_state_dict.',
    'features.module.',
    'features._orig_mod.',
    'features.module._orig_mod.',
    'module.features.module.',
    'state_dict.features.module.',
    '_fsdp_wrapped_module.features._checkpoint_wrapped_module.',
    'module.module.module.module.module.',
  ])('is found under the prefix %j', (start) => {
    expect(recogniseNetwork(described(torchvisionShapes(network, false, start))).network).toBe(network);
  });

  it('is found where every layer is wrapped for itself', () => {
    const shapes = [...torchvisionShapes(network, true)].map(
      ([name, shape]) => [`module.${name.replace(/\.(?=\w+$)/, '._orig_mod.')}`, shape] as const,
    );
    expect(shapes[0]?.[0]).toBe('module.features.0._orig_mod.weight');
    expect(recogniseNetwork(described(new Map(shapes)))).toMatchObject({ network, batchNorm: true });
    const ours = [...namedShapes(network, '.module.weight', '.module.bias', false)];
    expect(recogniseNetwork(described(new Map(ours)))).toMatchObject({ network, naming: 'layers' });
  });

  it("is found under our names and under Frossard's, whose kernels are HWIO", () => {
    const ours = recogniseNetwork(described(namedShapes(network, '.weight', '.bias', false)));
    expect(ours).toMatchObject({ network, naming: 'layers' });
    const caffe = recogniseNetwork(described(namedShapes(network, '_W', '_b', true)));
    expect(caffe).toMatchObject({ network, naming: 'frossard' });
    expect(caffe.convolutions.every(({ layout }) => layout === 'HWIO')).toBe(true);
  });

  it("is found beside a classifier and an optimiser's tensors", () => {
    const shapes = new Map([
      ...torchvisionShapes(network, false),
      ['classifier.0.weight', [4096, 25088]] as const,
      ['optimizer.state.0.exp_avg', [64, 3, 3, 3]] as const,
    ]);
    expect(recogniseNetwork(described(shapes)).network).toBe(network);
  });
});

describe('recogniseNetwork', () => {
  const vgg16 = torchvisionShapes('vgg16', false);
  const change = (shapes: Shapes, edit: (copy: Map<string, readonly number[]>) => void): Shapes => {
    const copy = new Map(shapes);
    edit(copy);
    return copy;
  };

  it.each<readonly [string, Shapes, FormatCode, string]>([
    [
      'a missing layer',
      change(vgg16, (m) => m.delete('features.12.weight')),
      'tensor-missing',
      'the network, most like vgg16, lacks features.12.weight',
    ],
    [
      'a missing bias under a prefix',
      change(torchvisionShapes('vgg16', false, 'module.'), (m) => m.delete('module.0.bias')),
      'tensor-missing',
      'lacks features.0.bias',
    ],
    [
      'many missing layers',
      new Map([...vgg16].slice(0, 16)),
      'tensor-missing',
      'lacks features.19.weight, features.19.bias, features.21.weight and 7 more',
    ],
    [
      'a further convolution',
      change(vgg16, (m) => m.set('features.30.weight', [512, 512, 3, 3])),
      'tensor-surplus',
      'has besides its own tensors features.30.weight',
    ],
    [
      'a missing running variance',
      change(torchvisionShapes('vgg19', true), (m) => m.delete('features.1.running_var')),
      'tensor-missing',
      'most like vgg19 with batch normalisation, lacks features.1.running_var',
    ],
    [
      'kernels of another size',
      change(vgg16, (m) => m.set('features.0.weight', [64, 3, 5, 5])),
      'tensor-shape',
      "'features.0.weight' is [64, 3, 5, 5], expected [64, 3, 3, 3] or [3, 3, 3, 64]; layer conv1_1 of vgg16",
    ],
    [
      'a bias of another length',
      change(vgg16, (m) => m.set('features.2.bias', [65])),
      'tensor-shape',
      "'features.2.bias' is [65], expected [64]; layer conv1_2",
    ],
    [
      'a batch norm of another width',
      change(torchvisionShapes('vgg16', true), (m) => m.set('features.4.running_mean', [1])),
      'tensor-shape',
      "'features.4.running_mean' is [1], expected [64]; layer conv1_2",
    ],
    [
      'two namings at once',
      new Map([...vgg16, ['conv1_1.weight', [64, 3, 3, 3]]]),
      'network-ambiguous',
      "holds both 'features.0.weight' and 'conv1_1.weight'",
    ],
    [
      'two tensors for one layer',
      new Map([...vgg16, ['module.features.0.weight', [64, 3, 3, 3]]]),
      'network-ambiguous',
      "holds both 'features.0.weight' and 'module.features.0.weight'",
    ],
    [
      'two tensors for one layer, one in a wrapper amid its name',
      new Map([...vgg16, ['features.module.28.bias', [512]]]),
      'network-ambiguous',
      "holds both 'features.28.bias' and 'features.module.28.bias'",
    ],
    [
      'two tensors for one layer, both in wrappers',
      new Map([...torchvisionShapes('vgg16', false, 'model.'), ...torchvisionShapes('vgg16', false, 'net.')]),
      'network-ambiguous',
      "holds both 'model.0.weight' and 'net.0.weight'",
    ],
    [
      'a network below what is no wrapper',
      torchvisionShapes('vgg16', false, 'module.loss.vgg.features.'),
      'network-unrecognised',
      "holds 'module.loss.vgg.features.0.weight', expected 'features.0.weight' below nothing but state_dict, ",
    ],
    [
      'a wrapper that is none by a letter',
      torchvisionShapes('vgg16', false, 'modules.features.'),
      'network-unrecognised',
      "save the state_dict() of 'modules' alone",
    ],
    [
      'what is no wrapper amid a name',
      torchvisionShapes('vgg16', false, 'features.block.'),
      'network-unrecognised',
      "holds tensors like 'features.block.0.weight', 'features.block.0.bias'",
    ],
    ['names of wrappers alone', new Map([['module.weight', [64, 3, 3, 3]]]), 'network-unrecognised', "'module.weight'"],
    [
      'another network',
      new Map([['lin0', [1, 64, 1, 1]]]),
      'network-unrecognised',
      "holds tensors like 'lin0', expected a network's: features.0.weight or 0.weight, conv1_1.weight, conv1_1_W, conv1.conv.weight",
    ],
    ['no tensors', new Map(), 'network-unrecognised', 'holds no tensor that could be a convolution'],
  ])('refuses %s', async (_, shapes, code, message) => {
    const refusal = await refusalOf(() => recogniseNetwork(described(shapes)));
    expect(refusal.message).toContain(message);
    expect(refusal.code).toBe(code);
  });

  it('refuses another network than the expected one', async () => {
    const refusal = await refusalOf(() => recogniseNetwork(described(vgg16), 'vgg19'));
    expect(refusal.message).toContain('its tensors are those of vgg16, expected vgg19');
    expect(refusal.code).toBe('network-unexpected');
    expect(recogniseNetwork(described(vgg16), 'vgg16').network).toBe('vgg16');
  });
});
