/** What kind of picture file some bytes are, by their first bytes, and which sizes we accept. No decoding. */

import { FormatError } from '../core/errors.ts';

/** The formats we read. */
export type ReadableFormat = 'PNG' | 'JPEG' | 'WebP' | 'TIFF' | 'AVIF';

/** What the first bytes look like; `name` goes into messages after "got". */
export type SniffedFormat =
  | { readonly readable: true; readonly name: ReadableFormat }
  | { readonly readable: false; readonly name: string };

/** How the readable formats are listed in messages. */
export const readableFormats = 'PNG, JPEG, WebP, TIFF or AVIF';

/** How many leading bytes {@link sniffFileFormat} looks at, at most. */
export const sniffedBytes = 1024;

/**
 * The least width and height of a picture. Total variation and resampling need a neighbour in both directions, and a
 * one-pixel line is a mistake more often than a picture. Networks need more (16 for VGG's five pools): they check it.
 */
export const minSidePixels = 2;

/** The most pixels read unless the caller allows more: 1.2 GB as f32, far above what style transfer can optimise. */
export const defaultMaxPixels = 100_000_000;

/** Names the format from the first {@link sniffedBytes} bytes (fewer where the file is shorter). */
export function sniffFileFormat(head: Uint8Array): SniffedFormat {
  if (head.length === 0) return { readable: false, name: 'an empty file' };
  const start = readable(head.subarray(0, sniffedBytes));
  for (const [pattern, name] of readableSignatures) {
    if (pattern.test(start)) return { readable: true, name };
  }
  for (const [pattern, name] of knownSignatures) {
    if (pattern.test(start)) return { readable: false, name };
  }
  return { readable: false, name: 'something else' };
}

/**
 * Checks a picture's size, as its header states it, before anything is decoded.
 *
 * @throws FormatError where a side is below {@link minSidePixels} or width * height is above `maxPixels`.
 */
export function assertReadableSize(source: string, width: number, height: number, maxPixels: number): void {
  if (width < minSidePixels || height < minSidePixels) {
    throw new FormatError(
      source,
      'picture-too-small',
      `expected a picture of at least ${minSidePixels}x${minSidePixels} pixels, got ${width}x${height}; choose a larger picture`,
    );
  }
  if (width * height > maxPixels) {
    throw new FormatError(
      source,
      'picture-too-large',
      `expected at most ${megapixels(maxPixels)} megapixels, got ${width}x${height} (${megapixels(width * height)} megapixels); make the picture smaller first`,
    );
  }
}

/** As {@link readable} writes bytes. */
const readableSignatures: readonly (readonly [RegExp, ReadableFormat])[] = [
  [/^\x89PNG\r\n␚\n/, 'PNG'],
  [/^\xff\xd8\xff/, 'JPEG'],
  [/^RIFF[\s\S]{4}WEBP/, 'WebP'],
  [/^(?:II[*+]␀|MM␀[*+])/, 'TIFF'],
  // ISO base media: size, 'ftyp', major brand, minor version, compatible brands.
  [/^[\s\S]{4}ftyp(?:avif|avis|(?:mif1|msf1|miaf)[\s\S]{4}(?:[\s\S]{4})*?(?:avif|avis))/, 'AVIF'],
];

const knownSignatures: readonly (readonly [RegExp, string])[] = [
  [/^GIF8/, 'GIF'],
  [/^%PDF/, 'PDF'],
  [/^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)/i, 'an HTML page'],
  [/^(?:\xef\xbb\xbf)?\s*<(?:[\s\S]*<)?svg[\s>]/i, 'SVG'],
  [/^[\s\S]{4}ftyp(?:hei[cfmsx]|hev[cmsx]|mif1|msf1)/, 'HEIC'],
  [/^[\s\S]{4}ftyp/, 'a video'],
  [/^\xff\n|^␀␀␀\fJXL /, 'JPEG XL'],
  [/^␀␀␀\fjP {2}|^\xff\x4f\xff\x51/, 'JPEG 2000'],
  [/^BM[\s\S]{4}␀␀␀␀/, 'BMP'],
  [/^8BPS/, 'Photoshop'],
  [/^\x76\x2f\x31␁/, 'OpenEXR'],
  [/^#\?RADIANCE|^#\?RGBE/, 'Radiance HDR'],
  [/^␀␀[␁␂]␀/, 'ICO'],
  [/^␟\x8b/, 'gzip'],
  [/^PK␃␄/, 'a zip archive'],
  // UTF-8, perhaps cut within its last character.
  [/^(?:[\t\n\r\x20-\x7e]|[\xc2-\xf4][\x80-\xbf]{1,3})+(?:[\xc2-\xf4][\x80-\xbf]{0,2})?$/, 'text'],
];

/** Where Unicode's pictures of the control characters begin, in their order: ␀, ␁, ␂ … */
const controlPictures = 0x2400;

/**
 * One character a byte, so that a regular expression can look at bytes: Latin-1, but for control characters other than white space, whose
 * pictures stand for them.
 */
function readable(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const isWhiteSpace = byte >= 0x09 && byte <= 0x0d;
    text += String.fromCharCode(byte < 0x20 && !isWhiteSpace ? controlPictures + byte : byte);
  }
  return text;
}

function megapixels(pixels: number): string {
  const value = pixels / 1e6;
  return value >= 10 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
}
