/** TensorFlow.js models: values as it makes them, of shards as they are cut, and everything a hostile `model.json` may say. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FormatCode, InputError } from '../../src/core/errors.ts';
import { fileBeside } from '../../src/platform/node/byte-source.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import type { OpenBeside } from '../../src/weights/tfjs.ts';
import type { StoredTensor } from '../../src/weights/weight-file.ts';
import { openWeightFile } from '../../src/weights/weight-formats.ts';
import { refusalOf } from '../support/refusal.ts';
import { floatBytes, type TfjsWeight, tfjsModel } from './bytes.ts';

const words = (...values: readonly number[]) => new Uint8Array(Uint16Array.from(values).buffer);
const affine = (dtype: string) => ({ dtype, scale: 0.1, min: -3.2 });

const weights: readonly TfjsWeight[] = [
  { name: 'plain', shape: [2, 2], bytes: floatBytes([1, 2, 3, 4]) },
  { name: 'odd', shape: [3], bytes: Uint8Array.of(0, 7, 255), quantization: affine('uint8') },
  { name: 'wide', shape: [2], bytes: words(0, 65535), quantization: affine('uint16') },
  { name: 'half', shape: [2], bytes: words(0x3c00, 0xc000), quantization: { dtype: 'float16' } },
  { name: 'scalar', shape: [], bytes: floatBytes([5]) },
  { name: 'count', shape: [1], dtype: 'int32', bytes: new Uint8Array(4) },
];

const open = (model: Uint8Array, beside?: OpenBeside) =>
  openWeightFile(bytesSource('model.json', model), () => true, beside);
const text = (value: string) => new TextEncoder().encode(value);
const valuesOf = async (tensors: ReadonlyMap<string, StoredTensor>, name: string) => [
  ...((await tensors.get(name)?.read()) ?? []),
];

describe('a model', () => {
  it.each([1, 5, 8, 1024])('gives the values that TensorFlow.js makes, in shards of %i bytes', async (shardBytes) => {
    const { model, beside } = tfjsModel(weights, shardBytes);
    const { tensors, format, shards } = await open(model, beside);
    expect(format).toBe('tfjs');
    expect(shards).toHaveLength(Math.ceil(35 / shardBytes));
    expect(await valuesOf(tensors, 'plain')).toEqual([1, 2, 3, 4]);
    const rounded = (...values: readonly number[]) => values.map(Math.fround);
    expect(await valuesOf(tensors, 'odd')).toEqual(rounded(-3.2, 7 * 0.1 - 3.2, 255 * 0.1 - 3.2));
    expect(await valuesOf(tensors, 'wide')).toEqual(rounded(-3.2, 65535 * 0.1 - 3.2));
    expect(await valuesOf(tensors, 'half')).toEqual([1, -2]);
    expect(await valuesOf(tensors, 'scalar')).toEqual([5]);
    expect(tensors.get('odd')).toMatchObject({ dtype: 'float32', shape: [3] });
    const refusal = await refusalOf(() => valuesOf(tensors, 'count'));
    expect(refusal.message).toContain("weight 'count' holds int32, expected float32");
    expect(refusal.code).toBe('tensor-dtype');
  });

  it('is read from the folder it lies in, where a missing shard is named', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'impasto-tfjs-'));
    try {
      const { model, beside } = tfjsModel(weights, 20);
      const path = join(folder, 'model.json');
      const besidePath: OpenBeside = (name) => fileBeside(path, name);
      const shard = async (name: string) => (await beside(name)).read(0, 20);
      await writeFile(join(folder, 'group1-shard1of2.bin'), await shard('group1-shard1of2.bin'));
      const lacking = open(model, besidePath);
      await expect(lacking).rejects.toThrow(InputError);
      await expect(lacking).rejects.toThrow(/group1-shard2of2\.bin: there is no such file/);
      await writeFile(join(folder, 'group1-shard2of2.bin'), await shard('group1-shard2of2.bin'));
      const { tensors } = await open(model, besidePath);
      expect(await valuesOf(tensors, 'half')).toEqual([1, -2]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a model.json that is not as TensorFlow.js writes it', () => {
  const one = { name: 'w', shape: [2], dtype: 'float32' };
  const withGroups = (...groups: readonly unknown[]) => text(JSON.stringify({ weightsManifest: groups }));
  const withWeight = (changes: object) => withGroups({ paths: ['a.bin'], weights: [{ ...one, ...changes }] });
  const withPath = (path: unknown) => withGroups({ paths: [path], weights: [one] });

  it.each<readonly [string, Uint8Array, FormatCode, string]>([
    ['is cut', text('{"weightsManifest": [{"paths"'), 'tfjs-json', 'is not valid JSON with unique names'],
    [
      'repeats a name',
      text('{"weightsManifest": [], "weightsManifest": []}'),
      'tfjs-json',
      "'weightsManifest' occurs twice",
    ],
    [
      'nests without end',
      text(`{"weightsManifest": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
      'tfjs-json',
      'it nests more than 64 levels deep',
    ],
    ['lists nothing', text('{"weightsManifest": 3}'), 'tfjs-manifest', 'has no list of weights, weightsManifest'],
    ['has no list on top', text('{"a": {"weightsManifest": []}}'), 'tfjs-manifest', 'has no list of weights'],
    ['has an odd group', withGroups(null), 'tfjs-manifest', 'has a group in weightsManifest without lists'],
    ['has a weight without a name', withWeight({ name: 3 }), 'tfjs-weight', 'has a weight 3, expected a name, a dtype'],
    ['has a fractional shape', withWeight({ shape: [1.5] }), 'tfjs-weight', 'expected a name, a dtype and a shape'],
    ['has nine axes', withWeight({ shape: Array(9).fill(1) }), 'tfjs-weight', 'of at most 8 non-negative integers'],
    ['has strings', withWeight({ dtype: 'string' }), 'tfjs-dtype', "the weight 'w' holds string, expected float32"],
    [
      'quantises to what it likes',
      withWeight({ quantization: { dtype: 'int4', scale: 1, min: 0 } }),
      'tfjs-quantization',
      'int4',
    ],
    [
      'lacks a scale',
      withWeight({ quantization: { dtype: 'uint8', min: 0 } }),
      'tfjs-quantization',
      'with scale and min',
    ],
    [
      'names a shard twice',
      withGroups({ paths: ['a.bin', 'a.bin'], weights: [one] }),
      'tfjs-shards',
      "the shard 'a.bin' twice",
    ],
    [
      'names shards without end',
      withGroups({ paths: Array.from({ length: 5000 }, (_, i) => `${i}`), weights: [one] }),
      'tfjs-shards',
      'names 5000 shards, expected at most 4096',
    ],
    [
      'names a folder above',
      withPath('../a.bin'),
      'tfjs-path',
      'names the shard "../a.bin", expected the name of a file',
    ],
    ['names a folder above on Windows', withPath('..\\a.bin'), 'tfjs-path', 'expected the name of a file beside it'],
    ['names a folder below', withPath('b/a.bin'), 'tfjs-path', 'expected the name of a file beside it'],
    ['names a file anywhere', withPath('/etc/passwd'), 'tfjs-path', 'names the shard "/etc/passwd"'],
    ['names a drive', withPath('C:a.bin'), 'tfjs-path', 'names the shard "C:a.bin"'],
    ['names an address', withPath('https://example.org/a.bin'), 'tfjs-path', 'expected the name of a file beside it'],
    ['names the folder itself', withPath('..'), 'tfjs-path', 'names the shard ".."'],
    ['cuts a name with a zero', withPath('a.bin\0.png'), 'tfjs-path', 'expected the name of a file beside it'],
    ['names a number', withPath(1), 'tfjs-path', 'names the shard 1'],
    [
      'needs more than its shard has',
      withWeight({ shape: [3] }),
      'tfjs-size',
      "the shard 'a.bin' has 8 bytes, the weights in them need 12",
    ],
    [
      'needs more than any file has',
      withWeight({ shape: [2 ** 40, 2 ** 40] }),
      'tfjs-size',
      'has 8 bytes, the weights in them need',
    ],
    [
      'needs less than its shard has',
      withWeight({ shape: [1] }),
      'tfjs-size',
      'need 4; fetch the missing or damaged ones',
    ],
    [
      'has a weight twice',
      withGroups({
        paths: ['a.bin'],
        weights: [
          { ...one, shape: [1] },
          { ...one, shape: [1] },
        ],
      }),
      'tfjs-weight-repeated',
      "has the weight 'w' twice",
    ],
  ])('is refused where it %s', async (_, model, code, message) => {
    const opened: string[] = [];
    const beside: OpenBeside = async (name) => {
      opened.push(name);
      return bytesSource(name, new Uint8Array(8));
    };
    const refusal = await refusalOf(() => open(model, beside));
    expect(refusal.message).toContain(message);
    expect(refusal.code).toBe(code);
    expect(opened.filter((name) => name !== 'a.bin')).toEqual([]);
  });

  it('is refused where its shards are not at hand', async () => {
    const refusal = await refusalOf(() => open(withPath('a.bin')));
    expect(refusal.message).toContain("names its weights in other files, as 'a.bin', which are not at hand");
    expect(refusal.code).toBe('tfjs-shards');
  });

  it('is refused where a shard is cut while it is read', async () => {
    const { model, beside } = tfjsModel(weights);
    const cut: OpenBeside = async (name) => ({ ...(await beside(name)), read: async () => new Uint8Array(1) });
    const { tensors } = await open(model, cut);
    expect((await refusalOf(() => valuesOf(tensors, 'plain'))).code).toBe('file-changed');
  });
});
