/**
 * PNG files by pngjs, 8 and 16 bits a sample, in and out. What pngjs reads is a file made here of checked chunks, with pixel data that are
 * inflated already: its own inflating takes memory that was never written for pixels where data are cut, knows no end of interlaced data,
 * and stumbles over bytes behind them.
 */

import { Readable } from 'node:stream';
import { createInflate, deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { FormatError, messageOf } from '../../core/errors.ts';
import { exifOf, exifOrientation, type ImageMetadata } from '../../images/exif.ts';
import { damagedPicture } from '../../images/file-format.ts';
import { isIntact, type PngChunk, pngChunk, pngChunks, pngOf, withPngChunks } from '../../images/png-chunks.ts';
import { type PngColour, pngColourOf } from '../../images/png-colour.ts';
import { withPngTexts } from '../../images/png-text.ts';
import { type BitDepth, imageFromSamples, quantise } from '../../images/quantise.ts';
import type { RgbImage } from '../../images/rgb-image.ts';

/** The longest side, read or written; libpng accepts as much by default. */
export const longestPngSide = 1_000_000;

/** A PNG as its chunks tell, before its pixels are looked at. */
export interface PngFile {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly colourType: number;
  readonly isInterlaced: boolean;
  readonly colour: PngColour;
  /** As EXIF counts, 1 to 8; 1 is upright. */
  readonly orientation: number;
  readonly header: PngChunk;
  /** Of the whole file. A list of its chunks could take many times as much: an empty one has 12. */
  readonly bytes: Uint8Array;
}

/** Samples of a pixel in the file by colour type; bits a sample may have. */
const colourTypes: ReadonlyMap<number, { readonly samples: number; readonly depths: readonly number[] }> = new Map([
  [0, { samples: 1, depths: [1, 2, 4, 8, 16] }],
  [2, { samples: 3, depths: [8, 16] }],
  [3, { samples: 1, depths: [1, 2, 4, 8] }],
  [4, { samples: 2, depths: [8, 16] }],
  [6, { samples: 4, depths: [8, 16] }],
]);

const paletteType = 3;
/** In a colour type: samples of alpha. */
const alphaBit = 4;

/**
 * Reads header and chunks. What is not needed for pixels may be damaged, or be missing behind them.
 *
 * @throws FormatError where the header makes no sense, a side is longer than {@link longestPngSide}, or the colours are none that we read.
 */
export function openPng(path: string, bytes: Uint8Array): PngFile {
  const header = firstOf(bytes, (chunk) => usedChunks.has(chunk.type));
  if (header?.type !== 'IHDR' || header.body.length !== 13 || !isIntact(header)) {
    throw damaged(path, 'it has no sound header');
  }
  const view = new DataView(header.body.buffer, header.body.byteOffset);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [bitDepth, colourType, interlace] = [view.getUint8(8), view.getUint8(9), view.getUint8(12)];
  if (colourTypes.get(colourType)?.depths.includes(bitDepth) !== true || interlace > 1) {
    throw damaged(path, `colour type ${colourType}, ${bitDepth} bits, interlace method ${interlace}`);
  }
  if (Math.max(width, height) > longestPngSide) {
    const most = `expected sides of at most ${longestPngSide} pixels`;
    throw new FormatError(path, 'picture-too-large', `${most}, got ${width}x${height}; make the picture smaller first`);
  }
  const exif = firstOf(bytes, (chunk) => chunk.type === 'eXIf' && isIntact(chunk));
  const orientation = exif === undefined ? 1 : exifOrientation(exif.body);
  const colour = pngColourOf(path, pngChunks(bytes));
  return {
    path,
    width,
    height,
    bitDepth,
    colourType,
    isInterlaced: interlace === 1,
    colour,
    orientation,
    header,
    bytes,
  };
}

/** The stored samples as a picture; neither orientation nor colours are looked at. @throws FormatError where it is damaged or truncated. */
export async function decodePng(file: PngFile): Promise<RgbImage> {
  const { width, height, bitDepth, colourType } = file;
  const values = parse(file, await inflated(file));
  const maxValue = colourType === paletteType ? 255 : 2 ** bitDepth - 1;
  const image = imageFromSamples({ width, height, channels: 4, values, maxValue });
  const transparency = chunkOf(file, 'tRNS');
  if ((colourType & alphaBit) !== 0 || (colourType === paletteType && transparency !== undefined)) return image;
  const { pixels } = image;
  if (colourType === paletteType || transparency === undefined) return { width, height, pixels };
  return { width, height, pixels, alpha: alphaOfKey(values, keyOf(file, transparency, maxValue)) };
}

/** Of them the header must be the first; what else there is may stand anywhere. */
const usedChunks: ReadonlySet<string> = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'eXIf']);

function firstOf(bytes: Uint8Array, isIt: (chunk: PngChunk) => boolean): PngChunk | undefined {
  for (const chunk of pngChunks(bytes)) if (isIt(chunk)) return chunk;
  return undefined;
}

/** The pixel data, in blocks that are worth a step of the inflater each. */
function* pixelData({ bytes }: PngFile): Generator<Uint8Array> {
  let [block, sizeBytes]: [Uint8Array[], number] = [[], 0];
  for (const chunk of pngChunks(bytes)) {
    if (chunk.type !== 'IDAT') continue;
    if (chunk.body.length > 0) block.push(chunk.body);
    sizeBytes += chunk.body.length;
    if (sizeBytes < blockBytes && block.length < mostPerBlock) continue;
    yield Buffer.concat(block, sizeBytes);
    [block, sizeBytes] = [[], 0];
  }
  yield Buffer.concat(block, sizeBytes);
}

const blockBytes = 65_536;
const mostPerBlock = 4096;

/** The first chunk of a type. @throws FormatError where its checksum is wrong. */
function chunkOf({ path, bytes }: PngFile, type: string): PngChunk | undefined {
  const chunk = firstOf(bytes, (each) => each.type === type);
  if (chunk !== undefined && !isIntact(chunk)) throw damaged(path, `the checksum of its ${type} chunk is wrong`);
  return chunk;
}

/**
 * The scanlines. What is more than the header promises is neither inflated nor missed.
 *
 * @throws FormatError where they are fewer, or a checksum is wrong.
 */
async function inflated(file: PngFile): Promise<Uint8Array> {
  const { path, bytes } = file;
  if (firstOf(bytes, (chunk) => chunk.type === 'IDAT' && !isIntact(chunk)) !== undefined) {
    throw damaged(path, 'the checksum of its IDAT chunk is wrong');
  }
  const expected = scanlineBytes(file);
  const scanlines: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const some of Readable.from(pixelData(file)).pipe(createInflate({ chunkSize }))) {
      scanlines.push(some);
      sizeBytes += some.length;
      if (sizeBytes > expected) break;
    }
  } catch (error) {
    throw damaged(path, messageOf(error));
  }
  if (sizeBytes < expected) throw damaged(path, `${sizeBytes} bytes of pixels instead of ${expected}`);
  return Buffer.concat(scanlines, expected);
}

/** Of what is inflated at a time. */
const chunkSize = 262_144;

/** Adam7: the first column and row of each pass, and how far its columns and rows are apart (PNG specification, 8.1). */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** How long the scanlines are: rows, each with a byte for its filter. */
function scanlineBytes({ width, height, bitDepth, colourType, isInterlaced }: PngFile): number {
  const bits = bitDepth * (colourTypes.get(colourType)?.samples ?? 0);
  let sizeBytes = 0;
  for (const [left, top, across, down] of isInterlaced ? adam7 : [[0, 0, 1, 1] as const]) {
    const columns = Math.ceil((width - left) / across);
    const rows = Math.ceil((height - top) / down);
    if (columns > 0 && rows > 0) sizeBytes += rows * (1 + Math.ceil((columns * bits) / 8));
  }
  return sizeBytes;
}

/** RGBA, [height, width, 4]; of a palette its colours, else samples as they are stored. */
function parse(file: PngFile, scanlines: Uint8Array): Uint8Array | Uint16Array {
  const { path, colourType, header } = file;
  const colours = colourType === paletteType ? paletteChunks(file) : [];
  const pixels = pngChunk('IDAT', deflateSync(scanlines, { level: 0, chunkSize }));
  const sound = pngOf([header.bytes, ...colours, pixels, pngChunk('IEND', new Uint8Array())]);
  try {
    return PNG.sync.read(Buffer.from(sound.buffer), { skipRescale: true }).data;
  } catch (error) {
    throw damaged(path, messageOf(error));
  }
}

const largestPalette = 256;

/** Palette and opacities. Indices that the file's palette lacks are black, as with libpng; pngjs would refuse them. */
function paletteChunks(file: PngFile): readonly Uint8Array[] {
  const [palette, transparency] = [chunkOf(file, 'PLTE'), chunkOf(file, 'tRNS')];
  if (palette === undefined) throw damaged(file.path, 'it has no palette');
  const colours = new Uint8Array(3 * largestPalette);
  colours.set(palette.body.subarray(0, colours.length));
  return [pngChunk('PLTE', colours), ...(transparency === undefined ? [] : [transparency.bytes])];
}

/** The one colour that is transparent. @throws FormatError where the chunk is too short for it. */
function keyOf({ path, colourType }: PngFile, { body }: PngChunk, maxValue: number): readonly number[] {
  const samples = colourTypes.get(colourType)?.samples ?? 0;
  if (body.length < 2 * samples) throw damaged(path, 'its tRNS chunk is too short');
  const view = new DataView(body.buffer, body.byteOffset);
  return Array.from({ length: samples }, (_, c) => view.getUint16(2 * c) & maxValue);
}

/** 0 where a pixel has the key's samples, else 1. pngjs does this too, but forgets the colour. */
function alphaOfKey(rgba: Uint8Array | Uint16Array, key: readonly number[]): Float32Array {
  return Float32Array.from({ length: rgba.length / 4 }, (_, i) =>
    key.every((sample, c) => rgba[4 * i + c] === sample) ? 0 : 1,
  );
}

/** The picture as PNG, tagged as sRGB. @throws InputError where values are not finite. */
export function encodePng(image: RgbImage, bitDepth: BitDepth, metadata: ImageMetadata): Uint8Array<ArrayBuffer> {
  const png = new PNG();
  png.width = image.width;
  png.height = image.height;
  png.data = Buffer.from(quantise(image, bitDepth).buffer);
  const hasAlpha = image.alpha !== undefined;
  const colorType = hasAlpha ? 6 : 2;
  const written = PNG.sync.write(png, {
    bitDepth,
    colorType,
    inputColorType: colorType,
    inputHasAlpha: hasAlpha,
    // Paeth's for every row: trying all five takes twice the time and saves at most 1.5 % of pictures painted or photographed.
    filterType: 4,
  });
  const perceptual = Uint8Array.of(0);
  const { comment } = metadata;
  const tagged = withPngChunks(written, [pngChunk('sRGB', perceptual), pngChunk('eXIf', exifOf(metadata))]);
  return comment === undefined ? tagged : withPngTexts(tagged, { Comment: comment });
}

function damaged(path: string, reason: string): FormatError {
  return damagedPicture(path, 'PNG', reason);
}
