/** The pictures that `test/fixtures/measures/make.py` names. */

import type { RgbImage } from '../../src/images/rgb-image.ts';
import { readImage } from '../../src/platform/node/image-files.ts';

const root = new URL('../../', import.meta.url);

/** A file of the objective's fixture, or `coffee@X,Y`, a crop of 96x80 pixels from there. */
export async function fixturePicture(name: string): Promise<RgbImage> {
  const [file = '', place] = name.split('@');
  if (place === undefined) return await readImage(new URL(`test/fixtures/objective/${file}.png`, root).pathname);
  const [x = 0, y = 0] = place.split(',').map(Number);
  return crop(await readImage(new URL(`examples/${file}.png`, root).pathname), { x, y, width: 96, height: 80 });
}

function crop(
  image: RgbImage,
  { x, y, width, height }: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): RgbImage {
  const rows = Array.from({ length: height }, (_, row) => {
    const from = 3 * ((y + row) * image.width + x);
    return image.pixels.subarray(from, from + 3 * width);
  });
  const pixels = new Float32Array(3 * width * height);
  rows.forEach((values, row) => {
    pixels.set(values, 3 * width * row);
  });
  return { width, height, pixels };
}
