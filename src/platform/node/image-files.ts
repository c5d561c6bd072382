/** Picture files in Node, read and written with sharp (libvips). Sizes and initial pictures are not its business. */

import { open, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { FormatError, InputError, messageOf } from '../../core/errors.ts';
import { signatureBytes } from '../../core/file-signature.ts';
import {
  assertReadableSize,
  defaultMaxPixels,
  pictureFormatOf,
  type ReadableFormat,
} from '../../images/file-format.ts';
import { flattenOverWhite, imageFromSamples, quantise } from '../../images/quantise.ts';
import type { RgbImage } from '../../images/rgb-image.ts';
import { checkWritable, writeFileAtomically } from './atomic-file.ts';
import { fileProblem } from './file-problem.ts';

export interface ReadImageOptions {
  /** Most pixels (width * height) that are decoded; default {@link defaultMaxPixels}. */
  readonly maxPixels?: number;
}

export interface WriteImageOptions {
  /** JPEG and WebP: 1 (small) to 100 (best), an integer; default 95. PNG has no loss and ignores it. */
  readonly quality?: number;
  /** Texts stored in the file as EXIF. EXIF text is ASCII: other characters are replaced by their nearest. */
  readonly metadata?: ImageMetadata;
}

export interface ImageMetadata {
  /** EXIF ImageDescription: what the picture is, for example how it was made. */
  readonly description?: string;
  /** EXIF Software: name and version of the program. */
  readonly software?: string;
}

const readableFormats: readonly ReadableFormat[] = ['PNG', 'JPEG', 'WebP', 'TIFF', 'AVIF'];

/** The largest file read: Node cannot hold more in one buffer on every platform it runs on. */
const maxFileBytes = 2 ** 31 - 1;

/**
 * Reads a PNG, JPEG, WebP, TIFF or AVIF file; the content decides which, not the ending.
 *
 * - The EXIF orientation is applied, then forgotten. Of an animation or a multi-page TIFF the first picture is read.
 * - Colour: an embedded ICC profile is converted to sRGB (a profile on 16-bit grey is ignored), CMYK is converted with
 *   its own profile or a built-in one, grey is repeated three times. A picture without profile is taken for sRGB.
 * - 16-bit samples (and AVIF's 10 and 12 bits) keep their precision.
 * - Alpha is kept in `alpha`. Colours are not premultiplied: the network sees the colour stored under transparent
 *   pixels, whatever an editor left there.
 *
 * @throws InputError where the file is missing, unreadable or a folder. FormatError where it is of another format,
 *   damaged, truncated, of float samples, or too small or too large by its header, which is checked before decoding.
 */
export async function readImage(path: string, options: ReadImageOptions = {}): Promise<RgbImage> {
  const maxPixels = options.maxPixels ?? defaultMaxPixels;
  if (!(maxPixels > 0)) throw new InputError(`maxPixels must be a positive number, got ${maxPixels}`);
  const { format, bytes } = await readPictureBytes(path);
  const metadata = await decoding(path, format, () => sharp(bytes, { limitInputPixels: false }).metadata());
  assertReadableSize(path, metadata.autoOrient.width, metadata.autoOrient.height, maxPixels);
  if (metadata.depth !== 'uchar' && metadata.depth !== 'ushort') {
    throw new FormatError(
      path,
      'picture-samples',
      `expected 8-bit or 16-bit samples, got ${metadata.depth}; save it as a 16-bit picture`,
    );
  }
  const { data, info } = await decoding(path, format, () =>
    decoder(bytes, metadata, maxPixels).toBuffer({ resolveWithObject: true }),
  );
  const wide = metadata.depth === 'ushort';
  return imageFromSamples({
    width: info.width,
    height: info.height,
    channels: info.channels,
    values: wide ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data,
    maxValue: wide ? maxOfUint16(metadata) : 255,
  });
}

/**
 * Writes the picture in 8 bits as PNG, JPEG or WebP, chosen by the ending, tagged as sRGB, atomically (see
 * {@link writeFileAtomically}). Alpha is kept in PNG and WebP; JPEG has none, so the picture is laid over white.
 * Values are clamped to 0..1. JPEG keeps full colour resolution (4:4:4), because brush texture lives in colour too.
 *
 * @throws InputError where the ending or quality cannot be used, the picture is too large for the format or holds
 *   values that are not finite, or the file cannot be written.
 */
export async function writeImage(path: string, image: RgbImage, options: WriteImageOptions = {}): Promise<void> {
  const format = writableFormatOf(path);
  const quality = options.quality ?? 95;
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
  const flat = format === 'JPEG' ? flattenOverWhite(image) : image;
  const channels = flat.alpha === undefined ? 3 : 4;
  const encoder = sharp(quantise(flat), { raw: { width, height, channels }, limitInputPixels: false })
    .withIccProfile('srgb')
    .withExif({ IFD0: exifTexts(options.metadata) });
  await writeFileAtomically(path, await encode(encoder, format, quality).toBuffer());
}

/**
 * Checks, before a long run, that {@link writeImage} will be able to write at `path`: its ending and its folder. The
 * file itself is neither created nor changed.
 *
 * @throws InputError as {@link writeImage}.
 */
export async function checkImageWritable(path: string): Promise<void> {
  writableFormatOf(path);
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

/** The pipeline from file bytes to raw samples in sRGB. */
function decoder(bytes: Uint8Array, metadata: Metadata, maxPixels: number): Sharp {
  const wide = metadata.depth === 'ushort';
  // sharp works in P3 between a 16-bit picture's profile and the output, and would leave the result there. Told to
  // ignore the profile, it leaves it on the picture, and the conversion at the end goes straight from it to sRGB.
  const convertAtEnd = metadata.space === 'rgb16' && metadata.hasProfile;
  const pipeline = sharp(bytes, {
    // The next lower level accepts truncated TIFF; the next higher refuses harmless oddities of metadata.
    failOn: 'error',
    limitInputPixels: Math.floor(maxPixels),
    autoOrient: true,
    ignoreIcc: convertAtEnd,
  }).toColourspace(wide ? 'rgb16' : 'srgb');
  return (convertAtEnd ? pipeline.withIccProfile('srgb') : pipeline).raw({ depth: wide ? 'ushort' : 'uchar' });
}

/** What white is in 16-bit samples: libvips shifts AVIF's 10 and 12 bits up and leaves the low bits 0. */
function maxOfUint16(metadata: Metadata): number {
  const bits = metadata.format === 'heif' ? (metadata.bitsPerSample ?? 16) : 16;
  return 65536 - 2 ** (16 - bits);
}

/** Runs a step of sharp; what it throws becomes one sentence about the file, with the first line of the cause. */
async function decoding<T>(path: string, format: ReadableFormat, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const [reason = ''] = messageOf(error).split('\n');
    throw new FormatError(
      path,
      'picture-damaged',
      `expected a complete ${format} picture, but it is damaged, truncated or of a rare kind (${reason}); save or download it again`,
    );
  }
}

type WritableFormat = 'PNG' | 'JPEG' | 'WebP';

const formatOfEnding: ReadonlyMap<string, WritableFormat> = new Map([
  ['.png', 'PNG'],
  ['.jpg', 'JPEG'],
  ['.jpeg', 'JPEG'],
  ['.webp', 'WebP'],
]);

/** The largest side each format can state in its header (PNG: what libpng accepts by default). */
const maxSides: Readonly<Record<WritableFormat, number>> = { PNG: 1_000_000, JPEG: 65_535, WebP: 16_383 };

function writableFormatOf(path: string): WritableFormat {
  const ending = extname(path).toLowerCase();
  const format = formatOfEnding.get(ending);
  if (format !== undefined) return format;
  const got = ending === '' ? 'no ending' : ending;
  throw new InputError(`${path}: expected an output name that ends in .png, .jpg or .webp, got ${got}; rename it`);
}

function encode(pipeline: Sharp, format: WritableFormat, quality: number): Sharp {
  if (format === 'PNG') return pipeline.png();
  if (format === 'JPEG') return pipeline.jpeg({ quality, chromaSubsampling: '4:4:4' });
  // exact: colours under transparent pixels are kept, as in PNG.
  return pipeline.webp({ quality, smartSubsample: true, exact: true });
}

function exifTexts(metadata: ImageMetadata = {}): Record<string, string> {
  return {
    ...(metadata.description === undefined ? {} : { ImageDescription: metadata.description }),
    ...(metadata.software === undefined ? {} : { Software: metadata.software }),
  };
}
