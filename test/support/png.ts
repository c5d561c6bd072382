/** PNG files written by hand, for what no encoder writes: any header, chunks and pixel data, sound or not. */

import { deflateSync } from 'node:zlib';
import { pngChunk, pngOf } from '../../src/images/png-chunks.ts';

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly bitDepth?: number;
  /** 0 grey, 2 RGB (the default), 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  readonly colourType?: number;
  readonly interlace?: number;
}

export function headerChunk(header: PngHeader): Uint8Array {
  const { width, height, bitDepth = 8, colourType = 2, interlace = 0 } = header;
  const body = new Uint8Array(13);
  const view = new DataView(body.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  body.set([bitDepth, colourType, 0, 0, interlace], 8);
  return pngChunk('IHDR', body);
}

/** A file with chunks between its header and its rows. @param rows bytes, each row behind the number of its filter. */
export function pngFile(header: PngHeader, rows: ArrayLike<number>, chunks: readonly Uint8Array[] = []): Uint8Array {
  const pixels = pngChunk('IDAT', deflateSync(Uint8Array.from(rows)));
  return pngOf([headerChunk(header), ...chunks, pixels, endChunk]);
}

export const endChunk = pngChunk('IEND', new Uint8Array());

/** The chunk with its checksum made wrong. */
export function broken(chunk: Uint8Array): Uint8Array {
  const last = chunk.length - 1;
  return chunk.map((byte, index) => (index === last ? byte ^ 1 : byte));
}

export function gamaChunk(hundredThousandths: number): Uint8Array {
  return pngChunk('gAMA', uint32s([hundredThousandths]));
}

/** @param xy white, red, green, blue, each x and y. */
export function chrmChunk(...xy: readonly number[]): Uint8Array {
  return pngChunk('cHRM', uint32s(xy.map((value) => Math.round(value * 1e5))));
}

export function cicpChunk(...codes: readonly number[]): Uint8Array {
  return pngChunk('cICP', Uint8Array.from(codes));
}

export function srgbChunk(intent = 0): Uint8Array {
  return pngChunk('sRGB', Uint8Array.of(intent));
}

function uint32s(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  for (const [index, value] of values.entries()) new DataView(bytes.buffer).setUint32(4 * index, value);
  return bytes;
}
