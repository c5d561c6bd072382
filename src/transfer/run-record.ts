/** What a run was told, as the file of a checkpoint keeps it: plain data that JSON holds, and the check of it. */

import { InputError } from '../core/errors.ts';
import { checkNumber, shown } from '../core/numbers.ts';
import { type KernelFamily, kernelFamilies } from '../kernels/preference.ts';
import type { Tile } from '../objective/tiled-plan.ts';
import { stepRange } from '../settings/check-phase.ts';
import { checkChoice } from '../settings/names.ts';
import { options } from '../settings/options.ts';
import { flatSettings, parseSettings } from '../settings/presets.ts';
import type { Settings } from '../settings/settings.ts';
import { type PictureSize, sideRange } from '../settings/sizes.ts';
import { startNames } from '../settings/starts.ts';
import { mixWeightRange } from '../settings/weight-ranges.ts';

/** A file that a run reads. */
export interface FileRecord {
  /** Absolute; in a browser the name alone. */
  readonly path: string;
  /** SHA-256 of its bytes, lower-case hex. */
  readonly sha256: string;
}

export interface StyleRecord extends FileRecord {
  readonly weight: number;
}

/** What computed: where it is not the same, losses are near the others, not equal. */
export interface EngineRecord {
  readonly adapter: string;
  /** SHA-256 of the names of all chosen kernels, and of how the maps of each scale are cut. */
  readonly kernels: string;
  /** The family asked for. */
  readonly family: KernelFamily | 'auto';
  readonly tile: Tile;
  readonly lowMemory: boolean;
}

/** What is written at the end and on the way. */
export interface OutputRecord {
  /** Absolute; in a browser the name alone. */
  readonly path: string;
  /** What the picture's file says of itself. */
  readonly title: string;
  readonly comment: string;
  readonly bitDepth?: 8 | 16;
  readonly saveEvery?: number;
  readonly trace?: string;
  readonly traceMeasures?: number;
  /** Evaluations between two checkpoints; absent, time decides. */
  readonly checkpointEvery?: number;
}

export interface RunRecord {
  readonly command: (typeof commands)[number];
  readonly settings: Settings;
  /** Longest side; of a texture both; undefined where the files' sizes are kept. */
  readonly size: number | PictureSize | undefined;
  /** A picture that is no preset is not needed any more. */
  readonly start: (typeof starts)[number];
  readonly seed: number;
  /** Absent of a texture. */
  readonly content: FileRecord | undefined;
  /** None of a reconstruction. */
  readonly styles: readonly StyleRecord[];
  /** Without a path the bundled ones. */
  readonly weights: { readonly path?: string; readonly sha256: string };
  readonly engine: EngineRecord;
  readonly output: OutputRecord;
}

const commands = ['stylize', 'reconstruct', 'texture'] as const;
const tileWords = ['auto', 'none'] as const;
const starts = [...startNames, 'picture'] as const;

/** As JSON takes it; {@link parseRunRecord} reads it. */
export function plainRunRecord({ settings, ...rest }: RunRecord): Readonly<Record<string, unknown>> {
  return { ...rest, settings: flatSettings(settings) };
}

/** @throws InputError naming the field that makes no sense. */
export function parseRunRecord(value: unknown): RunRecord {
  const { command, settings, size, start, seed, content, styles, weights, engine, output } = fieldsOf('the run', value);
  const record: RunRecord = {
    command: checkChoice('command', command, commands),
    settings: parseSettings(settings),
    size: parseSize(size),
    start: checkChoice('start', start, starts),
    seed: checkNumber('seed', seed, options.seed.kind.range),
    content: content === undefined ? undefined : parseFile('content', content),
    styles: listOf('styles', styles).map((style) => ({
      ...parseFile('a style', style),
      weight: checkNumber('a weight of styles', fieldsOf('a style', style)['weight'], mixWeightRange),
    })),
    weights: parseWeights(weights),
    engine: parseEngine(engine),
    output: parseOutput(output),
  };
  refuseMissing(record);
  return record;
}

function refuseMissing({ command, content, styles, size }: RunRecord): void {
  const isComplete =
    command === 'texture'
      ? styles.length === 1 && typeof size === 'object'
      : typeof size !== 'object' && content !== undefined && (command === 'reconstruct' || styles.length > 0);
  if (!isComplete) throw new InputError(`a picture of the ${command}, or its size, is missing`);
}

function parseSize(value: unknown): RunRecord['size'] {
  if (value === undefined) return undefined;
  if (typeof value === 'number') return checkNumber('size', value, sideRange);
  const { width, height } = fieldsOf('size', value);
  const range = { ...sideRange, from: 1 };
  return { width: checkNumber('width', width, range), height: checkNumber('height', height, range) };
}

function parseFile(name: string, value: unknown): FileRecord {
  const { path, sha256 } = fieldsOf(name, value);
  return { path: textOf(`path of ${name}`, path), sha256: digestOf(`checksum of ${name}`, sha256) };
}

function parseWeights(value: unknown): RunRecord['weights'] {
  const { path, sha256 } = fieldsOf('weights', value);
  const checksum = digestOf('checksum of weights', sha256);
  return path === undefined ? { sha256: checksum } : { path: textOf('path of weights', path), sha256: checksum };
}

function parseEngine(value: unknown): EngineRecord {
  const { adapter, kernels, family, tile, lowMemory } = fieldsOf('engine', value);
  return {
    adapter: textOf('adapter', adapter),
    kernels: digestOf('kernels', kernels),
    family: checkChoice('family', family, ['auto', ...kernelFamilies]),
    tile: parseTile(tile),
    lowMemory: options.resize.kind.check('lowMemory', lowMemory),
  };
}

function parseTile(value: unknown): Tile {
  return typeof value === 'number' ? checkNumber('tile', value, sideRange) : checkChoice('tile', value, tileWords);
}

function parseOutput(value: unknown): OutputRecord {
  const { path, title, comment, bitDepth, saveEvery, trace, traceMeasures, checkpointEvery } = fieldsOf(
    'output',
    value,
  );
  const every = (name: string, number: unknown): number => checkNumber(name, number, stepRange);
  return {
    path: textOf('output', path),
    title: textOf('title', title),
    comment: textOf('comment', comment),
    ...(bitDepth === undefined ? {} : { bitDepth: bitDepth === 16 ? 16 : 8 }),
    ...(saveEvery === undefined ? {} : { saveEvery: every('saveEvery', saveEvery) }),
    ...(trace === undefined ? {} : { trace: textOf('trace', trace) }),
    ...(traceMeasures === undefined ? {} : { traceMeasures: every('traceMeasures', traceMeasures) }),
    ...(checkpointEvery === undefined ? {} : { checkpointEvery: every('checkpointEvery', checkpointEvery) }),
  };
}

/** The fields of an object; those that are not there are undefined. @throws InputError for what is none. */
export function fieldsOf(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new InputError(`${name} is ${shown(value)}; expected an object`);
}

/** @throws InputError for what is no list. */
export function listOf(name: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new InputError(`${name} is ${shown(value)}; expected a list`);
}

/** @throws InputError for what is no text. */
export function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new InputError(`${name} is ${shown(value)}; expected a text`);
}

function digestOf(name: string, value: unknown): string {
  const text = textOf(name, value);
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new InputError(`${name} is ${shown(value)}; expected 64 hexadecimal digits`);
}
