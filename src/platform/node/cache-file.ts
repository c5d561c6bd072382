/** Small files that are kept between runs and may be lost at any time: in the user's cache folder. */

import { mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { InputError } from '../../core/errors.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { codeOf, fileProblem } from './file-problem.ts';

/** What decides where caches lie. */
export interface CacheEnvironment {
  readonly platform: NodeJS.Platform;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

function thisEnvironment(): CacheEnvironment {
  return { platform: process.platform, variables: process.env, home: homedir() };
}

/**
 * Impasto's folder among the user's caches: below `XDG_CACHE_HOME` where that is an absolute path (the XDG Base Directory Specification
 * has relative ones ignored), else in the place of the platform.
 */
export function cacheFolder({ platform, variables, home }: CacheEnvironment = thisEnvironment()): string {
  const xdg = variables['XDG_CACHE_HOME'];
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'impasto');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'impasto');
  if (platform === 'win32')
    return join(variables['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'impasto', 'Cache');
  return join(home, '.cache', 'impasto');
}

export function cacheFilePath(fileName: string): string {
  return join(cacheFolder(), fileName);
}

/** The text of a cache file; undefined where there is none. @throws InputError where it is there and cannot be read. */
export async function readCacheFile(fileName: string): Promise<string | undefined> {
  const path = cacheFilePath(fileName);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return undefined;
    throw new InputError(`${path}: expected a file that can be read, but ${fileProblem(error)}`, { cause: error });
  }
}

/** Replaces a cache file atomically, its folder created. @throws InputError where it cannot be written. */
export async function writeCacheFile(fileName: string, text: string): Promise<void> {
  await createCacheFolder();
  await writeFileAtomically(cacheFilePath(fileName), text);
}

/** Creates the folder, so that a long command can find out early that it may not. @throws InputError. */
export async function createCacheFolder(): Promise<void> {
  const folder = cacheFolder();
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new InputError(`${folder}: the cache folder could not be created, since ${fileProblem(error)}`, {
      cause: error,
    });
  }
}
