/** The cache folder of each platform, and files in it. */

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { cacheFilePath, cacheFolder, readCacheFile, writeCacheFile } from '../../src/platform/node/cache-file.ts';

describe('the cache folder', () => {
  const home = join('/', 'people', 'ada');

  it.each([
    ['linux', {}, join(home, '.cache', 'impasto')],
    ['freebsd', {}, join(home, '.cache', 'impasto')],
    ['darwin', {}, join(home, 'Library', 'Caches', 'impasto')],
    ['win32', {}, join(home, 'AppData', 'Local', 'impasto', 'Cache')],
    ['win32', { LOCALAPPDATA: join('/', 'local') }, join('/', 'local', 'impasto', 'Cache')],
    ['linux', { XDG_CACHE_HOME: join('/', 'caches') }, join('/', 'caches', 'impasto')],
    ['darwin', { XDG_CACHE_HOME: join('/', 'caches') }, join('/', 'caches', 'impasto')],
    ['linux', { XDG_CACHE_HOME: 'relative' }, join(home, '.cache', 'impasto')],
    ['linux', { XDG_CACHE_HOME: '' }, join(home, '.cache', 'impasto')],
  ] as const)('on %s with %j is %s', (platform, variables, folder) => {
    expect(cacheFolder({ platform, variables, home })).toBe(folder);
  });
});

describe('a cache file', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'impasto-cache-'));
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'not', 'yet'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  it('is undefined until it is written, in a folder that is made for it', async () => {
    expect(await readCacheFile('a.json')).toBeUndefined();
    await writeCacheFile('a.json', 'first');
    await writeCacheFile('a.json', 'second');
    expect(await readCacheFile('a.json')).toBe('second');
    expect(await readdir(cacheFolder())).toEqual(['a.json']);
  });

  it('that cannot be read, or written, is an error in one sentence', async () => {
    await writeFile(join(folder, 'not'), 'a file where a folder should be');
    expect(await readCacheFile('a.json')).toBeUndefined();
    await expect(writeCacheFile('a.json', 'text')).rejects.toThrow(InputError);
    vi.stubEnv('XDG_CACHE_HOME', folder);
    await writeCacheFile('a.json', 'text');
    await rm(cacheFilePath('a.json'));
    const { mkdir } = await import('node:fs/promises');
    await mkdir(cacheFilePath('a.json'));
    await expect(readCacheFile('a.json')).rejects.toThrow(
      /a\.json: expected a file that can be read, but it is a folder/,
    );
  });
});
