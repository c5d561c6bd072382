/** Zip archives: stored and deflated entries, and archives that lie about themselves. */

import { describe, expect, it } from 'vitest';
import { type FormatCode, FormatError } from '../../src/core/errors.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { openZip } from '../../src/weights/zip.ts';
import { refusalOf } from '../support/refusal.ts';
import { concat, latin1, type ZipPart, zipOf } from './bytes.ts';

const open = (bytes: Uint8Array) => openZip(bytesSource('w.zip', bytes));
const content = latin1('pattern '.repeat(1000));
const limit = 10_000;

const readOne = async (part: Partial<ZipPart>, maxBytes = limit) => {
  const zip = await open(zipOf([{ name: 'a', content, ...part }]));
  return zip.read('a', maxBytes);
};

describe('openZip', () => {
  it('reads stored and deflated entries, more than once', async () => {
    const zip = await open(
      zipOf([
        { name: 'd/a', content },
        { name: 'd/b', content, deflate: true },
      ]),
    );
    expect([...zip.entries.values()]).toEqual([
      { name: 'd/a', sizeBytes: 8000 },
      { name: 'd/b', sizeBytes: 8000 },
    ]);
    for (const name of ['d/a', 'd/b', 'd/b', 'd/a']) {
      expect(await zip.read(name, limit)).toEqual(content);
    }
  });

  it('reads an empty entry', async () => {
    expect(await readOne({ content: new Uint8Array() })).toEqual(new Uint8Array());
  });

  it.each<readonly [string, Partial<ZipPart>, number, FormatCode, RegExp]>([
    ["an entry above the caller's limit", {}, 7999, 'zip-entry-size', /'a' declares 8000 bytes, expected at most 7999/],
    ['a checksum that does not match', { crc: 1 }, limit, 'zip-entry-damaged', /'a' is damaged/],
    [
      'a stored entry that declares more than it holds',
      { declaredBytes: 9000 },
      limit,
      'zip-entry-damaged',
      /'a' is damaged/,
    ],
    [
      'a stored entry that declares less than it holds',
      { declaredBytes: 7000 },
      limit,
      'zip-entry-damaged',
      /'a' is damaged/,
    ],
    [
      'a deflated entry that inflates to more than it declares',
      { deflate: true, declaredBytes: 100 },
      limit,
      'zip-entry-damaged',
      /'a' is damaged/,
    ],
    [
      'a deflated entry that inflates to less than it declares',
      { deflate: true, declaredBytes: 9000 },
      limit,
      'zip-entry-damaged',
      /'a' is damaged/,
    ],
    [
      'a size no compression reaches',
      { deflate: true, declaredBytes: 2 ** 30 },
      2 ** 31,
      'zip-entry-inflation',
      /more than its \d+ compressed ones can hold/,
    ],
  ])('refuses %s', async (_, part, maxBytes, code, message) => {
    const refusal = await refusalOf(() => readOne(part, maxBytes));
    expect(refusal.message).toMatch(message);
    expect(refusal.code).toBe(code);
  });

  it('refuses an entry that is missing', async () => {
    const zip = await open(zipOf([]));
    const refusal = await refusalOf(() => zip.read('a', limit));
    expect(refusal.message).toContain("the zip entry 'a' is missing");
    expect(refusal.code).toBe('zip-entry-missing');
  });

  it('refuses a name that occurs twice', async () => {
    const refusal = await refusalOf(() =>
      open(
        zipOf([
          { name: 'a', content },
          { name: 'a', content },
        ]),
      ),
    );
    expect(refusal.message).toContain("'a' occurs twice");
    expect(refusal.code).toBe('zip-entry-repeated');
  });

  it('refuses more entries than a weight file can have', async () => {
    const many = Array.from({ length: 65_537 }, (_, i) => ({ name: `${i}`, content: new Uint8Array() }));
    const refusal = await refusalOf(() => open(zipOf(many)));
    expect(refusal.message).toContain('the zip archive has more than 65536 entries');
    expect(refusal.code).toBe('zip-entry-count');
  });

  it('refuses a name that leaves the archive', async () => {
    const refusal = await refusalOf(() => open(zipOf([{ name: '../a', content }])));
    expect(refusal.message).toContain('the zip directory is damaged or ambiguous');
    expect(refusal.code).toBe('zip-directory');
  });

  it('refuses an archive cut off anywhere', async () => {
    const bytes = zipOf([{ name: 'a', content }]);
    for (const length of [4, 100, 8020, bytes.length - 1]) {
      await expect(open(bytes.subarray(0, length))).rejects.toThrow(FormatError);
    }
  });

  it('refuses entries that overlap', async () => {
    // Both directory records point at the first file: the classic way to make a small bomb.
    const bytes = zipOf([
      { name: 'a', content },
      { name: 'b', content },
    ]);
    const second = Buffer.from(bytes).lastIndexOf('PK\x01\x02', undefined, 'latin1');
    const overlapping = concat(bytes.subarray(0, second + 42), '\0\0\0\0', bytes.subarray(second + 46));
    const zip = await open(overlapping);
    await zip.read('a', limit);
    await expect(zip.read('b', limit)).rejects.toThrow(FormatError);
  });
});
