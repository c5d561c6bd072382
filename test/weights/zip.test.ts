/** Zip archives: stored and deflated entries, and archives that lie about themselves. */

import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/core/errors.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { openZip } from '../../src/weights/zip.ts';
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

  it.each<readonly [string, Partial<ZipPart>, number, RegExp]>([
    ["an entry above the caller's limit", {}, 7999, /'a' declares 8000 bytes, expected at most 7999/],
    ['a checksum that does not match', { crc: 1 }, limit, /'a' is damaged/],
    ['a stored entry that declares more than it holds', { declaredBytes: 9000 }, limit, /'a' is damaged/],
    ['a stored entry that declares less than it holds', { declaredBytes: 7000 }, limit, /'a' is damaged/],
    [
      'a deflated entry that inflates to more than it declares',
      { deflate: true, declaredBytes: 100 },
      limit,
      /'a' is damaged/,
    ],
    [
      'a deflated entry that inflates to less than it declares',
      { deflate: true, declaredBytes: 9000 },
      limit,
      /'a' is damaged/,
    ],
    [
      'a size no compression reaches',
      { deflate: true, declaredBytes: 2 ** 30 },
      2 ** 31,
      /more than its \d+ compressed ones can hold/,
    ],
  ])('refuses %s', async (_, part, maxBytes, message) => {
    const reading = readOne(part, maxBytes);
    await expect(reading).rejects.toThrow(FormatError);
    await expect(reading).rejects.toThrow(message);
  });

  it('refuses an entry that is missing', async () => {
    await expect((await open(zipOf([]))).read('a', limit)).rejects.toThrow("the zip entry 'a' is missing");
  });

  it('refuses a name that occurs twice', async () => {
    await expect(
      open(
        zipOf([
          { name: 'a', content },
          { name: 'a', content },
        ]),
      ),
    ).rejects.toThrow("'a' occurs twice");
  });

  it('refuses a name that leaves the archive', async () => {
    await expect(open(zipOf([{ name: '../a', content }]))).rejects.toThrow('the zip directory is damaged or ambiguous');
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
