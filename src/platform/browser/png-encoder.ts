/**
 * PNG files (PNG specification, third edition) without a canvas: browsers that guard against fingerprinting change what is read from
 * one, its own PNG files too, and a canvas stores colours multiplied by their alpha.
 */

import { pngChunk, pngOf } from '../../images/png-chunks.ts';

/** 8-bit samples, [height, width, 3] (RGB) or [height, width, 4] (RGB and alpha, not premultiplied). */
export interface PngSamples {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly values: Uint8Array;
}

/** The file: samples as they are, rows filtered, tagged as sRGB. */
export async function pngFileOf(samples: PngSamples): Promise<Blob> {
  const { width, height, channels } = samples;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // 8 bits; RGB is colour type 2, with alpha 6.
  header.set([8, channels === 3 ? 2 : 6], 8);
  const pixels = pngChunk('IDAT', await deflate(filterRows(samples)));
  // Perceptual, the intent that the command line writes.
  const colours = pngChunk('sRGB', Uint8Array.of(0));
  return new Blob([pngOf([pngChunk('IHDR', header), colours, pixels, pngChunk('IEND', new Uint8Array())])], {
    type: 'image/png',
  });
}

/** In the zlib format, which PNG asks for. */
async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const deflated = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(deflated).arrayBuffer());
}

/**
 * Rows, each behind the number of its filter (9.2): the one whose differences, taken as signed, have the least sum of absolute
 * values, as the specification advises (12.7).
 */
export function filterRows({ width, height, channels, values }: PngSamples): Uint8Array<ArrayBuffer> {
  const rowBytes = width * channels;
  const filtered = new Uint8Array(height * (1 + rowBytes));
  const tried = new Uint8Array(rowBytes);
  let above: Uint8Array = new Uint8Array(rowBytes);
  for (let y = 0; y < height; y++) {
    const row = values.subarray(y * rowBytes, (y + 1) * rowBytes);
    const start = y * (1 + rowBytes);
    let least = Number.POSITIVE_INFINITY;
    for (const [number, filter] of filters.entries()) {
      filter(row, above, channels, tried);
      const sum = sumOfDistances(tried, least);
      if (sum >= least) continue;
      least = sum;
      filtered[start] = number;
      filtered.set(tried, start + 1);
    }
    above = row;
  }
  return filtered;
}

/** @param most where the sum is no longer of interest. */
function sumOfDistances(differences: Uint8Array, most: number): number {
  let sum = 0;
  for (let i = 0; i < differences.length && sum < most; i++) {
    const difference = differences[i] ?? 0;
    sum += difference < 128 ? difference : 256 - difference;
  }
  return sum;
}

/** Writes a row's differences to what a filter predicts; `step` is the bytes of a pixel. What lies outside the picture is 0. */
type Filter = (row: Uint8Array, above: Uint8Array, step: number, into: Uint8Array) => void;

/** None, sub, up, average, Paeth, by their numbers. */
const filters: readonly Filter[] = [
  (row, _above, _step, into) => into.set(row),
  (row, _above, step, into) => {
    for (let i = 0; i < row.length; i++) into[i] = (row[i] ?? 0) - (row[i - step] ?? 0);
  },
  (row, above, _step, into) => {
    for (let i = 0; i < row.length; i++) into[i] = (row[i] ?? 0) - (above[i] ?? 0);
  },
  (row, above, step, into) => {
    for (let i = 0; i < row.length; i++) into[i] = (row[i] ?? 0) - (((row[i - step] ?? 0) + (above[i] ?? 0)) >> 1);
  },
  (row, above, step, into) => {
    for (let i = 0; i < row.length; i++) {
      into[i] = (row[i] ?? 0) - paeth(row[i - step] ?? 0, above[i] ?? 0, above[i - step] ?? 0);
    }
  },
];

/** Of the three neighbours the one nearest to left + up - corner (9.4). */
function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
