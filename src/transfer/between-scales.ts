/** How a run goes on at a larger size of its picture. */

import { resizeImage } from '../images/resize.ts';
import type { RgbImage } from '../images/rgb-image.ts';

/** The photograph at two sizes, in the colours that the run started in. */
export interface PhotographAtTwoSizes {
  readonly smaller: RgbImage;
  readonly larger: RgbImage;
}

/**
 * The picture at the larger size, bicubic and clamped, with a share of the detail that the smaller photograph had lost:
 * `share` · (larger photograph − enlarged smaller one), clamped again. What was painted at the smaller size stays; eyes and edges, which that
 * size cannot show, come back as far as the photograph is wanted.
 */
export function enlargedWithDetail(
  picture: RgbImage,
  { smaller, larger }: PhotographAtTwoSizes,
  share: number,
): RgbImage {
  const { width, height } = larger;
  const enlarged = resizeImage(picture, width, height);
  const blurred = resizeImage(smaller, width, height);
  const pixels = enlarged.pixels.map((value, i) => {
    const detail = (larger.pixels[i] ?? 0) - (blurred.pixels[i] ?? 0);
    return Math.min(Math.max(value + share * detail, 0), 1);
  });
  return { ...enlarged, pixels };
}
