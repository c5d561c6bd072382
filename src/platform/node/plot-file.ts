/** Plots as files: SVG text as it stands, or drawn as PNG by sharp (librsvg). */

import { extname } from 'node:path';
import { InputError } from '../../core/errors.ts';
import { checkWritable, writeFileAtomically } from './atomic-file.ts';
import { loadSharp } from './sharp.ts';

const endings = ['.svg', '.png'] as const;

/** Pixels of the PNG for one of the SVG. */
const pngScale = 2;

/** At this density sharp draws a pixel of the SVG as one of the PNG. */
const svgDpi = 72;

/**
 * Writes the plot as SVG or PNG, chosen by the ending.
 *
 * @throws InputError where the ending cannot be used, sharp is needed and cannot be loaded, or the file not be written.
 */
export async function writePlot(path: string, svg: string): Promise<void> {
  await writeFileAtomically(path, endingOf(path) === '.png' ? await drawn(path, svg) : svg);
}

/** Checks, before a long run, that {@link writePlot} will be able to write at `path`. @throws InputError as it does. */
export async function checkPlotWritable(path: string): Promise<void> {
  if (endingOf(path) === '.png') await loadDrawer(path);
  await checkWritable(path);
}

async function drawn(path: string, svg: string): Promise<Uint8Array> {
  const sharp = await loadDrawer(path);
  return await sharp(Buffer.from(svg), { density: svgDpi * pngScale })
    .png()
    .toBuffer();
}

function loadDrawer(path: string) {
  return loadSharp(`${path}: drawing a plot as PNG`, 'name a .svg');
}

function endingOf(path: string): (typeof endings)[number] {
  const ending = extname(path).toLowerCase();
  const known = endings.find((one) => one === ending);
  if (known !== undefined) return known;
  const got = ending === '' ? 'no ending' : ending;
  throw new InputError(`${path}: expected a plot's name that ends in .svg or .png, got ${got}; rename it`);
}
