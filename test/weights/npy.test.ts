/** NumPy arrays: files numpy wrote, header variants, and headers that are not numpy's. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { FormatCode } from '../../src/core/errors.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { parseNpy } from '../../src/weights/npy.ts';
import { openWeightFile } from '../../src/weights/weight-formats.ts';
import { refusalOf } from '../support/refusal.ts';
import { concat, floatBytes, npy } from './bytes.ts';

const fixture = (name: string) => {
  const bytes = readFileSync(new URL(`../fixtures/weights/${name}`, import.meta.url));
  return openWeightFile(bytesSource(name, bytes), (key) => key !== 'f8');
};
const base = Array.from({ length: 24 }, (_, i) => i / 4);
const four = floatBytes([1, 2, 3, 4]);
const header = (fields: string) => `{${fields}}\n`;
const plain = "'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), ";

describe('npz written by numpy', () => {
  it.each([
    ['f2', 'F16', [2, 3, 4], base],
    ['f4', 'F32', [2, 3, 4], base],
    ['fortran', 'F32', [2, 3, 4], base],
    ['scalar', 'F32', [], [1.5]],
  ])('holds %s as %s %j', async (name, dtype, shape, expected) => {
    const tensor = (await fixture('tiny.npz')).tensors.get(name);
    expect(tensor).toMatchObject({ dtype, shape });
    expect([...((await tensor?.read()) ?? [])]).toEqual(expected);
  });

  it('does not read what is not wanted', async () => {
    expect((await fixture('tiny.npz')).tensors.has('f8')).toBe(false);
  });

  it('reads compressed entries', async () => {
    expect((await fixture('tiny_deflate.npz')).tensors.get('f4')?.shape).toEqual([2, 3, 32]);
  });
});

describe('parseNpy', () => {
  it.each([
    ['version 1', npy(header(plain), four), [2, 2]],
    ['version 2', npy(header(plain), four, 2), [2, 2]],
    ['version 3', npy(header(plain), four, 3), [2, 2]],
    ['fields in another order', npy(header("'shape': (4,), 'fortran_order': False, 'descr': '<f4'"), four), [4]],
    [
      "Python 2's long integers",
      npy(header("'descr': '<f4', 'fortran_order': False, 'shape': (2L, 2L), "), four),
      [2, 2],
    ],
    ['doubles', npy(header("'descr': '<f8', 'fortran_order': False, 'shape': (2,), "), four), [2]],
    ['no elements', npy(header("'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), "), new Uint8Array()), [0, 3]],
  ])('reads %s', (_, bytes, shape) => {
    expect(parseNpy('w.npz', 'a', bytes).shape).toEqual(shape);
  });

  it('turns Fortran order into row-major', () => {
    const bytes = npy(header("'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), "), four);
    expect([...parseNpy('w.npz', 'a', bytes).values]).toEqual([1, 3, 2, 4]);
  });

  it.each<readonly [string, Uint8Array, FormatCode, string]>([
    ['another magic', concat('\x93NUMPX\x01\0', new Uint8Array(20)), 'npy-magic', "does not begin with NumPy's magic"],
    [
      'an unknown version',
      npy(header(plain), four, 4),
      'npy-magic',
      "does not begin with NumPy's magic and a version from 1 to 3",
    ],
    [
      'an end within the header length',
      npy(header(plain), four).subarray(0, 9),
      'npy-header-length',
      'ends within its header',
    ],
    [
      'a header longer than the file',
      npy(header(plain), four).subarray(0, 30),
      'npy-header-length',
      'declares a header of',
    ],
    [
      'a huge header',
      concat('\x93NUMPY\x02\0\xff\xff\xff\xff'),
      'npy-header-length',
      'declares a header of 4294967295 bytes',
    ],
    [
      'code in the header',
      npy(header("'descr': __import__('os'), 'fortran_order': False, 'shape': (2, 2), "), four),
      'npy-header',
      'has a header that is not a dictionary',
    ],
    [
      'a missing field',
      npy(header("'descr': '<f4', 'shape': (2, 2), "), four),
      'npy-header',
      'has a header that is not',
    ],
    ['a field twice', npy(header(`${plain}'descr': '<f4', `), four), 'npy-header', 'has a header that is not'],
    ['a further field', npy(header(`${plain}'extra': '1', `), four), 'npy-header', 'has a header that is not'],
    [
      'a negative extent',
      npy(header("'descr': '<f4', 'fortran_order': False, 'shape': (-2, 2), "), four),
      'npy-header',
      'has a header that is not',
    ],
    [
      'an extent beyond the integers',
      npy(header("'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), "), four),
      'npy-header',
      'has a header that is not',
    ],
    [
      'big-endian values',
      npy(header("'descr': '>f4', 'fortran_order': False, 'shape': (2, 2), "), four),
      'npy-dtype',
      "has element type '>f4', expected <f2, <f4, <f8",
    ],
    [
      'pickled objects',
      npy(header("'descr': '|O', 'fortran_order': False, 'shape': (2, 2), "), four),
      'npy-dtype',
      "has element type '|O'",
    ],
    [
      'integers',
      npy(header("'descr': '<i8', 'fortran_order': False, 'shape': (2,), "), four),
      'npy-dtype',
      "has element type '<i8'",
    ],
    [
      'too many axes',
      npy(header("'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 4), "), four),
      'npy-rank',
      'has 9 axes, expected at most 8',
    ],
    [
      'too few values',
      npy(header(plain), four.subarray(4)),
      'npy-size',
      'has 12 bytes of values, its shape [2, 2] of <f4 needs 16',
    ],
    ['too many values', npy(header(plain), concat(four, four)), 'npy-size', 'has 32 bytes of values'],
  ])('refuses %s', async (_, bytes, code, message) => {
    const refusal = await refusalOf(() => parseNpy('w.npz', 'a', bytes));
    expect(refusal.message).toContain(`w.npz: array 'a' ${message}`);
    expect(refusal.code).toBe(code);
  });
});
