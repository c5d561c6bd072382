/** Node's file errors in words that complete the sentence "expected ..., but ...". */

import { messageOf } from '../../core/errors.ts';

const wordsOfCode: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'it does not exist'],
  ['ENOTDIR', 'a part of its path is a file, not a folder'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'permission is denied'],
  ['EPERM', 'permission is denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EFBIG', 'it would be larger than files may be there'],
  ['EIO', 'the disk cannot be read or written'],
  ['ENAMETOOLONG', 'its name is too long'],
  ['ELOOP', 'its symbolic links form a loop'],
  ['EMFILE', 'too many files are open'],
]);

/** Says what went wrong without a path or an error code where we know the code, else in Node's own words. */
export function fileProblem(error: unknown): string {
  return wordsOfCode.get(codeOf(error) ?? '') ?? messageOf(error);
}

/** The error code of a thrown value (`ENOENT` ...), where it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
