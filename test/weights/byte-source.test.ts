/** Byte sources: files in Node, and the checks common to all sources. */

import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { openFile } from '../../src/platform/node/byte-source.ts';
import { baseName, bytesSource, readRange, sha256Of } from '../../src/weights/byte-source.ts';
import { refusalOf } from '../support/refusal.ts';

const content = Uint8Array.from({ length: 1000 }, (_, i) => i % 256);
const digest = createHash('sha256').update(content).digest('hex');
let folder = '';
let path = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'impasto-'));
  path = join(folder, 'w.bin');
  await writeFile(path, content);
});
afterAll(() => rm(folder, { recursive: true }));

describe('openFile', () => {
  it('reads ranges and hashes the whole', async () => {
    const source = await openFile(path);
    try {
      expect(source.sizeBytes).toBe(1000);
      expect(await source.read(300, 5)).toEqual(content.subarray(300, 305));
      expect(await sha256Of(source)).toBe(digest);
    } finally {
      await source.close();
    }
  });

  it.each([
    ['a missing file', () => join(folder, 'none'), /there is no such file/],
    ['a path through a file', () => join(path, 'none'), /there is no such file/],
    ['a directory', () => folder, /is a directory, expected a file/],
  ])('refuses %s', async (_, pathOf, message) => {
    const opening = openFile(pathOf());
    await expect(opening).rejects.toThrow(InputError);
    await expect(opening).rejects.toThrow(message);
  });

  it('notices a file that became shorter', async () => {
    const source = await openFile(path);
    try {
      const longer = { ...source, sizeBytes: 2000 };
      const refusal = await refusalOf(() => readRange(longer, 900, 200, 'a tensor'));
      expect(refusal.message).toContain('reading gave 100; the file changed meanwhile');
      expect(refusal.code).toBe('file-changed');
    } finally {
      await source.close();
    }
  });
});

describe('sources in memory', () => {
  it('hash through Web Crypto', async () => {
    expect(await sha256Of(bytesSource('w', content))).toBe(digest);
  });

  it('refuse ranges outside', async () => {
    const refusal = await refusalOf(() => readRange(bytesSource('w', content), 990, 11, 'a tensor'));
    expect(refusal.message).toContain('w: a tensor needs 11 bytes from byte 990, but the file has 1000');
    expect(refusal.code).toBe('file-truncated');
  });
});

describe('baseName', () => {
  it.each([
    ['a/b/c.pth', 'c.pth'],
    ['C:\\x\\c.pth', 'c.pth'],
    ['c.pth', 'c.pth'],
    ['https://host/c.pth', 'c.pth'],
  ])('of %s is %s', (whole, base) => {
    expect(baseName(whole)).toBe(base);
  });
});
