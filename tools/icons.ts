/** `npx tsx tools/icons.ts` draws the icons of the installed page from `src/web/icon.svg`, after a change of that. */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

/** The icon's own ground. */
const ground = '#1d1c22';

/** Of a maskable icon's side: whatever shape it is cut to, a circle of this width is left. */
const safeShare = 0.8;

const svg = await readFile(new URL('../src/web/icon.svg', import.meta.url));

/** @param share of the side that the drawing takes; where it is not the whole, its ground goes on to the edge. */
async function draw(name: string, side: number, share: number): Promise<void> {
  const drawn = Math.round(share * side);
  const inked = await sharp(svg, { density: (72 * drawn) / 32 })
    .resize(drawn, drawn)
    .toBuffer();
  const background = share < 1 ? ground : 'transparent';
  await sharp({ create: { width: side, height: side, channels: 4, background } })
    .composite([{ input: inked }])
    .png({ palette: true, compressionLevel: 9, effort: 10 })
    .toFile(fileURLToPath(new URL(`../src/web/icons/${name}.png`, import.meta.url)));
}

await draw('icon-192', 192, 1);
await draw('icon-512', 512, 1);
await draw('icon-maskable-512', 512, safeShare);
