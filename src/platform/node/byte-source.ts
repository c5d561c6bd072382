/** Files as byte sources, read at random positions through one open handle. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError, messageOf } from '../../core/errors.ts';
import type { ByteSource } from '../../weights/byte-source.ts';

/** An open file. Whoever opened it closes it, with `close` or `await using`. */
export interface FileSource extends ByteSource, AsyncDisposable {
  sha256(): Promise<string>;
  close(): Promise<void>;
}

/** Opens a file to read; the caller owns the result. @throws InputError when it is missing, unreadable or no file. */
export async function openFile(path: string): Promise<FileSource> {
  let handle: FileHandle;
  let sizeBytes: number;
  try {
    // Looked at before opening: opening a pipe would wait for its writer.
    const stats = await stat(path);
    if (!stats.isFile()) {
      const what = stats.isDirectory() ? 'a directory' : 'not a regular file';
      throw new InputError(`${path}: is ${what}, expected a file`);
    }
    handle = await open(path, 'r');
    sizeBytes = stats.size;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${path}: ${reasonOf(error)}`, { cause: error });
  }
  const close = () => handle.close();
  return {
    name: path,
    sizeBytes,
    read: (offset, length) => readFully(handle, offset, length),
    sha256: () => hashFile(path),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * The file of that name in the folder of another one. Nothing is held open: each read opens it anew.
 *
 * @throws InputError as `openFile`.
 */
export async function fileBeside(path: string, name: string): Promise<ByteSource> {
  const beside = join(dirname(path), name);
  await using file = await openFile(beside);
  return {
    name: beside,
    sizeBytes: file.sizeBytes,
    read: async (offset, length) => {
      await using again = await openFile(beside);
      return await again.read(offset, length);
    },
    sha256: () => hashFile(beside),
  };
}

/** Up to `length` bytes; fewer only if the file ends, which the caller checks. */
async function readFully(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) {
      return bytes.subarray(0, filled);
    }
    filled += bytesRead;
  }
  return bytes;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file';
    case 'EACCES':
    case 'EPERM':
      return 'you may not read this file';
    case 'EISDIR':
      return 'is a directory, expected a file';
    default:
      return `the file cannot be opened (${messageOf(error)})`;
  }
}
