/** PyTorch files of both formats: files torch wrote, hand-made ones with strides and views, and damaged ones. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type FormatCode, FormatError } from '../../src/core/errors.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import type { WeightFile } from '../../src/weights/weight-file.ts';
import { openWeightFile } from '../../src/weights/weight-formats.ts';
import { refusalOf } from '../support/refusal.ts';
import {
  concat,
  floatBytes,
  latin1,
  legacyPrefix,
  type PickledTensor,
  pytorchLegacy,
  pytorchZip,
  stateDictPickle,
  zipOf,
} from './bytes.ts';

const open = (bytes: Uint8Array, name = 'w.pth') => openWeightFile(bytesSource(name, bytes), () => true);
const fixture = (name: string) => readFileSync(new URL(`../fixtures/weights/${name}`, import.meta.url));
const valuesOf = async (file: WeightFile, name: string) => [...((await file.tensors.get(name)?.read()) ?? [])];

const six = floatBytes([0, 1, 2, 3, 4, 5]);
const tensor = (fields: Partial<PickledTensor> = {}): PickledTensor => ({
  name: 'a',
  key: '0',
  elementCount: 6,
  shape: [2, 3],
  strides: [3, 1],
  ...fields,
});

// tiny_*.pth: torch.save of {'epoch': 3, …, 'state_dict': {…}} with base = arange(24).reshape(2, 3, 4) / 4.
describe.each([
  ['tiny_zip.pth', 'pytorch-zip'],
  ['tiny_protocol4.pth', 'pytorch-zip'],
  ['tiny_legacy.pth', 'pytorch-legacy'],
])('%s, written by torch', (name, format) => {
  const base = Array.from({ length: 24 }, (_, i) => i / 4);
  const first = base.slice(0, 12);

  it.each<readonly [string, readonly number[], readonly number[]]>([
    ['plain', [2, 3, 4], base],
    ['transposed', [4, 2, 3], Array.from({ length: 24 }, (_, i) => base[(i % 6) * 4 + Math.floor(i / 6)] ?? -1)],
    ['slice', [2, 4], base.slice(16)],
    ['parameter', [3, 4], first],
    ['half', [3, 4], first],
    ['bfloat16', [3, 4], first],
    ['double', [3, 4], first.map((value) => value / 3)],
    ['scalar', [], [1.5]],
    ['empty', [0, 3], []],
  ])('holds %s as %j', async (key, shape, expected) => {
    const file = await open(fixture(name), name);
    expect(file.format).toBe(format);
    expect(file.tensors.get(`state_dict.${key}`)?.shape).toEqual(shape);
    expect(await valuesOf(file, `state_dict.${key}`)).toEqual(expected);
  });

  it('describes integers but does not read them as weights', async () => {
    const file = await open(fixture(name), name);
    expect(file.tensors.get('state_dict.count')?.dtype).toBe('I64');
    await expect(valuesOf(file, 'state_dict.count')).rejects.toThrow("tensor 'state_dict.count' holds I64");
  });

  it('refuses the file cut off anywhere', async () => {
    const whole = fixture(name);
    for (let length = 1; length < whole.length; length += 97) {
      await expect(open(whole.subarray(0, length), name)).rejects.toThrow(FormatError);
    }
  });
});

describe('tiny_python2.pth, a checkpoint as Python 2 wrote it', () => {
  it('is read, with strings of any bytes and long integers beside the tensors', async () => {
    const file = await open(fixture('tiny_python2.pth'));
    expect(file.format).toBe('pytorch-legacy');
    expect([...file.tensors.keys()].sort()).toEqual(['state_dict.features.0.bias', 'state_dict.features.0.weight']);
    expect(file.tensors.get('state_dict.features.0.weight')?.shape).toEqual([2, 3]);
    expect(await valuesOf(file, 'state_dict.features.0.weight')).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25]);
    expect(await valuesOf(file, 'state_dict.features.0.bias')).toEqual([-1.5, 2.5]);
  });
});

describe('strides', () => {
  it.each<readonly [string, Partial<PickledTensor>, readonly number[]]>([
    ['row-major', {}, [0, 1, 2, 3, 4, 5]],
    ['transposed', { shape: [3, 2], strides: [1, 3] }, [0, 3, 1, 4, 2, 5]],
    ['an offset', { shape: [2, 2], strides: [3, 1], offset: 1 }, [1, 2, 4, 5]],
    ['expanded along an axis', { shape: [2, 3], strides: [0, 2] }, [0, 2, 4, 0, 2, 4]],
    ['any stride where the extent is 1', { shape: [1, 3], strides: [77, 1], offset: 3 }, [3, 4, 5]],
  ])('reads %s', async (_, fields, expected) => {
    const zipped = await open(pytorchZip(stateDictPickle([tensor(fields)]), { 0: six }));
    expect(await valuesOf(zipped, 'a')).toEqual(expected);
    const legacy = await open(
      pytorchLegacy(stateDictPickle([tensor(fields)], 'N'), [{ key: '0', elementCount: 6, content: six }]),
    );
    expect(await valuesOf(legacy, 'a')).toEqual(expected);
  });
});

describe('zip format', () => {
  it.each<readonly [string, Uint8Array, FormatCode, RegExp]>([
    [
      'big-endian files',
      pytorchZip(stateDictPickle([tensor()]), { 0: six }, 'big'),
      'pytorch-byte-order',
      /its byte order is 'big', expected 'little'/,
    ],
    ['TorchScript', fixture('torchscript.pt'), 'weights-torchscript', /is a TorchScript archive/],
    [
      'a zip of something else',
      zipOf([{ name: 'a.txt', content: six }]),
      'weights-zip',
      /is a zip archive with neither data.pkl/,
    ],
    [
      'a state that is no dictionary',
      pytorchZip(latin1('].'), {}),
      'pytorch-state-dict',
      /it holds a list, expected a state dict/,
    ],
    ['a hostile pickle', pytorchZip(latin1('cos\nsystem\n.'), {}), 'pytorch-name', /wants to call os.system/],
  ])('refuses %s', async (_, bytes, code, message) => {
    const refusal = await refusalOf(() => open(bytes));
    expect(refusal.message).toMatch(message);
    expect(refusal.code).toBe(code);
  });

  it.each<readonly [string, Readonly<Record<string, Uint8Array>>, FormatCode, RegExp]>([
    ['a storage that is missing', {}, 'zip-entry-missing', /the zip entry 'archive\/data\/0' is missing/],
    [
      'a storage of another size',
      { 0: six.subarray(4) },
      'pytorch-storage-size',
      /'archive\/data\/0' has 20 bytes, 6 elements of F32 need 24/,
    ],
  ])('refuses %s when it is read', async (_, storages, code, message) => {
    const file = await open(pytorchZip(stateDictPickle([tensor()]), storages));
    const refusal = await refusalOf(() => valuesOf(file, 'a'));
    expect(refusal.message).toMatch(message);
    expect(refusal.code).toBe(code);
  });

  it('refuses to expand one element without bound', async () => {
    const expanded = tensor({ shape: [2 ** 30], strides: [0] });
    const file = await open(pytorchZip(stateDictPickle([expanded]), { 0: six }));
    const refusal = await refusalOf(() => valuesOf(file, 'a'));
    expect(refusal.message).toContain("tensor 'a' has shape [1073741824], more than 268435456 elements");
    expect(refusal.code).toBe('tensor-size');
  });

  it('does not read storages until asked', async () => {
    const large = tensor({
      name: 'classifier.0.weight',
      key: '1',
      elementCount: 2 ** 30,
      shape: [2 ** 30],
      strides: [1],
    });
    const file = await open(pytorchZip(stateDictPickle([tensor(), large]), { 0: six }));
    expect(await valuesOf(file, 'a')).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('nested dictionaries', () => {
  const key = (name: string) => `X${String.fromCharCode(name.length)}\x00\x00\x00${name}`;
  /** A pickle of dictionaries in one another, outermost first, about a state dict. */
  const nested = (keys: readonly string[], inner: Uint8Array) =>
    concat('\x80\x02', ...keys.map((name) => `}${key(name)}`), inner.subarray(2, -1), 's'.repeat(keys.length), '.');

  it('are followed through any chain of wrappers', async () => {
    const keys = ['state_dict', 'model', 'module', 'net', '_orig_mod', 'module', 'model'];
    const file = await open(pytorchZip(nested(keys, stateDictPickle([tensor()])), { 0: six }));
    expect([...file.tensors.keys()]).toEqual([`${keys.join('.')}.a`]);
    expect(await valuesOf(file, keys.concat('a').join('.'))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('are refused where two tensors come to the same name', async () => {
    const inner = (name: string) => stateDictPickle([tensor({ name })]).subarray(2, -1);
    const pickle = concat('\x80\x02}', key('a'), inner('b.c'), 's', key('a.b'), inner('c'), 's.');
    const refusal = await refusalOf(() => open(pytorchZip(pickle, { 0: six })));
    expect(refusal.message).toContain("its tensors ['a']['b.c'] and ['a.b']['c'] come to the same name, 'a.b.c'");
    expect(refusal.code).toBe('pytorch-tensor-repeated');
  });

  it('that hold themselves are left', async () => {
    const file = await open(pytorchZip(latin1(`\x80\x02}q\x00${key('a')}h\x00s.`), {}));
    expect(file.tensors.size).toBe(0);
  });

  it('are refused where they unfold without end', async () => {
    // Each level holds the level before a hundred times: 10^16 entries in a few kilobytes.
    const level = (index: number) =>
      `}(${Array.from({ length: 100 }, (_, i) => `K${String.fromCharCode(i)}h${String.fromCharCode(index)}`).join('')}uq${String.fromCharCode(index + 1)}`;
    const pickle = latin1(`\x80\x02}q\x00${Array.from({ length: 8 }, (_, i) => level(i)).join('')}.`);
    const refusal = await refusalOf(() => open(pytorchZip(pickle, {})));
    expect(refusal.message).toContain('its dictionaries unfold to more than 2000000 entries');
    expect(refusal.code).toBe('pytorch-nesting');
  });
});

describe('legacy format', () => {
  const pickle = stateDictPickle([tensor()], 'N');
  const storage = { key: '0', elementCount: 6, content: six };

  it('follows views of a shared storage', async () => {
    // ('storage', type, '0', 'cpu', 6, ('v', 2, 4)): a view that begins at element 2.
    const view = '(X\x01\x00\x00\x00vK\x02K\x04t';
    const viewed = stateDictPickle([tensor({ shape: [4], strides: [1] })], view);
    expect(await valuesOf(await open(pytorchLegacy(viewed, [storage])), 'a')).toEqual([2, 3, 4, 5]);
    const beyond = stateDictPickle([tensor({ shape: [5], strides: [1] })], view);
    await expect(open(pytorchLegacy(beyond, [storage]))).rejects.toThrow('reaches element 7');
  });

  it.each<readonly [string, Uint8Array, FormatCode, RegExp]>([
    [
      'an unknown protocol',
      concat(legacyPrefix.slice(0, -6), '\x80\x02M\xea\x03.'),
      'pytorch-protocol',
      /its legacy protocol is 1002, expected 1001/,
    ],
    [
      'big-endian files',
      pytorchLegacy(pickle, [storage], '\x80\x02}X\x0d\x00\x00\x00little_endian\x89s.'),
      'pytorch-byte-order',
      /its byte order is 'big'/,
    ],
    [
      "a count that differs from the pickle's",
      pytorchLegacy(pickle, [{ ...storage, elementCount: 5 }]),
      'pytorch-storage-size',
      /storage '0' has 5 elements, the pickle says 6/,
    ],
    [
      'a negative count',
      pytorchLegacy(pickle, [{ ...storage, elementCount: -1 }]),
      'pytorch-storage-size',
      /storage '0' has -1 elements/,
    ],
    [
      'a storage nothing refers to',
      pytorchLegacy(pickle, [storage, { ...storage, key: '9' }]),
      'pytorch-storage-listing',
      /storage '9' is listed twice or belongs to nothing/,
    ],
    [
      'a storage listed twice',
      pytorchLegacy(pickle, [storage, storage]),
      'pytorch-storage-listing',
      /storage '0' is listed twice/,
    ],
    [
      'a storage that is cut off',
      pytorchLegacy(pickle, [{ ...storage, content: six.subarray(8) }]),
      'file-truncated',
      /storage '0' ends at byte \d+, but the file has/,
    ],
    [
      'bytes after the last storage',
      concat(pytorchLegacy(pickle, [storage]), 'x'),
      'file-trailing-bytes',
      /the last storage ends at byte/,
    ],
    [
      'a view that is no tuple',
      pytorchLegacy(stateDictPickle([tensor()], 'K\x01'), [storage]),
      'pytorch-view',
      /storage '0' has view a number/,
    ],
    [
      'keys that are no strings',
      concat(legacyPrefix, '\x80\x02}.', pickle, ']K\x01a.'),
      'pytorch-storage-key',
      /its list of storages holds a number/,
    ],
  ])('refuses %s', async (_, bytes, code, message) => {
    const refusal = await refusalOf(() => open(bytes));
    expect(refusal.message).toMatch(message);
    expect(refusal.code).toBe(code);
  });

  it('refuses a storage that is missing when it is read', async () => {
    const file = await open(pytorchLegacy(pickle, []));
    const refusal = await refusalOf(() => valuesOf(file, 'a'));
    expect(refusal.message).toContain("storage '0' is not in the file");
    expect(refusal.code).toBe('pytorch-storage-missing');
  });
});

describe('files of other kinds', () => {
  it.each<readonly [string, Uint8Array, FormatCode, RegExp]>([
    [
      "PyTorch's tar format",
      concat(new Uint8Array(257), 'ustar\0'),
      'weights-tar',
      /is a tar archive, PyTorch's format before 0.1.10/,
    ],
    ['HDF5', latin1('\x89HDF\r\n\x1a\n'), 'weights-hdf5', /is an HDF5 file \(Keras\)/],
    ['MATLAB', latin1('MATLAB 5.0 MAT-file'), 'weights-matlab', /is a MATLAB file/],
    ['one NumPy array', latin1('\x93NUMPY\x01\0'), 'weights-npy', /is a single NumPy array; expected an .npz file/],
    ['a Git LFS pointer', latin1('version https://git-lfs.github.com/spec/v1'), 'file-lfs-pointer', /git lfs pull/],
    ['a web page', latin1('<!DOCTYPE html>'), 'file-html', /got an HTML page; download the file itself/],
    ['a plain pickle', latin1('\x80\x02cos\nsystem\n.'), 'weights-pickle', /is a pickle that torch.save did not write/],
    ['an empty file', new Uint8Array(), 'file-empty', /got an empty file; save or download it again/],
    ['text', latin1('hello'), 'file-text', /expected safetensors, a PyTorch state dict .* got text; read it/],
    ['noise', latin1('\x01\xfe\x02\xfd'), 'weights-format', /is none of safetensors, a PyTorch state dict/],
  ])('refuses %s by name', async (_, bytes, code, message) => {
    const refusal = await refusalOf(() => open(bytes));
    expect(refusal.message).toMatch(message);
    expect(refusal.code).toBe(code);
  });
});
