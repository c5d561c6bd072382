/** What a run is to do, whichever experiment it is: what it reads and writes, and that all of it is possible. */

import { existsSync } from 'node:fs';
import { InputError } from '../core/errors.ts';
import type { Tile } from '../objective/tiled-plan.ts';
import { checkWritable, previousPath } from '../platform/node/atomic-file.ts';
import { type BitDepth, checkImageWritable, readImage } from '../platform/node/image-files.ts';
import { orList } from '../settings/names.ts';
import { didYouMean } from '../settings/nearest.ts';
import { options } from '../settings/options.ts';
import type { PhaseChoice } from '../settings/phase-choice.ts';
import type { Settings } from '../settings/settings.ts';
import type { PictureSize } from '../settings/sizes.ts';
import { type StartName, startNames } from '../settings/starts.ts';
import type { CheckpointFile } from '../transfer/checkpoint-file.ts';
import type { TransferPictures } from '../transfer/experiments.ts';
import type { Start } from '../transfer/start.ts';
import type { EngineArguments } from './engine-arguments.ts';
import { createFolderOf, refuseOverwriting, refuseSnapshotsOver } from './paths.ts';
import type { GivenOptions } from './settings.ts';

/** What every experiment takes, as commander collects it. */
export interface RunArguments extends GivenOptions, EngineArguments {
  readonly output?: string;
  /** Bits a sample of the result. */
  readonly bitDepth?: BitDepth;
  readonly init?: string;
  readonly seed: number;
  /** False for `--no-resize`. */
  readonly resize: boolean;
  readonly saveEvery?: number;
  readonly tile?: Tile;
  readonly trace?: string;
  /** Evaluations between measures; of `stylize` only. */
  readonly traceMeasures?: number;
  /** The file of checkpoints. */
  readonly checkpoint?: string;
  /** Evaluations between two of them. */
  readonly checkpointEvery?: number;
}

export type Picture = TransferPictures['content'];

export interface Job {
  readonly command: 'stylize' | 'reconstruct' | 'texture';
  /** The pictures it looks at. */
  readonly paths: { readonly content?: string; readonly styles: readonly string[] };
  readonly output: string;
  /** What the result is, for its file. */
  readonly title: string;
  /** Its phases at one scale; with `choice`, at those that are asked for. */
  readonly settings: Settings;
  readonly choice: PhaseChoice;
  readonly given: RunArguments;
  /** The command that makes the picture, where it is not the one that was given. */
  readonly comment?: string;
  /** What the run is taken up from, and the name of its file. */
  readonly resumed?: { readonly path: string; readonly file: CheckpointFile };
  /** Whether the result's size was given, or that nothing is resized. */
  readonly isSized: boolean;
  /**
   * Decodes the pictures. What is done with them waits until it is known what the adapter can do: it is told the longest side to use
   * where none was given.
   *
   * @throws InputError or FormatError naming the file.
   */
  readonly read: () => Promise<(longest: number) => TransferPictures>;
}

/** The start that `--init` names, or the preset. @throws InputError, FormatError. */
export async function readStart(
  given: Pick<RunArguments, 'init' | 'seed' | 'preset'>,
  names: readonly StartName[],
): Promise<Start> {
  const { init = options.init.usual(given), seed } = given;
  const name = names.find((known) => known === init);
  if (name === 'content' || name === 'matched' || name === 'style') return { kind: name };
  if (name !== undefined) return { kind: name, seed };
  const hint = didYouMean(init, names);
  const isOfOthers = startNames.some((known) => known === init);
  if ((hint !== '' || isOfOthers) && !existsSync(init)) {
    throw new InputError(`--init is '${init}'; expected ${orList(names)}, or a picture file${hint}`);
  }
  return { kind: 'picture', picture: await readImage(init) };
}

/** @throws InputError where measures have no trace to go to. */
export function refuseMeasuresWithoutTrace({ trace, traceMeasures }: RunArguments): void {
  if (traceMeasures === undefined || trace !== undefined) return;
  throw new InputError('--trace-measures adds to the trace, but there is none; add --trace FILE');
}

/** @throws InputError where checkpoints are to be made often, but nowhere. */
export function refuseEveryWithoutCheckpoint({ checkpoint, checkpointEvery }: RunArguments): void {
  if (checkpointEvery === undefined || checkpoint !== undefined) return;
  throw new InputError('--checkpoint-every says how often, but not where; add --checkpoint FILE');
}

/** @throws InputError where pictures are both to be resized and to keep their sizes. */
export function refuseSizeWithoutResize(
  given: Pick<RunArguments, 'resize' | 'scales'> & { readonly size?: unknown },
): void {
  for (const option of ['size', 'scales'] as const) {
    if (given.resize || given[option] === undefined) continue;
    throw new InputError(`--${option} and --no-resize contradict each other; give only one of them`);
  }
}

/** @throws InputError where a file of phases resizes pictures that are to keep their sizes. */
export function refuseScalesWithoutResize({ resize, phases: file }: RunArguments, { scales }: Settings): void {
  const hasScales = scales.some(({ longestSide }) => longestSide !== undefined);
  if (resize || file === undefined || !hasScales) return;
  throw new InputError(`${file} names scales, which --no-resize contradicts; take them out, or leave out --no-resize`);
}

/**
 * The last scale of a file of phases is the size of the result, unless it leaves that to the run.
 *
 * @throws InputError where another size is asked for beside it.
 */
export function refuseSizeBesideScale(
  { phases: file, size }: RunArguments & { readonly size?: number | PictureSize },
  { scales }: Settings,
): void {
  const last = scales.at(-1)?.longestSide;
  if (file === undefined || size === undefined || last === undefined) return;
  const longest = typeof size === 'number' ? size : Math.max(size.width, size.height);
  if (longest === last) return;
  throw new InputError(
    `${file} ends at scale ${last}, but --size is ${longest}; leave out the scale of the last phases, or --size`,
  );
}

/** @throws InputError where the style picture is both to be fitted and to keep its size. */
export function refuseFitWithoutResize(given: RunArguments): void {
  if (!given.resize && (given.styleFit ?? given.styleScale ?? given.enlargeStyle) !== undefined) {
    throw new InputError(
      '--no-resize keeps the size of the style picture; leave out --style-fit, --style-scale, --enlarge-style',
    );
  }
}

/**
 * Checks everything that could keep results from being written, before any work is spent on them.
 *
 * @throws InputError
 */
export async function checkOutputs({ paths, output, given }: Job): Promise<void> {
  const { trace, init, weights, phases, saveEvery, bitDepth, checkpoint } = given;
  const inputs = [paths.content, ...paths.styles, init, weights, phases].filter((path) => path !== undefined);
  const checkpoints = checkpoint === undefined ? [] : [checkpoint, previousPath(checkpoint)];
  await refuseOverwriting([output, ...(trace === undefined ? [] : [trace]), ...checkpoints], inputs);
  if (saveEvery !== undefined) await refuseSnapshotsOver(output, inputs);
  if (given.output === undefined) await createFolderOf(output);
  await checkImageWritable(output, { bitDepth });
  for (const path of [trace, checkpoint]) if (path !== undefined) await checkWritable(path);
}
