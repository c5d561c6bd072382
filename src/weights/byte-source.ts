/** Random access to a file's bytes, so that readers never hold a whole weight file in memory. */

import { FormatError } from '../core/errors.ts';

export interface ByteSource {
  /** How errors name it: the path or file name as the user gave it. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Exactly `length` bytes from `offset`; the caller keeps the range inside `0..sizeBytes`. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** SHA-256 of all bytes as lower-case hex, for sources that can stream it; `sha256Of` falls back to Web Crypto. */
  sha256?(): Promise<string>;
}

/** A source over bytes already in memory. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    sizeBytes: bytes.byteLength,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/**
 * Exactly `length` bytes from `offset`, checked.
 *
 * @param what names the part that is read, for the error: `the header`, `tensor 'conv1_1.weight'`.
 * @throws FormatError when the range leaves the file or the source returns another number of bytes.
 */
export async function readRange(source: ByteSource, offset: number, length: number, what: string): Promise<Uint8Array> {
  const available = source.sizeBytes - offset;
  if (offset < 0 || length > available) {
    throw new FormatError(
      source.name,
      'file-truncated',
      `${what} needs ${length} bytes from byte ${offset}, but the file has ${source.sizeBytes}; it is truncated or damaged`,
    );
  }
  const bytes = await source.read(offset, length);
  if (bytes.byteLength !== length) {
    throw new FormatError(
      source.name,
      'file-changed',
      `${what} needs ${length} bytes from byte ${offset}, reading gave ${bytes.byteLength}; the file changed meanwhile`,
    );
  }
  return bytes;
}

/** SHA-256 of a whole source, lower-case hex: streamed if the source can, else through Web Crypto on one read. */
export async function sha256Of(source: ByteSource): Promise<string> {
  if (source.sha256 !== undefined) {
    return source.sha256();
  }
  const bytes = await readRange(source, 0, source.sizeBytes, 'the checksum');
  const digest = await globalThis.crypto.subtle.digest('SHA-256', ownedView(bytes));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @throws FormatError where a source has another SHA-256 than expected (lower-case hex). */
export async function checkSha256(source: ByteSource, expected: string): Promise<void> {
  const actual = await sha256Of(source);
  if (actual !== expected.toLowerCase()) {
    throw new FormatError(
      source.name,
      'file-checksum',
      `its SHA-256 is ${actual}, expected ${expected}; it is damaged or another file, fetch it again`,
    );
  }
}

/** The file name without its directories, for `/` and `\` alike. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** The same bytes, typed as living in a plain ArrayBuffer (Web Crypto refuses shared memory); copied only if shared. */
function ownedView(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}
