/** Names of result files, and what they may not be written over. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultOutput, refuseOverwriting, refuseSnapshotsOver, snapshotPath } from '../../src/cli/paths.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'impasto-paths-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('the default output is named after all pictures', () => {
  expect(defaultOutput('photos/cat.png', ['/art/wave.jpg'])).toBe(join('out', 'cat-wave.png'));
  expect(defaultOutput('cat.png', ['a/wave.jpg', 'b/kahlo.png'])).toBe(join('out', 'cat-wave-kahlo.png'));
});

it('a snapshot carries its evaluation, four digits or more', () => {
  expect(snapshotPath('out/cat.png', 50)).toBe('out/cat-0050.png');
  expect(snapshotPath('cat.webp', 12345)).toBe('cat-12345.webp');
});

describe('refusals', () => {
  const at = (name: string): string => join(folder, name);

  it('an output that is read, or named twice', async () => {
    await expect(refuseOverwriting([at('a.png')], [at('a.png')])).rejects.toThrow('would be written over');
    await expect(refuseOverwriting([at('a.png'), at('a.png')], [])).rejects.toThrow('named for two outputs');
  });

  it('a picture that a snapshot may be written over', async () => {
    await expect(refuseSnapshotsOver(at('cat.png'), [at('cat-0050.png')])).rejects.toThrow('a snapshot of');
  });

  it.each(['cat-50.png', 'cat-0050.jpg', 'dog-0050.png', 'cat-005x.png', 'cat.png'])('but not %s', async (name) => {
    await expect(refuseSnapshotsOver(at('cat.png'), [at(name)])).resolves.toBeUndefined();
  });
});
