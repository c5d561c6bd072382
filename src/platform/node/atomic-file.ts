/** Result files that are either complete or not there: written beside the destination, then renamed over it. */

import { randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../../core/errors.ts';
import { codeOf, fileProblem } from './file-problem.ts';

/**
 * Writes the bytes as the file at `path`, replacing one that is there and keeping its permissions. A reader sees the old
 * file or the new one, never a part; after an error the old file is untouched and nothing is left beside it. A symbolic
 * link is followed: the file it names is replaced.
 *
 * @throws InputError where the folder is missing or not writable, the destination is a folder or not a regular file, or the
 *   disk is full.
 */
export async function writeFileAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  const destination = await resolveDestination(path);
  await writeAndRename(path, destination, await createBeside(path, destination), bytes);
}

/** Where {@link writeKeepingPrevious} leaves the file that was there before. */
export function previousPath(path: string): string {
  return `${path}.previous`;
}

/**
 * The same for a file that is written again and again: the one that was there stays beside it, so that at every moment one of the two is
 * whole. A process that is killed leaves a part, if any, in the one `.partial` beside it, which the next write replaces.
 *
 * @throws InputError as {@link writeFileAtomically}.
 */
export async function writeKeepingPrevious(path: string, bytes: Uint8Array): Promise<void> {
  const destination = await resolveDestination(path);
  const partial = `${destination.path}.partial`;
  const temporary = { path: partial, handle: await openBeside(path, partial, 'w') };
  const isThere = destination.mode !== undefined;
  const keep = async () => isThere && (await rename(destination.path, previousPath(destination.path)));
  await writeAndRename(path, destination, temporary, bytes, keep);
}

async function writeAndRename(
  path: string,
  destination: Destination,
  temporary: { readonly path: string; readonly handle: FileHandle },
  bytes: Uint8Array | string,
  beforeRename?: () => Promise<unknown>,
): Promise<void> {
  try {
    try {
      await temporary.handle.writeFile(bytes);
      if (destination.mode !== undefined) await temporary.handle.chmod(destination.mode);
      await temporary.handle.sync();
    } finally {
      await temporary.handle.close();
    }
    await beforeRename?.();
    await rename(temporary.path, destination.path);
  } catch (error) {
    // On a disk that has become read-only it stays; the first problem is the one to tell.
    await rm(temporary.path, { force: true }).catch(() => {});
    throw unwritable(path, fileProblem(error), error);
  }
}

/**
 * Checks, before a long run, that {@link writeFileAtomically} will be able to write at `path`. It creates and removes an
 * empty file beside the destination, because permission bits alone do not tell (read-only mounts, quotas, network folders);
 * the destination itself is neither created nor changed.
 *
 * @throws InputError as {@link writeFileAtomically}.
 */
export async function checkWritable(path: string): Promise<void> {
  const temporary = await createBeside(path, await resolveDestination(path));
  await temporary.handle.close();
  await rm(temporary.path, { force: true });
}

interface Destination {
  /** Where the file really lies, links followed. */
  readonly path: string;
  /** Permission bits of the file that is there, if one is. */
  readonly mode?: number;
}

async function resolveDestination(path: string): Promise<Destination> {
  if (path === '') throw new InputError('expected the name of a file to write, got an empty one');
  try {
    const there = await stat(path);
    if (there.isDirectory()) throw unwritable(path, 'it is a folder');
    // Renaming over a device or a pipe would replace it: /dev/null as root.
    if (!there.isFile()) throw unwritable(path, 'it is a device or a pipe, not a regular file');
    return { path: await realpath(path), mode: there.mode & 0o777 };
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (codeOf(error) !== 'ENOENT') throw unwritable(path, fileProblem(error), error);
    if (/[/\\]$/.test(path)) throw unwritable(path, 'it ends like a folder');
    return { path };
  }
}

async function createBeside(
  path: string,
  destination: Destination,
): Promise<{ readonly path: string; readonly handle: FileHandle }> {
  const folder = dirname(destination.path);
  // A short name of its own: the destination's name with a suffix could be too long.
  const temporary = join(folder, `.impasto-${randomBytes(6).toString('hex')}.tmp`);
  return { path: temporary, handle: await openBeside(path, temporary, 'wx') };
}

async function openBeside(path: string, temporary: string, flags: 'w' | 'wx'): Promise<FileHandle> {
  const folder = dirname(temporary);
  try {
    return await open(temporary, flags);
  } catch (error) {
    const problem =
      codeOf(error) === 'ENOENT' ? `the folder ${folder} does not exist` : `in folder ${folder} ${fileProblem(error)}`;
    throw unwritable(path, problem, error);
  }
}

function unwritable(path: string, problem: string, cause?: unknown): InputError {
  return new InputError(
    `${path}: expected a file that can be written, but ${problem}; choose another output path`,
    cause === undefined ? undefined : { cause },
  );
}
