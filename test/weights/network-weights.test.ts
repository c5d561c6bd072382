/** Loading converted files: the bundled one, partial reading, and everything a converted file may not be. */

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type FormatCode, InputError } from '../../src/core/errors.ts';
import { convolutionsOf, type NetworkName } from '../../src/models/networks.ts';
import { openFile } from '../../src/platform/node/byte-source.ts';
import { bundledWeights } from '../../src/weights/bundled.ts';
import { type ByteSource, bytesSource } from '../../src/weights/byte-source.ts';
import { type LoadOptions, loadNetworkWeights } from '../../src/weights/network-weights.ts';
import { refusalOf } from '../support/refusal.ts';
import { latin1, littleEndian, rawSafetensors } from './bytes.ts';

const bundledPath = fileURLToPath(new URL(`../../weights/${bundledWeights.fileName}`, import.meta.url));

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** A converted network's header over data that is never allocated: reading it gives zeros. */
function convertedSource(
  metadata: Readonly<Record<string, string>> = {},
  edit: (tensors: { name: string; dtype: string; shape: number[] }[]) => void = () => undefined,
  layersOf: NetworkName = 'vgg16',
): ByteSource & { readonly readBytes: () => number } {
  const tensors = convolutionsOf(layersOf).flatMap(({ name, inChannels, outChannels, kernel }) => [
    { name: `${name}.weight`, dtype: 'F16', shape: [outChannels, inChannels, ...kernel] },
    { name: `${name}.bias`, dtype: 'F16', shape: [outChannels] },
  ]);
  edit(tensors);
  let end = 0;
  const entries = tensors.map(({ name, dtype, shape }): [string, Entry] => {
    const begin = end;
    end += shape.reduce((product, extent) => product * extent, dtype === 'F16' ? 2 : 4);
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const all = { format_version: '1', network: layersOf, dtype: 'f16', ...metadata };
  const header = rawSafetensors({ __metadata__: all, ...Object.fromEntries(entries) });
  let readBytes = 0;
  return {
    name: 'w.safetensors',
    sizeBytes: header.length + end,
    read: async (offset, length) => {
      readBytes += length;
      return offset < header.length ? header.subarray(offset, offset + length) : new Uint8Array(length);
    },
    readBytes: () => readBytes,
  };
}

describe('the bundled file', () => {
  it('loads, with its checksum, as VGG16', async () => {
    const source = await openFile(bundledPath);
    try {
      expect(source.sizeBytes).toBe(bundledWeights.sizeBytes);
      const start = performance.now();
      const weights = await loadNetworkWeights(source, bundledWeights);
      expect(performance.now() - start).toBeLessThan(3000);
      expect([...weights.layers.keys()]).toEqual(convolutionsOf('vgg16').map(({ name }) => name));
      expect(weights.metadata.get('source')).toBe('vgg16_features.pth');
      // The first kernel of torchvision's VGG16, rounded to f16.
      const first = weights.layers.get('conv1_1')?.weight.slice(0, 3) ?? [];
      expect([...first].map((value) => value.toFixed(4))).toEqual(['-0.5537', '0.1427', '0.5288']);
    } finally {
      await source.close();
    }
  });

  it('is refused under another checksum', async () => {
    const source = await openFile(bundledPath);
    try {
      const refusal = await refusalOf(() => loadNetworkWeights(source, { sha256: '00' }));
      expect(refusal.message).toContain(
        `its SHA-256 is ${bundledWeights.sha256}, expected 00; it is damaged or another file`,
      );
      expect(refusal.code).toBe('file-checksum');
    } finally {
      await source.close();
    }
  });
});

describe('loadNetworkWeights', () => {
  it('reads no deeper than asked', async () => {
    const shallow = convertedSource();
    const weights = await loadNetworkWeights(shallow, { untilLayer: 'conv2_1' });
    expect([...weights.layers.keys()]).toEqual(['conv1_1', 'conv1_2', 'conv2_1']);
    expect(shallow.readBytes()).toBeLessThan(300_000);
  });

  it.each([
    ['googlenet', 'inception3a.branch1.conv', 4],
    ['inception_v3', 'Mixed_5b.branch1x1.conv', 6],
  ] as const)('reads kernels of any size, of %s', async (network, untilLayer, count) => {
    const weights = await loadNetworkWeights(convertedSource({}, undefined, network), { untilLayer });
    expect(weights).toMatchObject({ network, averageCountsPadding: true });
    expect([...weights.layers.values()].map(({ weight, bias }) => weight.length / bias.length)).toEqual(
      convolutionsOf(network)
        .slice(0, count)
        .map(({ inChannels, kernel: [height, width] }) => inChannels * height * width),
    );
  });

  it.each([
    ['include', true],
    ['exclude', false],
  ] as const)('tells of average pools that %s their padding', async (average_pool, counts) => {
    const source = convertedSource({ average_pool }, undefined, 'inception_v3');
    const weights = await loadNetworkWeights(source, { untilLayer: 'Conv2d_1a_3x3.conv' });
    expect(weights.averageCountsPadding).toBe(counts);
  });

  it.each<readonly [string, ByteSource, LoadOptions, FormatCode, string]>([
    [
      'other formats',
      bytesSource('w.pth', latin1('PK\x03\x04')),
      {},
      'weights-not-converted',
      'w.pth: is not a converted weight file; convert it first with `impasto convert`',
    ],
    [
      'an empty file',
      bytesSource('w', new Uint8Array()),
      {},
      'file-empty',
      'w: expected a converted weight file, got an empty file',
    ],
    [
      'safetensors of others',
      bytesSource('w', rawSafetensors({})),
      {},
      'weights-not-converted',
      'is not a converted weight file',
    ],
    [
      'an unknown network',
      convertedSource({ network: 'vgg11' }),
      {},
      'weights-not-converted',
      'is not a converted weight file',
    ],
    [
      'an unknown type',
      convertedSource({ dtype: 'f64' }),
      {},
      'weights-not-converted',
      'is not a converted weight file',
    ],
    [
      'average pools that do what no converter says',
      convertedSource({ average_pool: 'perhaps' }),
      {},
      'weights-not-converted',
      'is not a converted weight file',
    ],
    [
      'a kernel that is turned',
      convertedSource(
        {},
        (t) => t.find(({ name }) => name === 'Mixed_6b.branch7x7_2.conv.weight')?.shape.reverse(),
        'inception_v3',
      ),
      {},
      'tensor-shape',
      "tensor 'Mixed_6b.branch7x7_2.conv.weight' of inception_v3 is F16 [7, 1, 128, 128], expected F16 [128, 128, 1, 7]",
    ],
    [
      'a later version',
      convertedSource({ format_version: '2' }),
      {},
      'weights-version',
      'has weight format version 2, this Impasto reads 1',
    ],
    [
      'another network than asked for',
      convertedSource(),
      { network: 'vgg19' },
      'network-unexpected',
      'holds vgg16, expected vgg19',
    ],
    [
      'a network with too few layers',
      convertedSource({ network: 'vgg19' }),
      {},
      'tensor-missing',
      "lacks tensor 'conv3_4.weight' of vgg19, expected F16 [256, 256, 3, 3]",
    ],
    [
      'a missing bias',
      convertedSource({}, (t) => t.splice(3, 1)),
      {},
      'tensor-missing',
      "lacks tensor 'conv1_2.bias' of vgg16, expected F16 [64]",
    ],
    [
      'a tensor of another shape',
      convertedSource({}, (t) => t.splice(1, 1, { name: 'conv1_1.bias', dtype: 'F16', shape: [63] })),
      {},
      'tensor-shape',
      "tensor 'conv1_1.bias' of vgg16 is F16 [63], expected F16 [64]",
    ],
    [
      'a tensor of another type',
      convertedSource({}, (t) => t.splice(1, 1, { name: 'conv1_1.bias', dtype: 'F32', shape: [64] })),
      {},
      'tensor-dtype',
      "tensor 'conv1_1.bias' of vgg16 is F32 [64], expected F16 [64]",
    ],
    [
      'a tensor too many',
      convertedSource({}, (t) => t.push({ name: 'fc6.weight', dtype: 'F16', shape: [1] })),
      {},
      'tensor-surplus',
      "has tensor 'fc6.weight', which vgg16 does not have",
    ],
    [
      'a truncated file',
      { ...convertedSource(), sizeBytes: 1_000_000 },
      {},
      'file-truncated',
      'it is truncated or damaged',
    ],
    [
      'a header said to be longer than the file',
      bytesSource('w', new Uint8Array([...littleEndian(999, 8), 0x7b])),
      {},
      'file-truncated',
      'the header needs 999 bytes',
    ],
  ])('refuses %s', async (_, source, options, code, message) => {
    const refusal = await refusalOf(() => loadNetworkWeights(source, options));
    expect(refusal.message).toContain(message);
    expect(refusal.code).toBe(code);
  });

  it('refuses a depth the network does not have', async () => {
    const loading = loadNetworkWeights(convertedSource(), { untilLayer: 'conv3_4' });
    await expect(loading).rejects.toThrow(InputError);
    await expect(loading).rejects.toThrow(
      "layer 'conv3_4' is no convolution of vgg16; expected one of conv1_1, conv1_2",
    );
  });
});
