/** Texts in the metadata of PNG files (PNG specification, third edition, 11.3.3.4 iTXt and 5.3 chunk layout). */

import { FormatError } from '../core/errors.ts';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;
/** The header chunk: length, type, 13 bytes, checksum. It must come first. */
const headerEnd = signature.length + 25;

/**
 * The file with an `iTXt` chunk (UTF-8, not compressed) per text, behind its header.
 *
 * @param texts by keyword; a keyword is 1 to 79 printable Latin-1 characters, such as `Software` or `Comment`.
 * @throws FormatError where the bytes are no PNG or a keyword is not allowed.
 */
export function withPngTexts(png: Uint8Array, texts: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  if (png.length < headerEnd || signature.some((byte, index) => png[index] !== byte)) {
    throw new FormatError('picture', 'png-signature', 'expected a PNG file to write texts into, got something else');
  }
  const chunks = Object.entries(texts).map(([keyword, text]) => textChunk(keyword, text));
  const parts = [png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)];
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}

function textChunk(keyword: string, text: string): Uint8Array {
  if (!/^[!-~\u00a1-\u00ff](?:[ -~\u00a1-\u00ff]{0,77}[!-~\u00a1-\u00ff])?$/.test(keyword)) {
    throw new FormatError(
      'picture',
      'png-keyword',
      `'${keyword}' is no PNG keyword; expected 1 to 79 printable Latin-1 characters`,
    );
  }
  // Keyword, end, not compressed (two bytes), no language, no translated keyword, text.
  const body = [...'iTXt', ...keyword].map((character) => character.charCodeAt(0));
  const content = Uint8Array.from([...body, 0, 0, 0, 0, 0, ...new TextEncoder().encode(text)]);
  const chunk = new Uint8Array(content.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, content.length - 4);
  chunk.set(content, 4);
  view.setUint32(content.length + 4, crc32(content));
  return chunk;
}

/** The checksum of PNG chunks and gzip (ISO 3309), bit by bit: texts are short. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
