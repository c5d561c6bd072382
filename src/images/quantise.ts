/** Between the floats of a picture and the integer samples of picture files and canvases. */

import { InputError, ShapeError } from '../core/errors.ts';
import { assertRgbImage, assertSize, type RgbImage } from './rgb-image.ts';

/** Integer samples as a decoder hands them out. */
export interface Samples {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; alpha not premultiplied. */
  readonly channels: number;
  /** [height, width, channels], row-major, 0..maxValue. */
  readonly values: Uint8Array | Uint8ClampedArray | Uint16Array;
  /** The sample that means 1, for example 255. */
  readonly maxValue: number;
}

/**
 * The picture of integer samples: value / maxValue, grey repeated three times, alpha kept apart. Samples above
 * `maxValue` become 1.
 *
 * @throws ShapeError where channels are not 1 to 4 or the array has another length than the shape says.
 */
export function imageFromSamples(samples: Samples): RgbImage {
  const { width, height, channels, values, maxValue } = samples;
  assertSize(width, height, 'imageFromSamples');
  if (![1, 2, 3, 4].includes(channels) || values.length !== width * height * channels) {
    throw new ShapeError(
      `imageFromSamples: expected [${height}, ${width}, 1 to 4] samples, got ${values.length} samples in ${channels} channels`,
    );
  }
  const area = width * height;
  const pixels = new Float32Array(area * 3);
  const colours = channels < 3 ? 1 : 3;
  const unit = (index: number) => Math.min(1, (values[index] ?? 0) / maxValue);
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 3; c++) pixels[i * 3 + c] = unit(i * channels + (c % colours));
  }
  if (channels === colours) return { width, height, pixels };
  const alpha = new Float32Array(area);
  for (let i = 0; i < area; i++) alpha[i] = unit(i * channels + colours);
  return { width, height, pixels, alpha };
}

/** Bits of a sample in what is written. */
export type BitDepth = 8 | 16;

/**
 * The picture as integer samples: clamped to 0..1, times 255 (16 bits: 65535), rounded half up.
 *
 * @returns [height, width, 3], or [height, width, 4] (RGBA, not premultiplied) where the picture has alpha.
 * @throws InputError at the first value that is NaN or infinite, so that a failed run never becomes a black picture;
 *   ShapeError where the arrays do not fit the size.
 */
export function quantise(image: RgbImage, bitDepth?: 8): Uint8Array<ArrayBuffer>;
export function quantise(image: RgbImage, bitDepth: BitDepth): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
export function quantise(image: RgbImage, bitDepth: BitDepth = 8): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> {
  assertRgbImage(image, 'quantise');
  const { width, height, pixels, alpha } = image;
  const channels = alpha === undefined ? 3 : 4;
  const samples = new (bitDepth === 8 ? Uint8Array : Uint16Array)(width * height * channels);
  const maxValue = 2 ** bitDepth - 1;
  const sampleOf = (value: number | undefined, pixel: number): number => {
    if (value === undefined || !Number.isFinite(value)) throw notFinite(value, pixel, width);
    return Math.floor(Math.min(1, Math.max(0, value)) * maxValue + 0.5);
  };
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) samples[i * channels + c] = sampleOf(pixels[i * 3 + c], i);
    if (alpha !== undefined) samples[i * 4 + 3] = sampleOf(alpha[i], i);
  }
  return samples;
}

/**
 * The picture laid over white, without alpha: colour * alpha + (1 - alpha), on sRGB values as browsers do it. A picture
 * without alpha is returned as it is.
 */
export function flattenOverWhite(image: RgbImage): RgbImage {
  assertRgbImage(image, 'flattenOverWhite');
  const { width, height, alpha } = image;
  if (alpha === undefined) return image;
  const pixels = image.pixels.map((value, i) => {
    const opacity = alpha[Math.floor(i / 3)] ?? 1;
    return value * opacity + (1 - opacity);
  });
  return { width, height, pixels };
}

function notFinite(value: number | undefined, pixel: number, width: number): InputError {
  const place = `(${pixel % width}, ${Math.floor(pixel / width)})`;
  return new InputError(`picture: expected finite values, got ${value} at pixel ${place}; the run that made it failed`);
}
