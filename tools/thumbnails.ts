/** `npm run thumbnails`: writes `examples/thumbnails/`, small copies of the example pictures for the page to offer them by. */

import { mkdir, readdir } from 'node:fs/promises';
import { parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const folder = fileURLToPath(new URL('../examples/', import.meta.url));
/** Of the shorter side in pixels: a square of 72 on a screen that has two for each. */
const side = 144;

await mkdir(`${folder}thumbnails`, { recursive: true });
for (const file of await readdir(folder)) {
  if (!/\.(png|jpg)$/.test(file)) continue;
  await sharp(folder + file)
    .resize(side, side, { fit: 'outside' })
    .webp({ quality: 72, effort: 6 })
    .toFile(`${folder}thumbnails/${parse(file).name}.webp`);
}
