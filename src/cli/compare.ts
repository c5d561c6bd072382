/** `impasto compare`: how near a painted picture is to its photograph and its painting, in numbers that anyone can have of any picture. */

import { basename } from 'node:path';
import { type Measures, measuredTaps, PictureMeasures } from '../measures/picture-measures.ts';
import { checkWritable, writeFileAtomically } from '../platform/node/atomic-file.ts';
import { readImage } from '../platform/node/image-files.ts';
import type { PictureSize } from '../settings/sizes.ts';
import { openEngine } from './engine.ts';
import type { EngineArguments } from './engine-arguments.ts';
import { exitStatus } from './failure.ts';
import { answer } from './output.ts';
import { refuseOverwriting } from './paths.ts';
import { loadMeasureWeights } from './weights.ts';

/** As commander collects them. */
export interface CompareArguments extends EngineArguments {
  readonly image: string;
  readonly content: string;
  readonly style: string;
  readonly json?: string;
}

/** A picture's size in its file and as it was compared. */
interface Sizes {
  readonly file: PictureSize;
  readonly compared: PictureSize;
}

/** Runs the command; resolves with the exit status. @throws InputError, DeviceError. */
export async function runCompare(given: CompareArguments): Promise<number> {
  const image = await readImage(given.image);
  const content = await readImage(given.content);
  const style = await readImage(given.style);
  const { json } = given;
  if (json !== undefined) {
    const inputs = [given.image, given.content, given.style, given.weights].filter((path) => path !== undefined);
    await refuseOverwriting([json], inputs);
    await checkWritable(json);
  }
  const { weights, heads } = await loadMeasureWeights(given.weights);
  using gpu = await openEngine(given);
  using measures = await PictureMeasures.create({ gpu, weights, heads, size: image, content, style });
  const measured = await measures.measure(image);
  const sizes = {
    image: sizesOf(image, image),
    content: sizesOf(content, measures.content),
    style: sizesOf(style, measures.style),
  };
  if (json !== undefined) {
    const report = { ...measured, pictures: sizes, adapter: gpu.profile.description };
    await writeFileAtomically(json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  const roles = (['image', 'content', 'style'] as const).map(
    (role) => `${role.padEnd(7)}  ${basename(given[role])}  ${describe(sizes[role])}`,
  );
  answer(...roles, '', ...tableOf(measured));
  return exitStatus.success;
}

function sizesOf(file: PictureSize, compared: PictureSize): Sizes {
  const sizeOf = ({ width, height }: PictureSize): PictureSize => ({ width, height });
  return { file: sizeOf(file), compared: sizeOf(compared) };
}

function describe({ file, compared }: Sizes): string {
  const words = ({ width, height }: PictureSize): string => `${width}x${height}`;
  return words(file) === words(compared) ? words(file) : `${words(file)}, resized to ${words(compared)}`;
}

/** A line a measure, with its parts where it has some. */
function tableOf(measured: Measures): readonly string[] {
  const partsOf = (of: 'gram' | 'w2'): string =>
    measuredTaps.map((tap) => `${tap} ${numberOf(measured.layers[tap]?.[of] ?? null)}`).join(', ');
  const rows: readonly (readonly [string, string, string])[] = [
    ['LPIPS to the photograph', numberOf(measured.lpips), ''],
    ['Gram distance to the painting', numberOf(measured.gram), partsOf('gram')],
    ['W2 distance to the painting', numberOf(measured.w2), partsOf('w2')],
    ["colour distance to the painting's", numberOf(measured.colour), ''],
    ["total variation by the painting's", numberOf(measured.totalVariation), ''],
    ['clamped values', `${(100 * measured.clamped).toFixed(1)} %`, ''],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value, parts]) => `${name.padEnd(width)}  ${value.padEnd(7)}  ${parts}`.trimEnd());
}

/** A dash where nothing can be said, as of a relation to nothing. */
function numberOf(value: number | null): string {
  return value === null ? '–' : value.toFixed(4);
}
