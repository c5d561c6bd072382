/** Whole networks through the converter: every source format in, the same values out, for the engine's loader. */

import { describe, expect, it } from 'vitest';
import type { FormatCode } from '../../src/core/errors.ts';
import { convolutionsOf } from '../../src/models/networks.ts';
import { torchvisionIndices } from '../../src/models/vgg.ts';
import { type ByteSource, bytesSource, sha256Of } from '../../src/weights/byte-source.ts';
import { type ConvertOptions, convertWeights } from '../../src/weights/convert.ts';
import { loadNetworkWeights, type NetworkWeights } from '../../src/weights/network-weights.ts';
import { encodeSafetensors } from '../../src/weights/safetensors.ts';
import { rowMajorStrides } from '../../src/weights/strides.ts';
import { refusalOf } from '../support/refusal.ts';
import {
  concat,
  floatBytes,
  type NamedValues,
  npyOf,
  type PickledTensor,
  patternNetwork,
  pytorchLegacy,
  pytorchZip,
  rawSafetensors,
  stateDictPickle,
  zipOf,
} from './bytes.ts';

const vgg16 = patternNetwork('vgg16');
const byName = new Map(vgg16.map((tensor) => [tensor.name, tensor]));

const pickled = (tensors: readonly NamedValues[]): readonly PickledTensor[] =>
  tensors.map(({ name, shape, values }) => {
    return { name, key: name, elementCount: values.length, shape, strides: rowMajorStrides(shape) };
  });
const zipped = (tensors: readonly NamedValues[]) =>
  pytorchZip(
    stateDictPickle(pickled(tensors)),
    Object.fromEntries(tensors.map(({ name, values }) => [name, floatBytes(values)])),
  );
const safetensors = (tensors: readonly NamedValues[]) =>
  encodeSafetensors(tensors.map((tensor) => ({ ...tensor, dtype: 'F32' as const })));

/** A safetensors file with another header, and bytes behind its own. */
function withHeader(bytes: Uint8Array, edit: (header: string, end: number) => string, behind = ''): Uint8Array {
  const dataOffset = 8 + new DataView(bytes.buffer).getUint32(0, true);
  const header = new TextDecoder().decode(bytes.subarray(8, dataOffset)).trimEnd();
  return concat(rawSafetensors(edit(header, bytes.length - dataOffset)), bytes.subarray(dataOffset), behind);
}

async function convert(source: ByteSource, options: ConvertOptions = { dtype: 'f32' }): Promise<NetworkWeights> {
  return loadNetworkWeights(bytesSource('out.safetensors', await convertWeights(source, options)));
}

/** Bit equality of every layer with the pattern, allowing the first kernel to be left out. */
function expectPattern(weights: NetworkWeights, skip?: string): void {
  const indices = torchvisionIndices('vgg16', false);
  const differing = convolutionsOf('vgg16').filter(({ name }) => {
    const layer = weights.layers.get(name);
    const expected = (part: string) =>
      Buffer.from(byName.get(`features.${indices.get(name)}.${part}`)?.values.buffer ?? new ArrayBuffer(0));
    const equal = (values: Float32Array | undefined, part: string) =>
      values !== undefined &&
      expected(part).equals(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return name !== skip && !(equal(layer?.weight, 'weight') && equal(layer?.bias, 'bias'));
  });
  expect(differing).toEqual([]);
}

describe('convertWeights', () => {
  it('converts a PyTorch zip file to f16 that loads back exactly', async () => {
    const source = bytesSource('some/where\\vgg.pth', zipped(vgg16));
    const bytes = await convertWeights(source, { dtype: 'f16' });
    const weights = await loadNetworkWeights(bytesSource('out.safetensors', bytes));
    expectPattern(weights);
    expect(weights).toMatchObject({ network: 'vgg16', dtype: 'f16' });
    expect(Object.fromEntries(weights.metadata)).toEqual({
      format_version: '1',
      network: 'vgg16',
      dtype: 'f16',
      batch_norm_folded: 'false',
      input_convention: 'torchvision',
      source: 'vgg.pth',
      source_sha256: await sha256Of(source),
    });
    // A converted file can be converted again, to the same values.
    expectPattern(await convert(bytesSource('again.safetensors', bytes)));
  });

  it.each(['state_dict.features.module.', '_orig_mod.features.'])('converts what stands below %s', async (start) => {
    const renamed = vgg16.map((tensor) => ({ ...tensor, name: tensor.name.replace('features.', start) }));
    expectPattern(await convert(bytesSource('vgg.pth', zipped(renamed))));
  });

  it('converts a legacy PyTorch file', async () => {
    const storages = vgg16.map(({ name, values }) => ({
      key: name,
      elementCount: values.length,
      content: floatBytes(values),
    }));
    const bytes = pytorchLegacy(stateDictPickle(pickled(vgg16), 'N'), storages);
    expectPattern(await convert(bytesSource('vgg.pth', bytes)));
  });

  it("converts an npz of Frossard's names, HWIO kernels and 0..255 input", async () => {
    const indices = torchvisionIndices('vgg16', false);
    const parts = convolutionsOf('vgg16').flatMap(({ name, inChannels, outChannels }) => {
      const values = byName.get(`features.${indices.get(name)}.weight`)?.values ?? new Float32Array();
      const hwio = new Float32Array(values.length);
      values.forEach((value, i) => {
        const [tap, channel, out] = [i % 9, Math.floor(i / 9) % inChannels, Math.floor(i / (9 * inChannels))];
        hwio[(tap * inChannels + channel) * outChannels + out] = value;
      });
      const bias = byName.get(`features.${indices.get(name)}.bias`)?.values ?? new Float32Array();
      return [
        { name: `${name}_W.npy`, content: npyOf([3, 3, inChannels, outChannels], hwio) },
        { name: `${name}_b.npy`, content: npyOf([outChannels], bias) },
      ];
    });
    const bytes = zipOf([...parts, { name: 'fc6_W.npy', content: new Uint8Array([1, 2, 3]) }]);
    const weights = await convert(bytesSource('vgg16_weights.npz', bytes));
    expectPattern(weights, 'conv1_1');
    expect(weights.metadata.get('input_convention')).toBe('caffe-rgb');
    const first = byName.get('features.0.weight')?.values[0] ?? Number.NaN;
    expect(weights.layers.get('conv1_1')?.weight[0]).toBe(Math.fround(255 * 0.229 * first));
    expectPattern(await convert(bytesSource('vgg16_weights.npz', bytes), { dtype: 'f32', input: 'torchvision' }));
  });

  it('reads a safetensors file with tensors of unread types beside the network, and refuses a needed one by name', async () => {
    const own = safetensors(vgg16);
    const f8 = (end: number) => `"scale":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[${end},${end + 3}]}`;
    const unknown = (end: number) => `"codes":{"dtype":"Q3_K","shape":[8],"data_offsets":[${end},${end + 5}]}`;
    const beside = (header: string, end: number) => `${header.slice(0, -1)},${f8(end)},${unknown(end + 3)}}`;
    expectPattern(await convert(bytesSource('w.safetensors', withHeader(own, beside, '\x38\xb8\xff12345'))));
    const needed = withHeader(own, (header) => header.replace('"F32","shape":[64,3', '"I32","shape":[64,3'));
    const refusal = await refusalOf(() => convert(bytesSource('w.safetensors', needed)));
    expect(refusal.message).toContain("tensor 'features.0.weight' holds I32, expected F16, BF16, F32 or F64");
    expect(refusal.code).toBe('tensor-dtype');
  });

  it('folds batch normalisation', async () => {
    const tensors = patternNetwork('vgg16', true);
    const weights = await convert(bytesSource('bn.safetensors', safetensors(tensors)));
    expect(weights.metadata.get('batch_norm_folded')).toBe('true');
    const value = (name: string, index: number) =>
      tensors.find((tensor) => tensor.name === name)?.values[index] ?? Number.NaN;
    // conv5_3 is features.40, its norm features.41; channel 7, kernel element 100 of 4608.
    const scale = value('features.41.weight', 7) / Math.sqrt(value('features.41.running_var', 7) + 1e-5);
    const kernel = scale * value('features.40.weight', 7 * 4608 + 100);
    const centred = value('features.40.bias', 7) - value('features.41.running_mean', 7);
    expect(weights.layers.get('conv5_3')?.weight[7 * 4608 + 100]).toBe(Math.fround(kernel));
    expect(weights.layers.get('conv5_3')?.bias[7]).toBe(Math.fround(scale * centred + value('features.41.bias', 7)));
  });

  it.each<readonly [string, number, ConvertOptions, FormatCode, string]>([
    [
      'NaN',
      Number.NaN,
      { dtype: 'f32' },
      'value-not-finite',
      "'conv5_3.bias' holds NaN at index 0, expected a finite number",
    ],
    [
      'infinity',
      Number.POSITIVE_INFINITY,
      { dtype: 'f16' },
      'value-not-finite',
      "'conv5_3.bias' holds Infinity at index 0, expected a finite",
    ],
    [
      'what f16 cannot hold',
      -65520,
      { dtype: 'f16' },
      'value-overflow',
      "'conv5_3.bias' holds -65520 at index 0, which f16 cannot hold; convert to f32",
    ],
    [
      'another network',
      1,
      { dtype: 'f16', network: 'vgg19' },
      'network-unexpected',
      'its tensors are those of vgg16, expected vgg19',
    ],
  ])('refuses %s', async (_, value, options, code, message) => {
    const tensors = vgg16.map((tensor) =>
      tensor.name === 'features.28.bias' ? { ...tensor, values: new Float32Array(512).fill(value, 0, 1) } : tensor,
    );
    const source = bytesSource('w.safetensors', safetensors(tensors));
    const refusal = await refusalOf(() => convertWeights(source, options));
    expect(refusal.message).toContain(message);
    expect(refusal.code).toBe(code);
  });
});
