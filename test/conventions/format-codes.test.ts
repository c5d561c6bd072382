/** The codes of FormatError: each is thrown somewhere, and a test sees it. */

import { describe, expect, it } from 'vitest';
import { formatCodes } from '../../src/core/format-codes.ts';
import { listFiles, readSource, withoutComments } from './source.ts';

const codesFile = 'src/core/format-codes.ts';

const textOf = (folder: string): string =>
  listFiles(folder, ['.ts', '.tsx'])
    .filter((file) => file !== codesFile)
    .map((file) => withoutComments(readSource(file)))
    .join('\n');

describe('the codes of FormatError', () => {
  it.each(['src', 'test'])('stand in %s, every one', (folder) => {
    const text = textOf(folder);
    expect(formatCodes.filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });

  it('are words joined by hyphens, each once', () => {
    expect(formatCodes.filter((code) => !/^[a-z0-9]+(?:-[a-z0-9]+)+$/.test(code))).toEqual([]);
    expect(formatCodes).toEqual([...new Set(formatCodes)]);
  });
});
