/** How a style picture is brought to the size at which it is looked at. */

import { coverCropTopLeft, fitLongestSide, resizeImage, type Size } from './resize.ts';
import type { RgbImage } from './rgb-image.ts';

export type StyleFit =
  /** Own shape, its longest side that of the result. */
  | 'longest-side'
  /** Scaled to cover the result and cropped to its size from the top left (the lecture). */
  | 'cover';

export interface StyleFitting {
  readonly styleFit: StyleFit;
  /** Factor on the size it is fitted to: above 1 the strokes get larger, below 1 smaller. */
  readonly styleScale: number;
  /** Whether it may be made larger than it is; else it stays at its own size. */
  readonly enlargeStyle: boolean;
}

/** @throws ShapeError where a side of `result` is not a positive integer or the picture's arrays do not fit its size. */
export function fitStyle(style: RgbImage, result: Size, fitting: StyleFitting): RgbImage {
  const { styleFit, styleScale, enlargeStyle } = fitting;
  const scaled = (side: number): number => Math.max(1, Math.round(side * styleScale));
  if (styleFit === 'cover') {
    return coverCropTopLeft(style, scaled(result.width), scaled(result.height), { enlarge: enlargeStyle });
  }
  const longest = scaled(Math.max(result.width, result.height));
  const size = fitLongestSide(style.width, style.height, longest, { enlarge: enlargeStyle });
  return resizeImage(style, size.width, size.height);
}
