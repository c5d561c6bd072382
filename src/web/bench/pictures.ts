/** The pictures that evaluations are measured on, the same as `npm run bench` takes. */

import chelsea from '../../../examples/chelsea.png?url';
import coffee from '../../../examples/coffee.png?url';
import greatWave from '../../../examples/great_wave.jpg?url';
import { type Pictures, pictureFiles } from '../../bench/pictures.ts';
import { InputError } from '../../core/errors.ts';
import { resizeImage } from '../../images/resize.ts';
import type { RgbImage } from '../../images/rgb-image.ts';
import { decodeImage } from '../../platform/browser/image-files.ts';

const addresses: Readonly<Record<string, string>> = {
  'chelsea.png': chelsea,
  'coffee.png': coffee,
  'great_wave.jpg': greatWave,
};

/** Fetches and decodes all three. @throws InputError where one does not arrive. */
export async function fetchPictures(): Promise<Pictures> {
  const [content, style, image] = await Promise.all(
    [pictureFiles.content, pictureFiles.style, pictureFiles.image].map(fetchPicture),
  );
  if (content === undefined || style === undefined || image === undefined) throw new InputError('a picture is missing');
  return { content, style, image };
}

async function fetchPicture(name: string): Promise<RgbImage> {
  const response = await fetch(new URL(addresses[name] ?? name, import.meta.url)).catch(() => undefined);
  if (response?.ok !== true) throw new InputError(`${name} could not be fetched; check the connection and try again`);
  return decodeImage(await response.blob(), name);
}

/** All three at a size. */
export function picturesAt({ content, style, image }: Pictures, width: number, height: number): Pictures {
  const at = (picture: RgbImage): RgbImage => resizeImage(picture, width, height);
  return { content: at(content), style: at(style), image: at(image) };
}
