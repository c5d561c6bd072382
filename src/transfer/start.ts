/** Where the optimised picture starts. */

import { colourMap, mapColours, mixedStatistics } from '../images/colour-match.ts';
import { colourStatistics, noiseLike } from '../images/colour-statistics.ts';
import { greyPicture, halveTowards, normalNoise, uniformNoise } from '../images/initial.ts';
import { medianFilter } from '../images/median-filter.ts';
import { coverCropTopLeft, resizeImage, type Size } from '../images/resize.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import { imageNetMean } from '../objective/image-net.ts';
import { leadOf, mixOf, type Style } from '../objective/style-mix.ts';
import type { NoiseKind } from '../settings/starts.ts';

export type Start =
  /** One of the pictures at hand; the style picture covers the result and is cropped from the top left. */
  | { readonly kind: 'content' | 'style' }
  /** The content picture with the mean and the covariance of the style's colours. */
  | { readonly kind: 'matched' }
  /**
   * `noise`: uniform in 0..1. `normal-noise`: mean 0.5, deviation 0.25. `lecture-noise`: uniform, its 8x8 median, then the normalised
   * picture divided by 2. `grey`: 0.5 all over, but for less than a step of 8 bits. `style-colours`: normal, with the style picture's mean
   * colour and colour covariance.
   */
  | { readonly kind: NoiseKind; readonly seed: number }
  /** Any picture, resized to the result's size. */
  | { readonly kind: 'picture'; readonly picture: RgbImage };

/** Side of the lecture's median filter. */
const lectureMedianSize = 8;

/** What the lecture starts from: `fast.ai` 2018, lesson 13, `median_filter(uniform(0, 1), [8, 8, 1])`, normalised, `/ 2`. */
export function lectureNoise(width: number, height: number, seed: number): RgbImage {
  return halveTowards(medianFilter(uniformNoise(width, height, seed), lectureMedianSize), imageNetMean);
}

/** What a start may be made of. */
export interface StartPictures {
  readonly content: RgbImage;
  readonly style: Style;
  /** How far `matched` goes from the content picture's colours, 0, to the style's, 1; default 1. */
  readonly strength?: number;
}

/** The content picture with its colours brought to those of the style, several style pictures counting by their shares. */
export function matchedPicture({ content, style, strength = 1 }: StartPictures): RgbImage {
  const parts = mixOf(style).map(({ picture, weight }) => ({ statistics: colourStatistics(picture), share: weight }));
  return mapColours(content, colourMap(colourStatistics(content), mixedStatistics(parts)), strength);
}

/** The picture of `size` that a run starts from; its alpha, if any, is not used. */
export function initialPicture(start: Start, { width, height }: Size, pictures: StartPictures): RgbImage {
  const { content, style } = pictures;
  switch (start.kind) {
    case 'content':
      return resizeImage(content, width, height);
    case 'matched':
      return resizeImage(matchedPicture(pictures), width, height);
    case 'style':
      return coverCropTopLeft(leadOf(style), width, height);
    case 'noise':
      return uniformNoise(width, height, start.seed);
    case 'normal-noise':
      return normalNoise(width, height, start.seed);
    case 'lecture-noise':
      return lectureNoise(width, height, start.seed);
    case 'grey':
      return greyPicture(width, height, start.seed);
    case 'style-colours':
      return noiseLike(colourStatistics(leadOf(style)), width, height, start.seed);
    case 'picture':
      return resizeImage(start.picture, width, height);
  }
}
