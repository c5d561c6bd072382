/** Pictures in every format that sharp (libvips) knows of ours, in and out. Sizes and initial pictures are not its business. */

import { FormatError, firstLineOf } from '../../core/errors.ts';
import type { ImageMetadata } from '../../images/exif.ts';
import { assertReadableSize, damagedPicture, type ReadableFormat } from '../../images/file-format.ts';
import { flattenOverWhite, imageFromSamples, quantise } from '../../images/quantise.ts';
import type { RgbImage } from '../../images/rgb-image.ts';
import { loadSharp, type Metadata, type Sharp } from './sharp.ts';

/** A picture file to decode. */
export interface SharpSource {
  readonly path: string;
  readonly format: ReadableFormat;
  readonly bytes: Uint8Array;
  readonly maxPixels: number;
  /** Leaves samples as they are stored, whatever profile the file has. */
  readonly ignoresProfile?: boolean;
  /** What sharp is needed for, and what else to do, in messages. */
  readonly need: string;
  readonly remedy: string;
}

/** The picture, upright. @throws InputError without sharp; FormatError where it is damaged, of float samples, too small or too large. */
export async function decodeBySharp(source: SharpSource): Promise<RgbImage> {
  const { path, bytes, maxPixels } = source;
  const sharp = await loadSharp(`${path}: ${source.need}`, source.remedy);
  const metadata = await decoding(source, () => sharp(bytes, { limitInputPixels: false }).metadata());
  assertReadableSize(path, metadata.autoOrient.width, metadata.autoOrient.height, maxPixels);
  if (metadata.depth !== 'uchar' && metadata.depth !== 'ushort') {
    throw new FormatError(
      path,
      'picture-samples',
      `expected 8-bit or 16-bit samples, got ${metadata.depth}; save it as a 16-bit picture`,
    );
  }
  const wide = metadata.depth === 'ushort';
  // sharp works in P3 between a 16-bit picture's profile and the output, and would leave the result there. Told to
  // ignore the profile, it leaves it on the picture, and the conversion at the end goes straight from it to sRGB.
  const convertAtEnd = metadata.space === 'rgb16' && metadata.hasProfile && source.ignoresProfile !== true;
  const pipeline = sharp(bytes, {
    // The next lower level accepts truncated TIFF; the next higher refuses harmless oddities of metadata.
    failOn: 'error',
    limitInputPixels: Math.floor(maxPixels),
    autoOrient: true,
    ignoreIcc: convertAtEnd || source.ignoresProfile === true,
  }).toColourspace(wide ? 'rgb16' : 'srgb');
  const converted = convertAtEnd ? pipeline.withIccProfile('srgb') : pipeline;
  const { data, info } = await decoding(source, () =>
    converted.raw({ depth: wide ? 'ushort' : 'uchar' }).toBuffer({ resolveWithObject: true }),
  );
  return imageFromSamples({
    width: info.width,
    height: info.height,
    channels: info.channels,
    values: wide ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data,
    maxValue: wide ? maxOfUint16(metadata) : 255,
  });
}

/** What white is in 16-bit samples: libvips shifts AVIF's 10 and 12 bits up and leaves the low bits 0. */
function maxOfUint16(metadata: Metadata): number {
  const bits = metadata.format === 'heif' ? (metadata.bitsPerSample ?? 16) : 16;
  return 65536 - 2 ** (16 - bits);
}

/** Runs a step of sharp; what it throws becomes one sentence about the file, with the first line of the cause. */
async function decoding<T>({ path, format }: SharpSource, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const reason = firstLineOf(error);
    throw damagedPicture(path, format, reason);
  }
}

/** Formats that are written by sharp. */
export type SharpFormat = 'JPEG' | 'WebP';

/** Loads what {@link encodeBySharp} needs. @throws InputError without sharp. */
export function loadEncoder(path: string, format: SharpFormat) {
  return loadSharp(`${path}: writing ${format}`, 'name a .png');
}

/**
 * The picture in 8 bits, tagged as sRGB. JPEG has no alpha, so the picture is laid over white; it keeps full colour resolution
 * (4:4:4), because brush texture lives in colour too.
 *
 * @throws InputError without sharp, or where values are not finite.
 */
export async function encodeBySharp(
  path: string,
  image: RgbImage,
  {
    format,
    quality,
    metadata,
  }: { readonly format: SharpFormat; readonly quality: number; readonly metadata: ImageMetadata },
): Promise<Uint8Array> {
  const sharp = await loadEncoder(path, format);
  const flat = format === 'JPEG' ? flattenOverWhite(image) : image;
  const { width, height } = flat;
  const channels = flat.alpha === undefined ? 3 : 4;
  const pipeline = sharp(quantise(flat), { raw: { width, height, channels }, limitInputPixels: false })
    .withIccProfile('srgb')
    .withExif({ IFD0: exifTexts(metadata) });
  return await encoder(pipeline, format, quality).toBuffer();
}

function encoder(pipeline: Sharp, format: SharpFormat, quality: number): Sharp {
  if (format === 'JPEG') return pipeline.jpeg({ quality, chromaSubsampling: '4:4:4' });
  // exact: colours under transparent pixels are kept, as in PNG.
  return pipeline.webp({ quality, smartSubsample: true, exact: true });
}

function exifTexts({ description, software }: ImageMetadata): Record<string, string> {
  return {
    ...(description === undefined ? {} : { ImageDescription: description }),
    ...(software === undefined ? {} : { Software: software }),
  };
}
