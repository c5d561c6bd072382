/** Picture files in Node: PNG by pngjs, the rest by sharp. Sizes and initial pictures are not its business. */

import { open, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { InputError } from '../../core/errors.ts';
import { signatureBytes } from '../../core/file-signature.ts';
import { toSrgb } from '../../images/colour-space.ts';
import type { ImageMetadata } from '../../images/exif.ts';
import {
  assertReadableSize,
  defaultMaxPixels,
  pictureFormatOf,
  type ReadableFormat,
} from '../../images/file-format.ts';
import type { BitDepth } from '../../images/quantise.ts';
import type { RgbImage } from '../../images/rgb-image.ts';
import { checkWritable, writeFileAtomically } from './atomic-file.ts';
import { fileProblem } from './file-problem.ts';
import { decodePng, encodePng, longestPngSide, openPng } from './png-codec.ts';
import { decodeBySharp, encodeBySharp, loadEncoder } from './sharp-codec.ts';

export type { BitDepth };

export interface ReadImageOptions {
  /** Most pixels (width * height) that are decoded; default {@link defaultMaxPixels}. */
  readonly maxPixels?: number;
}

export interface WriteImageOptions {
  /** JPEG and WebP: 1 (small) to 100 (best), an integer; default 95. PNG has no loss and ignores it. */
  readonly quality?: number;
  /** Bits a sample: 8, the default, or for PNG also 16. */
  readonly bitDepth?: BitDepth | undefined;
  /** Texts stored in the file as EXIF. EXIF text is ASCII: other characters are replaced by their nearest. */
  readonly metadata?: ImageMetadata;
}

const readableFormats: readonly ReadableFormat[] = ['PNG', 'JPEG', 'WebP', 'TIFF', 'AVIF'];

/** The largest file read: Node cannot hold more in one buffer on every platform it runs on. */
const maxFileBytes = 2 ** 31 - 1;

/**
 * Reads a PNG, JPEG, WebP, TIFF or AVIF file; the content decides which, not the ending. PNGs are read without sharp, unless they have an
 * ICC profile or have to be turned.
 *
 * - The EXIF orientation is applied, then forgotten. Of an animation or a multi-page TIFF the first picture is read.
 * - Colour: an embedded ICC profile is converted to sRGB (a profile on 16-bit grey is ignored), as are the colours that PNG's other chunks
 *   name; CMYK is converted with its own profile or a built-in one, grey is repeated three times. What says nothing is taken for sRGB.
 * - 16-bit samples (and AVIF's 10 and 12 bits) keep their precision.
 * - Alpha is kept in `alpha`. Colours are not premultiplied: the network sees the colour stored under transparent
 *   pixels, whatever an editor left there.
 *
 * @throws InputError where the file is missing, unreadable or a folder, or needs sharp where that cannot be loaded. FormatError where it is
 *   of another format, damaged, truncated, of float samples or high dynamic range, or too small or too large by its header, which is
 *   checked before decoding.
 */
export async function readImage(path: string, options: ReadImageOptions = {}): Promise<RgbImage> {
  const maxPixels = options.maxPixels ?? defaultMaxPixels;
  if (!(maxPixels > 0)) throw new InputError(`maxPixels must be a positive number, got ${maxPixels}`);
  const { format, bytes } = await readPictureBytes(path);
  if (format === 'PNG') return await readPng(path, bytes, maxPixels);
  return await decodeBySharp({
    path,
    format,
    bytes,
    maxPixels,
    need: `reading ${format}`,
    remedy: 'convert it to PNG',
  });
}

async function readPng(path: string, bytes: Uint8Array, maxPixels: number): Promise<RgbImage> {
  const file = openPng(path, bytes);
  const { width, height, orientation, colour } = file;
  assertReadableSize(path, width, height, maxPixels);
  const source = { path, format: 'PNG', bytes, maxPixels } as const;
  if (colour.kind === 'profile') {
    return await decodeBySharp({ ...source, need: 'its ICC profile', remedy: 'save it in sRGB without a profile' });
  }
  const isUpright = orientation === 1;
  const image = isUpright
    ? await decodePng(file)
    : await decodeBySharp({
        ...source,
        ignoresProfile: true,
        need: 'turning it as its EXIF says',
        remedy: 'save it upright',
      });
  return toSrgb(image, colour.space);
}

/**
 * Writes the picture as PNG, JPEG or WebP, chosen by the ending, tagged as sRGB, atomically (see
 * {@link writeFileAtomically}). Alpha is kept in PNG and WebP; JPEG has none, so the picture is laid over white.
 * Values are clamped to 0..1.
 *
 * @throws InputError where the ending, the quality or the bit depth cannot be used, the picture is too large for the format or holds
 *   values that are not finite, the format needs sharp and that cannot be loaded, or the file cannot be written.
 */
export async function writeImage(path: string, image: RgbImage, options: WriteImageOptions = {}): Promise<void> {
  const { quality = 95, bitDepth = 8, metadata = {} } = options;
  const format = writableFormatOf(path, bitDepth);
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw new InputError(`quality must be an integer from 1 to 100, got ${quality}`);
  }
  const { width, height } = image;
  const maxSide = maxSides[format];
  if (width > maxSide || height > maxSide) {
    throw new InputError(
      `${path}: a ${format} picture can have ${maxSide} pixels a side, got ${width}x${height}; write a PNG instead`,
    );
  }
  const bytes =
    format === 'PNG'
      ? encodePng(image, bitDepth, metadata)
      : await encodeBySharp(path, image, { format, quality, metadata });
  await writeFileAtomically(path, bytes);
}

/**
 * Checks, before a long run, that {@link writeImage} will be able to write at `path`: its ending and its folder. The
 * file itself is neither created nor changed.
 *
 * @throws InputError as {@link writeImage}.
 */
export async function checkImageWritable(
  path: string,
  { bitDepth = 8 }: Pick<WriteImageOptions, 'bitDepth'> = {},
): Promise<void> {
  const format = writableFormatOf(path, bitDepth);
  if (format !== 'PNG') await loadEncoder(path, format);
  await checkWritable(path);
}

/** The bytes of the file, once its first ones have shown a format that we read. */
async function readPictureBytes(
  path: string,
): Promise<{ readonly format: ReadableFormat; readonly bytes: Uint8Array }> {
  if (path === '') throw new InputError('expected the name of a picture file, got an empty one');
  const { head, read, close } = await openFile(path);
  try {
    return { format: pictureFormatOf(path, head, readableFormats), bytes: await read() };
  } finally {
    await close();
  }
}

async function openFile(path: string): Promise<{
  readonly head: Uint8Array;
  readonly read: () => Promise<Uint8Array>;
  readonly close: () => Promise<void>;
}> {
  try {
    // Looked at before opening: opening a pipe would wait for its writer.
    const status = await stat(path);
    if (status.isDirectory()) throw unreadable(path, 'it is a folder');
    if (!status.isFile()) throw unreadable(path, 'it is a device or a pipe, not a regular file');
    if (status.size > maxFileBytes) throw unreadable(path, `it is larger than ${maxFileBytes} bytes`);
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(signatureBytes), 0, signatureBytes, 0);
      return { head: buffer.subarray(0, bytesRead), read: () => file.readFile(), close: () => file.close() };
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(path, fileProblem(error), error);
  }
}

function unreadable(path: string, problem: string, cause?: unknown): InputError {
  return new InputError(
    `${path}: expected a picture file that can be read, but ${problem}; check the path`,
    cause === undefined ? undefined : { cause },
  );
}

type WritableFormat = 'PNG' | 'JPEG' | 'WebP';

const formatOfEnding: ReadonlyMap<string, WritableFormat> = new Map([
  ['.png', 'PNG'],
  ['.jpg', 'JPEG'],
  ['.jpeg', 'JPEG'],
  ['.webp', 'WebP'],
]);

/** The largest side each format can state in its header (PNG: what is read again). */
const maxSides: Readonly<Record<WritableFormat, number>> = { PNG: longestPngSide, JPEG: 65_535, WebP: 16_383 };

function writableFormatOf(path: string, bitDepth: BitDepth): WritableFormat {
  const ending = extname(path).toLowerCase();
  const format = formatOfEnding.get(ending);
  if (format === undefined) {
    const got = ending === '' ? 'no ending' : ending;
    throw new InputError(`${path}: expected an output name that ends in .png, .jpg or .webp, got ${got}; rename it`);
  }
  if (format !== 'PNG' && bitDepth !== 8) {
    throw new InputError(
      `${path}: a ${format} picture has 8 bits a sample, got a bit depth of ${bitDepth}; name a .png`,
    );
  }
  return format;
}
