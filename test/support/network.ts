/** The bundled network and the fixture pictures, for tests that need the real thing. */

import { readFileSync } from 'node:fs';
import type { HostWeights } from '../../src/models/device-weights.ts';
import { openFile } from '../../src/platform/node/byte-source.ts';
import { readImage } from '../../src/platform/node/image-files.ts';
import { bundledLpipsHeads, bundledWeights } from '../../src/weights/bundled.ts';
import { type LpipsHeads, loadLpipsHeads } from '../../src/weights/lpips-heads.ts';
import { loadNetworkWeights } from '../../src/weights/network-weights.ts';
import { readSafetensorsHeader, readTensor } from '../../src/weights/safetensors.ts';

const root = new URL('../../', import.meta.url);

function pathOf(relative: string): string {
  return new URL(relative, root).pathname;
}

/** The weights the repository ships. */
export async function readBundledWeights(): Promise<HostWeights> {
  await using source = await openFile(pathOf(`weights/${bundledWeights.fileName}`));
  return await loadNetworkWeights(source, bundledWeights);
}

/** The heads of LPIPS that the repository ships. */
export async function bundledHeads(): Promise<LpipsHeads> {
  await using source = await openFile(pathOf(`weights/${bundledLpipsHeads.fileName}`));
  return await loadLpipsHeads(source, bundledLpipsHeads);
}

export type FixtureName = 'wave_cat_64x48' | 'odd_51x37';

/** Loss terms in the order content, style, total variation. */
interface FixtureLoss {
  readonly total: number;
  readonly terms: readonly number[];
}

/** What `test/fixtures/objective/make.py` wrote. */
export interface ObjectiveFixture {
  readonly lecture: FixtureLoss;
  readonly mixed: FixtureLoss;
  /** Rows of total, content, style; in `wave_cat_64x48` only. */
  readonly traces?: Readonly<Record<string, readonly (readonly [number, number, number])[]>>;
}

export function readObjectiveFixture(name: FixtureName): ObjectiveFixture {
  const parsed: ObjectiveFixture = JSON.parse(
    readFileSync(pathOf(`test/fixtures/objective/${name}/objective.json`), 'utf8'),
  );
  return parsed;
}

export async function readFixturePictures(name: FixtureName) {
  const read = (picture: string) => readImage(pathOf(`test/fixtures/objective/${name}/${picture}.png`));
  const [content, style, image] = await Promise.all([read('content'), read('style'), read('image')]);
  return { content, style, image };
}

/** The reference gradient [3, H, W] of one of the fixture's two objectives. */
export async function readFixtureGradient(name: FixtureName, objective: 'lecture' | 'mixed') {
  await using source = await openFile(pathOf(`test/fixtures/objective/${name}/gradient.safetensors`));
  const entry = (await readSafetensorsHeader(source)).tensors.get(objective);
  if (entry === undefined) throw new Error(`the fixture has no gradient '${objective}'`);
  return readTensor(source, entry);
}
