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

const again = 'save or download it again';
const readIt = 'read it, it may say why the file did not come';

/** Patterns of what {@link signatureText} writes; the first that fits is right. */
const standIns: readonly (readonly [RegExp, FormatCode, name: string, remedy: string])[] = [
  [/^$/, 'file-empty', 'an empty file', again],
  [/^␀+$/, 'file-zeros', 'nothing but zeros', again],
  [
    /^version https:\/\/(?:git-lfs|hawser)\b/,
    'file-lfs-pointer',
    'a Git LFS pointer',
    'fetch the file itself with `git lfs pull`',
  ],
  [
    // After a declaration of XML and comments, whose end is sought so that nothing is tried twice.
    /^(?:\xef\xbb\xbf)?(?:\s|<\?[^>]*>|<!--(?:(?!-->)[\s\S])*-->)*<(?:!doctype html|html|head|body|meta|title|script)\b/i,
    'file-html',
    'an HTML page',
    'download the file itself, not a page about it',
  ],
  [/^PK(?:␃␄|␅␆)/, 'file-packed', 'a zip archive', 'unpack it first'],
  [/^[\s\S]{257}ustar/, 'file-packed', 'a tar archive', 'unpack it first'],
  [/^␟\x8b/, 'file-packed', 'gzip', 'unpack it first'],
  [/^(?:\xef\xbb\xbf)?\s*(?:\{\s*["}]|\[\s*["\]{[\d-])/, 'file-text', 'JSON', readIt],
  [/^(?:\xef\xbb\xbf)?\s*<[?!a-z]/i, 'file-text', 'XML', readIt],
  [
    // UTF-8, perhaps cut within its last character.
    /^(?:[\t\n\r\x20-\x7e]|[\xc2-\xf4][\x80-\xbf]{1,3})+(?:[\xc2-\xf4][\x80-\xbf]{0,2})?$/,
    'file-text',
    'text',
    readIt,
  ],
];

/** What came in place of the file that was meant, by its first {@link signatureBytes}; undefined where it is none of these. */
export function standInOf(head: Uint8Array): StandIn | undefined {
  const start = signatureText(head);
  const found = standIns.find(([pattern]) => pattern.test(start));
  if (found === undefined) return undefined;
  const [, code, name, remedy] = found;
  return { code, name, remedy };
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
