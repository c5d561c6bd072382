/** How fast evaluations were on an adapter, kept between runs, so that a plan can tell how long they will take. */

import { InputError } from '../core/errors.ts';
import { readCacheFile, writeCacheFile } from '../platform/node/cache-file.ts';
import type { Settings } from '../settings/settings.ts';
import type { EvaluationReport } from '../transfer/evaluator.ts';
import type { MapWayName } from '../transfer/fit.ts';
import { deepestLayerOf } from '../transfer/prepare.ts';

const fileName = 'speed.json';

/** What an evaluation's time goes with, besides its pixels. */
export interface MeasuredWork {
  readonly adapter: string;
  readonly network: string;
  readonly deepestLayer: string | undefined;
  readonly way: MapWayName;
}

interface MeasuredSpeed extends MeasuredWork {
  readonly secondsPerMegapixel: number;
}

export function workOf(adapter: string, settings: Settings, way: MapWayName): MeasuredWork {
  return { adapter, network: settings.objective.network, deepestLayer: deepestLayerOf(settings), way };
}

/** Seconds an evaluation of so many pixels, as the last run of the same work had them; undefined before there was one. */
export async function measuredSeconds(work: MeasuredWork, pixels: number): Promise<number | undefined> {
  const found = (await readSpeeds()).find((speed) => isSameWork(speed, work));
  return found && (found.secondsPerMegapixel * pixels) / 1e6;
}

/** When evaluations of the scale at work were reported. The first one's time, which compiles the kernels, is not counted. */
export class SpeedWatch {
  #scale: number | undefined;
  #count = 0;
  #firstAtMs = 0;
  #lastAtMs = 0;

  see({ scale }: Pick<EvaluationReport, 'scale'>, atMs: number): void {
    if (scale !== this.#scale) [this.#scale, this.#count, this.#firstAtMs] = [scale, 0, atMs];
    else this.#count += 1;
    this.#lastAtMs = atMs;
  }

  /** Keeps what was measured of the last scale, of so many pixels, where that is something; a cache that cannot be written keeps nothing. */
  async keep(work: MeasuredWork, pixels: number): Promise<void> {
    const seconds = (this.#lastAtMs - this.#firstAtMs) / 1000 / this.#count;
    if (!(seconds > 0 && Number.isFinite(seconds))) return;
    const others = (await readSpeeds()).filter((speed) => !isSameWork(speed, work));
    const speeds = [...others, { ...work, secondsPerMegapixel: (seconds * 1e6) / pixels }];
    try {
      await writeCacheFile(fileName, `${JSON.stringify(speeds, undefined, 2)}\n`);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
}

function isSameWork(a: MeasuredWork, b: MeasuredWork): boolean {
  return a.adapter === b.adapter && a.network === b.network && a.deepestLayer === b.deepestLayer && a.way === b.way;
}

/** None where the file is not there, or holds something else. */
async function readSpeeds(): Promise<readonly MeasuredSpeed[]> {
  try {
    const parsed: unknown = JSON.parse((await readCacheFile(fileName)) ?? '[]');
    return Array.isArray(parsed) ? parsed.filter(isSpeed) : [];
  } catch (error) {
    if (error instanceof InputError || error instanceof SyntaxError) return [];
    throw error;
  }
}

function isSpeed(value: unknown): value is MeasuredSpeed {
  if (typeof value !== 'object' || value === null || !('secondsPerMegapixel' in value)) return false;
  const { secondsPerMegapixel } = value;
  return typeof secondsPerMegapixel === 'number' && secondsPerMegapixel > 0 && 'adapter' in value && 'way' in value;
}
