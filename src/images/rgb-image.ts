/** The picture type that the rest of the engine means by "picture", and the one check of its arrays. */

import { ShapeError } from '../core/errors.ts';

/** An RGB picture as an array: what the rest of the engine means by "picture". */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3], row-major, sRGB values in 0..1 (not linearised, as VGG was trained). */
  readonly pixels: Float32Array;
  /** [height, width] opacity in 0..1 where the file had any; carried to the result, unseen by the network. */
  readonly alpha?: Float32Array;
}

/**
 * Checks that the arrays have the lengths that width and height promise; values are not looked at.
 *
 * @param what names the operation in the message, for example `resizeImage`.
 * @throws ShapeError where a side is not a positive integer or an array has another length.
 */
export function assertRgbImage(image: RgbImage, what: string): void {
  const { width, height, pixels, alpha } = image;
  assertSize(width, height, what);
  if (pixels.length !== width * height * 3) {
    throw new ShapeError(
      `${what}: pixels of a ${width}x${height} picture must have ${width * height * 3} values [${height}, ${width}, 3], got ${pixels.length}`,
    );
  }
  if (alpha !== undefined && alpha.length !== width * height) {
    throw new ShapeError(
      `${what}: alpha of a ${width}x${height} picture must have ${width * height} values [${height}, ${width}], got ${alpha.length}`,
    );
  }
}

/** @throws ShapeError where a side is not a positive integer. */
export function assertSize(width: number, height: number, what: string): void {
  for (const [name, side] of [
    ['width', width],
    ['height', height],
  ] as const) {
    if (!Number.isSafeInteger(side) || side < 1) {
      throw new ShapeError(`${what}: ${name} must be a positive integer, got ${side}`);
    }
  }
}
