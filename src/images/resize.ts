/**
 * Resampling of pictures: antialiased, separable, bicubic; and the two ways of fitting a size that style transfer needs.
 *
 * The method and its arithmetic are Pillow's (`Image.resize` with `BICUBIC`, src/libImaging/Resample.c, mode "F"): the
 * kernel is widened by the scale when shrinking, cut at the borders and normalised to sum 1; columns are done before
 * rows; sums are in f64, what is kept between the passes in f32. The result is clamped to 0..1 at the end, because the
 * kernel's negative lobes overshoot at edges. Values are resampled as they stand in sRGB, not in linear light, as
 * torchvision's transforms do.
 */

import { ShapeError } from '../core/errors.ts';
import { assertRgbImage, assertSize, type RgbImage } from './rgb-image.ts';

/** Two sides in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * The picture at another size; equal sizes give an exact copy. Alpha is resampled like a channel of its own: colour is
 * not weighted by opacity, since the network sees the colour of transparent pixels too.
 *
 * @returns a picture that shares no array with the given one, values in 0..1.
 * @throws ShapeError where a size is not a positive integer or the picture's arrays do not fit its size.
 */
export function resizeImage(image: RgbImage, width: number, height: number): RgbImage {
  assertRgbImage(image, 'resizeImage');
  assertSize(width, height, 'resizeImage');
  return resample(image, { width, height }, { width, height });
}

/**
 * The size of a picture scaled so that its longer side is `size`, the ratio of the sides kept, rounded half up, each
 * side at least 1. A picture whose longer side is already at most `size` keeps its size unless `enlarge` is set.
 *
 * @throws ShapeError where a side or `size` is not a positive integer.
 */
export function fitLongestSide(
  width: number,
  height: number,
  size: number,
  options: { readonly enlarge?: boolean } = {},
): Size {
  assertSize(width, height, 'fitLongestSide');
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new ShapeError(`fitLongestSide: size must be a positive integer, got ${size}`);
  }
  const longest = Math.max(width, height);
  if (longest <= size && options.enlarge !== true) return { width, height };
  const scaled = (side: number) => Math.max(1, Math.round((side * size) / longest));
  return { width: scaled(width), height: scaled(height) };
}

/**
 * The picture scaled, its ratio kept, so that it just covers width x height, and cropped to that size from the top
 * left (the fitting of a style picture in fast.ai's style-transfer lesson). Pixels outside the crop are never made.
 * Where it would have to grow and `enlarge` is false, it keeps its size and the crop is as large as it can be.
 *
 * @returns a picture that shares no array with the given one, values in 0..1.
 * @throws ShapeError as {@link resizeImage}.
 */
export function coverCropTopLeft(
  image: RgbImage,
  width: number,
  height: number,
  options: { readonly enlarge?: boolean } = {},
): RgbImage {
  assertRgbImage(image, 'coverCropTopLeft');
  assertSize(width, height, 'coverCropTopLeft');
  const scale = Math.max(width / image.width, height / image.height);
  if (scale > 1 && options.enlarge === false) {
    return resample(image, image, { width: Math.min(width, image.width), height: Math.min(height, image.height) });
  }
  const covering = {
    width: Math.max(width, Math.round(image.width * scale)),
    height: Math.max(height, Math.round(image.height * scale)),
  };
  return resample(image, covering, { width, height });
}

/** How values between samples are found: Keys' cubic, which overshoots at edges, or the mean of neighbours, which does not. */
export type Filter = 'bicubic' | 'bilinear';

/**
 * A field of three channels, [height, width, 3], at another size; not clamped, since it need not be a picture.
 *
 * @returns an array of its own. @throws ShapeError where a side is not a positive integer or the values do not fit the size.
 */
export function resizeField(values: Float32Array, from: Size, to: Size, filter: Filter): Float32Array {
  assertSize(from.width, from.height, 'resizeField');
  assertSize(to.width, to.height, 'resizeField');
  if (values.length !== from.width * from.height * 3) {
    throw new ShapeError(`resizeField: ${values.length} values are not 3 channels of ${from.width}x${from.height}`);
  }
  const columns = axisTaps(from.width, to.width, to.width, filter);
  const rows = axisTaps(from.height, to.height, to.height, filter);
  return resampleRows(resampleColumns(values, from.width, from.height, 3, columns), to.width * 3, rows);
}

/** The top left `crop` of the picture at the size `full`. */
function resample(image: RgbImage, full: Size, crop: Size): RgbImage {
  const columns = axisTaps(image.width, full.width, crop.width);
  const rows = axisTaps(image.height, full.height, crop.height);
  const channel = (values: Float32Array, channels: number): Float32Array => {
    const narrowed = resampleColumns(values, image.width, image.height, channels, columns);
    return clampToUnit(resampleRows(narrowed, crop.width * channels, rows));
  };
  const pixels = channel(image.pixels, 3);
  return {
    width: crop.width,
    height: crop.height,
    pixels,
    ...(image.alpha === undefined ? {} : { alpha: channel(image.alpha, 1) }),
  };
}

/** Which inputs each output of one axis is made of: `weights[starts[i] ...]` times inputs from `firsts[i]` on. */
interface AxisTaps {
  readonly outputs: number;
  /** Whether every output is the input at the same place. */
  readonly identity: boolean;
  /** First input of each output. */
  readonly firsts: Int32Array;
  /** Where each output's weights start, with one more entry for the end. */
  readonly starts: Int32Array;
  /** Sum 1 for each output. */
  readonly weights: Float64Array;
}

/** Taps of the first `outputs` of `outSide` samples over an axis of `inSide`; source: precompute_coeffs in Resample.c. */
function axisTaps(inSide: number, outSide: number, outputs: number, filter: Filter = 'bicubic'): AxisTaps {
  const { at, reach } = kernels[filter];
  const scale = inSide / outSide;
  const widening = Math.max(scale, 1);
  const support = reach * widening;
  const firsts = new Int32Array(outputs);
  const starts = new Int32Array(outputs + 1);
  const weights: number[] = [];
  for (let output = 0; output < outputs; output++) {
    const centre = (output + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support + 0.5));
    const end = Math.min(inSide, Math.floor(centre + support + 0.5));
    const raw: number[] = [];
    let sum = 0;
    for (let input = first; input < end; input++) {
      const weight = at((input - centre + 0.5) / widening);
      raw.push(weight);
      sum += weight;
    }
    firsts[output] = first;
    for (const weight of raw) weights.push(weight / sum);
    starts[output + 1] = weights.length;
  }
  return {
    outputs,
    identity: inSide === outSide && outputs === inSide,
    firsts,
    starts,
    weights: Float64Array.from(weights),
  };
}

/** Each kernel and the distance beyond which it is 0. */
const kernels: Readonly<Record<Filter, { readonly at: (x: number) => number; readonly reach: number }>> = {
  bicubic: { at: cubic, reach: 2 },
  bilinear: { at: (x) => Math.max(1 - Math.abs(x), 0), reach: 1 },
};

/** The cubic convolution kernel with a = -0.5 (R. Keys 1981, IEEE Trans. ASSP 29(6), equation 15). */
function cubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  if (d < 2) return ((-0.5 * d + 2.5) * d - 4) * d + 2;
  return 0;
}

/** [height, width, channels] -> [height, taps.outputs, channels]. */
function resampleColumns(
  values: Float32Array,
  width: number,
  height: number,
  channels: number,
  taps: AxisTaps,
): Float32Array {
  if (taps.identity) return values;
  const { outputs, firsts, starts, weights } = taps;
  const result = new Float32Array(height * outputs * channels);
  for (let y = 0; y < height; y++) {
    for (let output = 0; output < outputs; output++) {
      const start = starts[output] ?? 0;
      const end = starts[output + 1] ?? start;
      const from = (y * width + (firsts[output] ?? 0)) * channels;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let tap = start; tap < end; tap++) {
          sum += (weights[tap] ?? 0) * (values[from + (tap - start) * channels + c] ?? 0);
        }
        result[(y * outputs + output) * channels + c] = sum;
      }
    }
  }
  return result;
}

/** [height, rowLength] -> [taps.outputs, rowLength]; one f64 row of sums, so that memory is read in order. */
function resampleRows(values: Float32Array, rowLength: number, taps: AxisTaps): Float32Array {
  if (taps.identity) return values.slice();
  const { outputs, firsts, starts, weights } = taps;
  const result = new Float32Array(outputs * rowLength);
  const sums = new Float64Array(rowLength);
  for (let output = 0; output < outputs; output++) {
    const start = starts[output] ?? 0;
    const end = starts[output + 1] ?? start;
    sums.fill(0);
    for (let tap = start; tap < end; tap++) {
      const weight = weights[tap] ?? 0;
      const from = ((firsts[output] ?? 0) + tap - start) * rowLength;
      for (let i = 0; i < rowLength; i++) sums[i] = (sums[i] ?? 0) + weight * (values[from + i] ?? 0);
    }
    result.set(sums, output * rowLength);
  }
  return result;
}

/** Clamps in place. */
function clampToUnit(values: Float32Array): Float32Array {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value < 0) values[i] = 0;
    else if (value > 1) values[i] = 1;
  }
  return values;
}
