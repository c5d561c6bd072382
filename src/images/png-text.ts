/** Texts in the metadata of PNG files (PNG specification, third edition, 11.3.3.4 iTXt). */

import { FormatError } from '../core/errors.ts';
import { pngChunk, withPngChunks } from './png-chunks.ts';

/**
 * The file with an `iTXt` chunk (UTF-8, not compressed) per text, behind its header.
 *
 * @param texts by keyword; a keyword is 1 to 79 printable Latin-1 characters, such as `Software` or `Comment`.
 * @throws FormatError where the bytes are no PNG or a keyword is not allowed.
 */
export function withPngTexts(png: Uint8Array, texts: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  return withPngChunks(
    png,
    Object.entries(texts).map(([keyword, text]) => textChunk(keyword, text)),
  );
}

function textChunk(keyword: string, text: string): Uint8Array {
  if (!/^[!-~\u00a1-\u00ff](?:[ -~\u00a1-\u00ff]{0,77}[!-~\u00a1-\u00ff])?$/.test(keyword)) {
    throw new FormatError(
      'picture',
      'png-keyword',
      `'${keyword}' is no PNG keyword; expected 1 to 79 printable Latin-1 characters`,
    );
  }
  const latin1 = [...keyword].map((character) => character.charCodeAt(0));
  // Keyword, end, not compressed (two bytes), no language, no translated keyword, text.
  return pngChunk('iTXt', Uint8Array.from([...latin1, 0, 0, 0, 0, 0, ...new TextEncoder().encode(text)]));
}
