/** The chunks of PNG files (PNG specification, third edition, 5.2 to 5.5): found, checked and written, not understood. */

import { FormatError } from '../core/errors.ts';

export interface PngChunk {
  /** Four Latin-1 characters, such as `IDAT`. */
  readonly type: string;
  readonly body: Uint8Array;
  /** As in the file: length, type, body and checksum. */
  readonly bytes: Uint8Array;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Bytes of a chunk besides its body: length and type before it, checksum behind it. */
const frameBytes = 12;

/** The header chunk, which comes first, has 13 bytes. */
const headerEnd = signature.length + frameBytes + 13;

/** The chunks in their order, to `IEND` or the last that is whole. Checksums are not looked at. */
export function* pngChunks(png: Uint8Array): Generator<PngChunk, void> {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  let start = signature.length;
  while (start + frameBytes <= png.length) {
    const end = start + frameBytes + view.getUint32(start);
    if (end > png.length) return;
    const type = String.fromCharCode(...png.subarray(start + 4, start + 8));
    yield { type, body: png.subarray(start + 8, end - 4), bytes: png.subarray(start, end) };
    if (type === 'IEND') return;
    start = end;
  }
}

/** Whether the chunk's checksum is that of its type and body. */
export function isIntact({ bytes }: PngChunk): boolean {
  const stored = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(bytes.length - 4);
  return stored === crc32(bytes.subarray(4, -4));
}

/** @param type four Latin-1 characters. */
export function pngChunk(type: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(frameBytes + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(body, 8);
  view.setUint32(8 + body.length, crc32(bytes.subarray(4, -4)));
  return bytes;
}

/** A PNG file of chunks as {@link pngChunk} makes them. */
export function pngOf(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concatenate([signature, ...chunks]);
}

/** The file with chunks more, behind its header. @throws FormatError where the bytes are no PNG. */
export function withPngChunks(png: Uint8Array, chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  if (png.length < headerEnd || signature.some((byte, index) => png[index] !== byte)) {
    throw new FormatError('picture', 'png-signature', 'expected a PNG file to write chunks into, got something else');
  }
  return concatenate([png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)]);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}

/** What eight steps of the division make of each byte. */
const crcOfByte = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

/** The checksum of PNG chunks (ISO 3309). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  // By index: an iterator takes more than twice as long, which is felt with large pictures.
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ (crcOfByte[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}
