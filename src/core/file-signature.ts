/**
 * What some bytes are by their beginning, as far as it does not matter which file was wanted: files that come in place of another one, such as
 * the page about a download, a pointer of Git LFS or an archive. Formats of pictures and weights are the business of those who read them.
 */

import { type FormatCode, FormatError } from './errors.ts';

/** How many leading bytes are looked at, at most. */
export const signatureBytes = 1024;

/** A file that is nobody's picture or weights. */
export interface StandIn {
  readonly code: FormatCode;
  /** As messages call it after "got". */
  readonly name: string;
  readonly remedy: string;
}

/** As {@link signatureText} writes bytes; the first that fits is right. */
const standIns: readonly {
  readonly code: FormatCode;
  readonly remedy: string;
  readonly kinds: readonly (readonly [RegExp, string])[];
}[] = [
  { code: 'file-empty', remedy: 'save or download it again', kinds: [[/^$/, 'an empty file']] },
  { code: 'file-zeros', remedy: 'save or download it again', kinds: [[/^␀+$/, 'nothing but zeros']] },
  {
    code: 'file-lfs-pointer',
    remedy: 'fetch the file itself with `git lfs pull`',
    kinds: [[/^version https:\/\/(?:git-lfs|hawser)\b/, 'a Git LFS pointer']],
  },
  {
    code: 'file-html',
    remedy: 'download the file itself, not a page about it',
    kinds: [
      [
        // After a declaration of XML and comments, whose end is sought so that nothing is tried twice.
        /^(?:\xef\xbb\xbf)?(?:\s|<\?[^>]*>|<!--(?:(?!-->)[\s\S])*-->)*<(?:!doctype html|html|head|body|meta|title|script)\b/i,
        'an HTML page',
      ],
    ],
  },
  {
    code: 'file-packed',
    remedy: 'unpack it first',
    kinds: [
      [/^PK(?:␃␄|␅␆)/, 'a zip archive'],
      [/^[\s\S]{257}ustar/, 'a tar archive'],
      [/^␟\x8b/, 'gzip'],
      [/^BZh[1-9]/, 'bzip2'],
      [/^\xfd7zXZ␀/, 'xz'],
      [/^\(\xb5\/\xfd/, 'Zstandard'],
      [/^7z\xbc\xaf'␜/, '7z'],
      [/^Rar!␚/, 'RAR'],
    ],
  },
  {
    code: 'file-text',
    remedy: 'read it, it may say why the file did not come',
    kinds: [
      [/^(?:\xef\xbb\xbf)?\s*(?:\{\s*["}]|\[\s*["\]{[\d-])/, 'JSON'],
      [/^(?:\xef\xbb\xbf)?\s*<[?!a-z]/i, 'XML'],
      // UTF-8, perhaps cut within its last character.
      [/^(?:[\t\n\r\x20-\x7e]|[\xc2-\xf4][\x80-\xbf]{1,3})+(?:[\xc2-\xf4][\x80-\xbf]{0,2})?$/, 'text'],
      [/^(?:\xff\xfe|\xfe\xff)/, 'UTF-16 text'],
    ],
  },
];

/** What came in place of the file that was meant, by its first {@link signatureBytes}; undefined where it is none of these. */
export function standInOf(head: Uint8Array): StandIn | undefined {
  const start = signatureText(head);
  for (const { code, remedy, kinds } of standIns) {
    const name = kinds.find(([pattern]) => pattern.test(start))?.[1];
    if (name !== undefined) return { code, name, remedy };
  }
  return undefined;
}

/** The refusal of what came in place of `expected`. */
export function refuseStandIn(source: string, expected: string, { code, name, remedy }: StandIn): FormatError {
  return new FormatError(source, code, `expected ${expected}, got ${name}; ${remedy}`);
}

/** Where Unicode's pictures of the control characters begin, in their order: ␀, ␁, ␂ … */
const controlPictures = 0x2400;

/**
 * One character a byte of the first {@link signatureBytes}, so that a regular expression can look at them: Latin-1, but for control
 * characters other than white space, whose pictures stand for them.
 */
export function signatureText(head: Uint8Array): string {
  let text = '';
  for (const byte of head.subarray(0, signatureBytes)) {
    const isWhiteSpace = byte >= 0x09 && byte <= 0x0d;
    text += String.fromCharCode(byte < 0x20 && !isWhiteSpace ? controlPictures + byte : byte);
  }
  return text;
}
