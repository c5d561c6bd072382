/** The pictures that whole evaluations are measured on; whoever measures reads them. */

import type { RgbImage } from '../images/rgb-image.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** `256x192` */
export function sizeName({ width, height }: Size): string {
  return `${width}x${height}`;
}

/** Content, style and image, all of one size. */
export interface Pictures {
  readonly content: RgbImage;
  readonly style: RgbImage;
  /** Where the gradient is taken: a third picture, so that no loss is zero. */
  readonly image: RgbImage;
}

/** Files of `examples/`. */
export const pictureFiles: Readonly<Record<keyof Pictures, string>> = {
  content: 'chelsea.png',
  style: 'great_wave.jpg',
  image: 'coffee.png',
};
