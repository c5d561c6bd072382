/** What every benchmark runs on: the pictures in `examples/`, resized by the engine's own code, and the bundled weights. */

import { fileURLToPath } from 'node:url';
import { type Pictures, pictureFiles, type Size } from '../../src/bench/pictures.ts';
import { resizeImage } from '../../src/images/resize.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import type { HostWeights } from '../../src/models/device-weights.ts';
import { openFile } from '../../src/platform/node/byte-source.ts';
import { readImage } from '../../src/platform/node/image-files.ts';
import { weightFilePath } from '../../src/platform/node/weight-files.ts';
import { bundledWeights } from '../../src/weights/bundled.ts';
import { loadNetworkWeights } from '../../src/weights/network-weights.ts';

export const bundledWeightPath = weightFilePath(bundledWeights.fileName);

/** VGG16's weights as the repository ships them. */
export async function readBundledWeights(): Promise<HostWeights> {
  await using source = await openFile(bundledWeightPath);
  return await loadNetworkWeights(source, bundledWeights);
}

const exampleFolder = new URL('../../examples/', import.meta.url);

async function pictureAt(name: string, { width, height }: Size): Promise<RgbImage> {
  return resizeImage(await readImage(fileURLToPath(new URL(name, exampleFolder))), width, height);
}

/** Content, style and image, all of one size. */
export async function picturesAt(size: Size): Promise<Pictures> {
  return {
    content: await pictureAt(pictureFiles.content, size),
    style: await pictureAt(pictureFiles.style, size),
    image: await pictureAt(pictureFiles.image, size),
  };
}
