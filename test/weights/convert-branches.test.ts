/** Networks with branches through the converter and the loader: whole ones, of values that a formula gives. */

import { beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { convolutionsOf } from '../../src/models/networks.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { type Conversion, convertFile } from '../../src/weights/convert.ts';
import { loadNetworkWeights } from '../../src/weights/network-weights.ts';
import { encodeSafetensors } from '../../src/weights/safetensors.ts';
import { type TfjsWeight, tfjsModel } from './bytes.ts';

/** Bytes that a tensor takes from place `seed` on; as many as the largest kernel has. */
const codes = Uint8Array.from({ length: 2 ** 21 }, (_, i) => (i * 37) % 251);
const code = (seed: number, index: number) => codes[seed + index] ?? Number.NaN;

describe("Keras' Inception v3 out of TensorFlow.js", () => {
  const layers = convolutionsOf('inception_v3');
  const quantised = {
    kernel: { dtype: 'uint8', scale: 0.001, min: -0.125 },
    beta: { dtype: 'uint8', scale: 0.01, min: -1 },
    moving_mean: { dtype: 'uint8', scale: 0.005, min: -0.5 },
    moving_variance: { dtype: 'uint8', scale: 0.01, min: 0.25 },
  };
  const value = (part: keyof typeof quantised, seed: number, index: number) =>
    Math.fround(code(seed, index) * quantised[part].scale + quantised[part].min);

  const weights = layers.flatMap(({ inChannels, outChannels, kernel }, index): TfjsWeight[] => {
    const norm = `batch_normalization_${index + 1}`;
    const perChannel = [outChannels];
    const parts = [
      [`conv2d_${index + 1}`, 'kernel', [...kernel, inChannels, outChannels]],
      [norm, 'beta', perChannel],
      [norm, 'moving_mean', perChannel],
      [norm, 'moving_variance', perChannel],
    ] as const;
    return parts.map(([layer, part, shape], at) => {
      const count = shape.reduce((product, extent) => product * extent, 1);
      const bytes = codes.subarray(4 * index + at, 4 * index + at + count);
      return { name: `${layer}/${part}`, shape, bytes, quantization: quantised[part] };
    });
  });
  let converted: Conversion;

  beforeAll(async () => {
    const { model, beside } = tfjsModel(weights);
    converted = await convertFile(bytesSource('some/model.json', model), {
      dtype: 'f32',
      input: 'torchvision',
      beside,
    });
  });

  it('is folded in f64, kernels turned to OIHW, and loads by the table', async () => {
    const loaded = await loadNetworkWeights(bytesSource('inception.safetensors', converted.bytes));
    expect([...loaded.layers.keys()]).toEqual(layers.map(({ name }) => name));
    for (const name of ['Conv2d_1a_3x3', 'Mixed_5b.branch5x5_2', 'Mixed_6b.branch7x7_2', 'Mixed_7c.branch3x3dbl_3b']) {
      const index = layers.findIndex(({ reluName }) => reluName === name);
      const { inChannels = 0, outChannels = 0, kernel: [height, width] = [0, 0] } = layers[index] ?? {};
      const seed = 4 * index;
      const [o, i, row, column] = [outChannels - 2, inChannels - 1, height - 1, Math.floor(width / 2)];
      const scale = 1 / Math.sqrt(value('moving_variance', seed + 3, o) + 1e-3);
      const stored = value('kernel', seed, ((row * width + column) * inChannels + i) * outChannels + o);
      const { weight, bias } = loaded.layers.get(`${name}.conv`) ?? {};
      expect(weight?.[((o * inChannels + i) * height + row) * width + column], name).toBe(Math.fround(scale * stored));
      const constant = value('beta', seed + 1, o) - scale * value('moving_mean', seed + 2, o);
      expect(bias?.[o], name).toBeCloseTo(constant, 6);
    }
  });

  it('excludes the padding of average pools, which the file says and another conversion keeps', async () => {
    expect(converted).toMatchObject({ format: 'tfjs', averagePool: 'exclude', assumed: "Keras' ImageNet weights" });
    const again = await convertFile(bytesSource('inception.safetensors', converted.bytes), { dtype: 'f16' });
    expect(again).toMatchObject({ format: 'safetensors', input: 'torchvision', averagePool: 'exclude' });
    expect(again.assumed).toBeUndefined();
    const loaded = await loadNetworkWeights(bytesSource('again.safetensors', again.bytes), {
      untilLayer: 'Mixed_5b.branch5x5_1.conv',
    });
    expect(loaded).toMatchObject({ network: 'inception_v3', dtype: 'f16', averageCountsPadding: false });
    expect([...loaded.layers.keys()]).toEqual(layers.slice(0, 7).map(({ name }) => name));
  });

  it('names its shards and their checksums', async () => {
    const { metadata } = await loadNetworkWeights(bytesSource('x', converted.bytes), {
      untilLayer: 'Conv2d_1a_3x3.conv',
    });
    expect(metadata.get('source')).toBe('model.json');
    expect(metadata.get('shards_sha256')).toMatch(/^([0-9a-f]{64} ){5}[0-9a-f]{64}$/);
  });
});

describe("torchvision's GoogLeNet", () => {
  const tensors = convolutionsOf('googlenet').flatMap(({ name, reluName, inChannels, outChannels, kernel }, index) => {
    const filled = (of: string, shape: readonly number[], at: number, offset: number) => {
      const count = shape.reduce((product, extent) => product * extent, 1);
      const values = new Float32Array(count);
      for (let i = 0; i < count; i++) values[i] = code(5 * index + at, i) / 256 + offset;
      return { name: of, dtype: 'F32' as const, shape, values };
    };
    return [
      filled(`${name}.weight`, [outChannels, inChannels, ...kernel], 0, -0.5),
      filled(`${reluName}.bn.weight`, [outChannels], 1, 0.5),
      filled(`${reluName}.bn.bias`, [outChannels], 2, -0.5),
      filled(`${reluName}.bn.running_mean`, [outChannels], 3, -0.5),
      filled(`${reluName}.bn.running_var`, [outChannels], 4, 0.25),
    ];
  });
  const source = bytesSource('googlenet.safetensors', encodeSafetensors(tensors));
  const tensor = (name: string) => tensors.find((one) => one.name === name)?.values ?? new Float32Array();

  it('is taken for one that was trained on -1..1, and folded', async () => {
    const { bytes, ...conversion } = await convertFile(source, { dtype: 'f32' });
    expect(conversion).toMatchObject({ input: 'symmetric', assumed: "torchvision's ImageNet weights" });
    expect(conversion.averagePool).toBeUndefined();
    const loaded = await loadNetworkWeights(bytesSource('x', bytes));
    expect(loaded).toMatchObject({ network: 'googlenet', averageCountsPadding: true });
    expect(loaded.metadata.has('average_pool')).toBe(false);
    const scaleOf = (unit: string, o: number) =>
      (tensor(`${unit}.bn.weight`)[o] ?? 0) / Math.sqrt((tensor(`${unit}.bn.running_var`)[o] ?? 0) + 1e-3);
    const deep = 'inception4e.branch3.1';
    const kernel = scaleOf(deep, 5) * (tensor(`${deep}.conv.weight`)[5 * 32 * 9 + 100] ?? 0);
    expect(loaded.layers.get(`${deep}.conv`)?.weight[5 * 32 * 9 + 100]).toBe(Math.fround(kernel));
    // 2 x - 1 with x = 0.225 z + 0.406 in the third channel.
    const at = 3 * 3 * 49 + 2 * 49 + 7;
    const first = 0.45 * scaleOf('conv1', 3) * (tensor('conv1.conv.weight')[at] ?? 0);
    expect(loaded.layers.get('conv1.conv')?.weight[at]).toBeCloseTo(first, 6);
  });

  it('has no average pools to say anything of', async () => {
    const converting = convertFile(source, { dtype: 'f32', averagePool: 'exclude' });
    await expect(converting).rejects.toThrow(InputError);
    await expect(converting).rejects.toThrow('googlenet has no average pool that pads; leave out --average-pool');
  });
});
