/** safetensors: one test per rule of the format with hand-made bytes, and the round trip. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FormatCode, ShapeError } from '../../src/core/errors.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { encodeSafetensors, readSafetensorsHeader, readTensor } from '../../src/weights/safetensors.ts';
import { refusalOf } from '../support/refusal.ts';
import { concat, littleEndian, rawSafetensors } from './bytes.ts';

const headerOf = (bytes: Uint8Array) => readSafetensorsHeader(bytesSource('w.safetensors', bytes));
const entry = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('readSafetensorsHeader', () => {
  it.each<readonly [string, Uint8Array, FormatCode, RegExp]>([
    [
      'an empty file',
      new Uint8Array(),
      'file-truncated',
      /header length needs 8 bytes from byte 0, but the file has 0/,
    ],
    [
      'a header longer than the file',
      rawSafetensors('{}', 0, 99),
      'file-truncated',
      /header needs 99 bytes from byte 8, but the file has 10/,
    ],
    [
      'a header above the cap',
      rawSafetensors('{}', 0, 2n ** 63n),
      'safetensors-header-length',
      /said to have 9223372036854775808 bytes, expected at most/,
    ],
    ['a header that is no object', rawSafetensors('[]'), 'safetensors-header-start', /does not begin with '\{'/],
    ['a header that is no JSON', rawSafetensors('{"a":'), 'safetensors-header-json', /not valid JSON/],
    [
      'a header that is not UTF-8',
      concat(littleEndian(4, 8), '{"\xff"}'),
      'safetensors-header-json',
      /not valid JSON|but the file has/,
    ],
    [
      'a name that occurs twice',
      rawSafetensors(`{"a":${JSON.stringify(entry(0, 4))},"a":${JSON.stringify(entry(0, 4))}}`, 4),
      'safetensors-header-json',
      /'a' occurs twice/,
    ],
    [
      'the same name escaped',
      rawSafetensors(`{"a":${JSON.stringify(entry(0, 4))},"\\u0061":${JSON.stringify(entry(4, 8))}}`, 8),
      'safetensors-header-json',
      /'a' occurs twice/,
    ],
    [
      'a field that occurs twice',
      rawSafetensors('{"a":{"dtype":"F32","dtype":"F16","shape":[],"data_offsets":[0,4]}}', 4),
      'safetensors-header-json',
      /'dtype' occurs twice/,
    ],
    [
      'a tensor that is no object',
      rawSafetensors({ a: 1 }),
      'safetensors-entry',
      /tensor 'a' is not described by a JSON object/,
    ],
    [
      'an unknown field',
      rawSafetensors({ a: { ...entry(0, 4), extra: 1 } }, 4),
      'safetensors-field',
      /tensor 'a' has an unknown field 'extra'/,
    ],
    [
      'an element type that is no name',
      rawSafetensors({ a: { ...entry(0, 4), dtype: 16 } }, 4),
      'safetensors-dtype',
      /tensor 'a' has element type 16, expected a name/,
    ],
    [
      'a size that is not its shape, of a type whose values are not read',
      rawSafetensors({ a: entry(0, 4, [5], 'F8_E4M3') }, 4),
      'safetensors-size',
      /spans 4 bytes, its shape \[5\] of F8_E4M3 needs 5/,
    ],
    [
      'half a byte too many',
      rawSafetensors({ a: entry(0, 2, [3], 'F4') }, 2),
      'safetensors-size',
      /spans 2 bytes, its shape \[3\] of F4 needs 1.5/,
    ],
    [
      'offsets in reverse, of an unknown type',
      rawSafetensors({ a: entry(4, 0, [1], 'Q3_K') }, 4),
      'safetensors-size',
      /tensor 'a' spans -4 bytes/,
    ],
    [
      'a hole behind a tensor of an unknown type',
      rawSafetensors({ a: entry(0, 3, [8], 'Q3_K'), b: entry(4, 8) }, 8),
      'safetensors-hole',
      /'b' leaves a hole before it/,
    ],
    [
      'tensors of unknown types that overlap',
      rawSafetensors({ a: entry(0, 5, [8], 'Q3_K'), b: entry(4, 8, [8], 'Q4_K') }, 8),
      'safetensors-overlap',
      /'b' overlaps the tensor before it/,
    ],
    [
      'a negative extent',
      rawSafetensors({ a: entry(0, 4, [-1]) }, 4),
      'safetensors-shape',
      /tensor 'a' has shape \[-1\]/,
    ],
    [
      'a fractional extent',
      rawSafetensors({ a: entry(0, 4, [1.5]) }, 4),
      'safetensors-shape',
      /tensor 'a' has shape \[1.5\]/,
    ],
    [
      'too many axes',
      rawSafetensors({ a: entry(0, 4, [1, 1, 1, 1, 1, 1, 1, 1, 1]) }, 4),
      'safetensors-shape',
      /at most 8/,
    ],
    [
      'a shape whose product overflows',
      rawSafetensors({ a: entry(0, 4, [2 ** 40, 2 ** 40]) }, 4),
      'safetensors-size',
      /spans 4 bytes/,
    ],
    [
      'one offset',
      rawSafetensors({ a: { ...entry(0, 4), data_offsets: [0] } }, 4),
      'safetensors-offsets',
      /data_offsets \[0\]/,
    ],
    ['offsets in reverse', rawSafetensors({ a: entry(4, 0, [1]) }, 4), 'safetensors-size', /tensor 'a' spans -4 bytes/],
    [
      'a size that is not its shape',
      rawSafetensors({ a: entry(0, 8, [3]) }, 8),
      'safetensors-size',
      /spans 8 bytes, its shape \[3\] of F32 needs 12/,
    ],
    [
      'an offset past the end',
      rawSafetensors({ a: entry(0, 8) }, 4),
      'file-truncated',
      /tensor 'a' ends at byte \d+, but the file has \d+; it is truncated/,
    ],
    [
      'tensors that overlap',
      rawSafetensors({ a: entry(0, 8), b: entry(4, 12) }, 12),
      'safetensors-overlap',
      /'b' overlaps the tensor before it/,
    ],
    [
      'a hole between tensors',
      rawSafetensors({ a: entry(0, 4), b: entry(8, 12) }, 12),
      'safetensors-hole',
      /'b' leaves a hole before it/,
    ],
    ['a hole at the start', rawSafetensors({ a: entry(4, 8) }, 8), 'safetensors-hole', /'a' leaves a hole before it/],
    [
      'bytes after the last tensor',
      rawSafetensors({ a: entry(0, 4) }, 5),
      'file-trailing-bytes',
      /last tensor ends at byte \d+, but the file has/,
    ],
    [
      'metadata that is no object',
      rawSafetensors({ __metadata__: 3 }),
      'safetensors-metadata',
      /__metadata__ is not a JSON object/,
    ],
    [
      'metadata that is not a string',
      rawSafetensors({ __metadata__: { a: 3 } }),
      'safetensors-metadata-value',
      /__metadata__ entry 'a' is not a string/,
    ],
  ])('refuses %s', async (_, bytes, code, message) => {
    const refusal = await refusalOf(() => headerOf(bytes));
    expect(refusal.message).toMatch(message);
    expect(refusal.code).toBe(code);
  });

  it('reads scalars, empty tensors and integer types without touching data', async () => {
    const header = await headerOf(
      rawSafetensors({ n: entry(0, 8, [], 'I64'), e: entry(8, 8, [0, 3]), s: entry(8, 12, []) }, 12),
    );
    expect([...header.tensors.keys()]).toEqual(['n', 'e', 's']);
  });

  // As safetensors 0.8 counts them.
  it.each<readonly [number, readonly string[]]>([
    [8, ['BOOL', 'U8', 'I8', 'F8_E5M2', 'F8_E4M3', 'F8_E8M0', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ']],
    [4, ['F4']],
    [6, ['F6_E2M3', 'F6_E3M2']],
    [16, ['I16', 'U16', 'F16', 'BF16']],
    [32, ['I32', 'U32', 'F32']],
    [64, ['C64', 'F64', 'I64', 'U64']],
  ])('counts eight elements as %i bytes in %j', async (sizeBytes, dtypes) => {
    for (const dtype of dtypes) {
      const header = await headerOf(rawSafetensors({ a: entry(0, sizeBytes, [2, 4], dtype) }, sizeBytes));
      expect(header.tensors.get('a')).toMatchObject({ dtype, sizeBytes });
      const other = await refusalOf(() => headerOf(rawSafetensors({ a: entry(0, 7, [2, 4], dtype) }, 7)));
      expect(other.code).toBe('safetensors-size');
    }
  });

  it('takes the size of an unknown type from the offsets', async () => {
    const header = await headerOf(rawSafetensors({ a: entry(0, 7, [99], 'MXFP4'), b: entry(7, 11) }, 11));
    expect([...header.tensors.values()].map(({ dtype, sizeBytes }) => [dtype, sizeBytes])).toEqual([
      ['MXFP4', 7],
      ['F32', 4],
    ]);
  });
});

describe('readTensor', () => {
  it.each([
    ['F64', new Uint8Array(Float64Array.of(0.1, -2).buffer), [0.1, -2]],
    ['F32', new Uint8Array(Float32Array.of(0.5, -2).buffer), [0.5, -2]],
    ['F16', Uint8Array.of(0x00, 0x38, 0x00, 0xc0), [0.5, -2]],
    ['BF16', Uint8Array.of(0x00, 0x3f, 0x00, 0xc0), [0.5, -2]],
  ])('reads %s', async (dtype, data, expected) => {
    // An odd header length leaves the data unaligned.
    const header = JSON.stringify({ a: { dtype, shape: [2], data_offsets: [0, data.length] } }).padEnd(71);
    const source = bytesSource('w.safetensors', concat(littleEndian(71, 8), header, data));
    const { tensors } = await readSafetensorsHeader(source);
    const tensor = tensors.get('a');
    expect(tensor && [...(await readTensor(source, tensor))]).toEqual(expected);
  });

  it('reads what is not aligned in a Buffer of Node, whose slices are no copies', async () => {
    const header = JSON.stringify({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }).padEnd(71);
    const file = concat(littleEndian(71, 8), header, new Uint8Array(Float32Array.of(0.5).buffer));
    const source = bytesSource('w.safetensors', Buffer.from(file));
    const tensor = (await readSafetensorsHeader(source)).tensors.get('a');
    expect(tensor && [...(await readTensor(source, tensor))]).toEqual([0.5]);
  });

  it.each(['I64', 'C64', 'MXFP4'])('refuses %s by name', async (dtype) => {
    const source = bytesSource('w.safetensors', rawSafetensors({ a: entry(0, 8, [1], dtype) }, 8));
    const tensor = (await readSafetensorsHeader(source)).tensors.get('a');
    const refusal = await refusalOf(() => tensor && readTensor(source, tensor));
    expect(refusal.message).toContain(`tensor 'a' holds ${dtype}, expected F16`);
    expect(refusal.code).toBe('tensor-dtype');
  });
});

describe('encodeSafetensors', () => {
  it('round-trips values, shapes and metadata, whatever the order they come in', async () => {
    const tensor = fc.record({
      dtype: fc.constantFrom('F32' as const, 'F16' as const),
      values: fc.array(fc.integer({ min: -2048, max: 2048 }), { maxLength: 9 }),
    });
    const names = fc.string({ minLength: 1 }).filter((name) => name !== '__metadata__');
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(names, tensor),
        fc.dictionary(fc.string(), fc.string()),
        async (tensors, metadata) => {
          const list = Object.entries(tensors).map(([name, { dtype, values }]) => {
            return { name, dtype, shape: [values.length, 1], values: Float32Array.from(values) };
          });
          const bytes = encodeSafetensors(list, metadata);
          expect(encodeSafetensors([...list].reverse(), metadata)).toEqual(bytes);
          const source = bytesSource('w.safetensors', bytes);
          const header = await readSafetensorsHeader(source);
          expect(new Map(Object.entries(metadata))).toEqual(header.metadata);
          expect(header.tensors.size).toBe(list.length);
          for (const { name, shape, values } of list) {
            const found = header.tensors.get(name);
            expect(found?.shape).toEqual(shape);
            expect(found && (await readTensor(source, found))).toEqual(values);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('pads the header to a multiple of 8', () => {
    const bytes = encodeSafetensors([{ name: 'a', dtype: 'F32', shape: [1], values: Float32Array.of(1) }]);
    expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
  });

  it('refuses a name taken twice and values that do not fill their shape', () => {
    const tensor = { name: 'a', dtype: 'F32', shape: [2], values: new Float32Array(2) } as const;
    expect(() => encodeSafetensors([tensor, tensor])).toThrow("the name 'a' is taken twice");
    expect(() => encodeSafetensors([{ ...tensor, shape: [3] }])).toThrow(ShapeError);
  });
});
