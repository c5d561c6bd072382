/** What kind of picture file some bytes are, by their first bytes, and which sizes we accept. No decoding. */

import { FormatError } from '../core/errors.ts';
import { refuseStandIn, signatureText, standInOf } from '../core/file-signature.ts';

/** The formats we read. */
export type ReadableFormat = 'PNG' | 'JPEG' | 'WebP' | 'TIFF' | 'AVIF';

/** What the first bytes look like; `name` goes into messages after "got". */
export type SniffedFormat =
  | { readonly readable: true; readonly name: ReadableFormat }
  | { readonly readable: false; readonly name: string };

/**
 * The least width and height of a picture. Total variation and resampling need a neighbour in both directions, and a
 * one-pixel line is a mistake more often than a picture. Networks need more (16 for VGG's five pools): they check it.
 */
export const minSidePixels = 2;

/** The most pixels read unless the caller allows more: 1.2 GB as f32, far above what style transfer can optimise. */
export const defaultMaxPixels = 100_000_000;

/** Names the format from the first `signatureBytes` bytes (fewer where the file is shorter). */
export function sniffFileFormat(head: Uint8Array): SniffedFormat {
  const start = signatureText(head);
  const readable = readableSignatures.find(([pattern]) => pattern.test(start));
  if (readable !== undefined) return { readable: true, name: readable[1] };
  const standIn = standInOf(head);
  // A page may hold an SVG, and an SVG is text: in this order neither is taken for the other.
  const known = standIn?.code === 'file-html' ? undefined : knownSignatures.find(([pattern]) => pattern.test(start));
  return { readable: false, name: known?.[1] ?? standIn?.name ?? 'something else' };
}

/**
 * The format of a picture file by its first `signatureBytes` bytes.
 *
 * @param formats are those the caller decodes.
 * @throws FormatError naming what the file is where it is none of them.
 */
export function pictureFormatOf(source: string, head: Uint8Array, formats: readonly ReadableFormat[]): ReadableFormat {
  const sniffed = sniffFileFormat(head);
  if (sniffed.readable && formats.includes(sniffed.name)) return sniffed.name;
  const expected = `${formats.slice(0, -1).join(', ')} or ${formats.at(-1)}`;
  const standIn = standInOf(head);
  if (standIn?.name === sniffed.name) throw refuseStandIn(source, expected, standIn);
  throw new FormatError(
    source,
    'picture-format',
    `expected ${expected}, got ${sniffed.name}; convert it to one of these first`,
  );
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

/** What is said of a picture whose signature promises more than its bytes hold. @param reason goes into brackets. */
export function damagedPicture(source: string, format: ReadableFormat, reason: string): FormatError {
  return new FormatError(
    source,
    'picture-damaged',
    `expected a complete ${format} picture, but it is damaged, truncated or of a rare kind (${reason}); save or download it again`,
  );
}

/** As `signatureText` writes bytes. */
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
];

function megapixels(pixels: number): string {
  const value = pixels / 1e6;
  return value >= 10 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
}
