/** What a `stylize` command is to do: which pictures, where they are read and written, and that all of it is possible. */

import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../core/errors.ts';
import { checkWritable } from '../platform/node/atomic-file.ts';
import { checkImageWritable, readImage } from '../platform/node/image-files.ts';
import type { Settings } from '../transfer/presets.ts';
import type { StylePicture } from '../transfer/style-mix.ts';
import type { PreparedPictures, Start } from '../transfer/stylize.ts';
import type { EngineArguments } from './engine-arguments.ts';
import { didYouMean } from './nearest.ts';
import { createFolderOf, defaultFolder, defaultOutput, refuseOverwriting, refuseSnapshotsOver } from './paths.ts';
import { type ObjectiveArguments, type OptimizerArguments, settingsOf } from './settings.ts';

/** As commander collects them. */
export interface StylizeArguments extends ObjectiveArguments, OptimizerArguments, EngineArguments {
  readonly output?: string;
  /** Shares of the style pictures, in their order. */
  readonly styleWeights?: readonly number[];
  readonly size?: number;
  /** False for `--no-resize`. */
  readonly resize: boolean;
  readonly init: string;
  readonly seed: number;
  readonly saveEvery?: number;
  readonly trace?: string;
}

const demo = {
  content: 'chelsea.png',
  style: 'great_wave.jpg',
  output: `${defaultFolder}/cat-great-wave.png`,
} as const;

export type Picture = PreparedPictures['content'];

/** Where a job's pictures come from and go to. */
export interface Job {
  readonly contentPath: string;
  /** One or more. */
  readonly stylePaths: readonly string[];
  readonly output: string;
  readonly settings: Settings;
  readonly given: StylizeArguments;
}

/** @throws InputError where the arguments contradict each other or make no sense. */
export function planJob(content: string | undefined, styles: readonly string[], given: StylizeArguments): Job {
  if (!given.resize && given.size !== undefined) {
    throw new InputError('--size and --no-resize contradict each other; give only one of them');
  }
  const pictures = choosePictures(content, styles, given);
  const weights = given.styleWeights?.length ?? pictures.stylePaths.length;
  if (weights !== pictures.stylePaths.length) {
    throw new InputError(
      `--style-weights has ${countOf(weights, 'number')} for ${countOf(pictures.stylePaths.length, 'style picture')}; ` +
        'expected one for each',
    );
  }
  return { ...pictures, settings: settingsOf(given), given };
}

function choosePictures(
  content: string | undefined,
  styles: readonly string[],
  given: StylizeArguments,
): Pick<Job, 'contentPath' | 'stylePaths' | 'output'> {
  if (content === undefined) {
    const [contentPath, stylePath] = [examplePath(demo.content), examplePath(demo.style)];
    return { contentPath, stylePaths: [stylePath], output: given.output ?? demo.output };
  }
  if (styles.length === 0) {
    throw new InputError(
      `only one picture was given, ${content}; name the content and then the style picture, or neither for the demo`,
    );
  }
  return { contentPath: content, stylePaths: styles, output: given.output ?? defaultOutput(content, styles) };
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function examplePath(name: string): string {
  const path = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}

/** What a job's files hold. */
export interface JobPictures {
  readonly content: Picture;
  readonly style: readonly StylePicture[];
  readonly start: Start;
}

/** Decodes the pictures. @throws InputError or FormatError naming the file. */
export async function readPictures(job: Job): Promise<JobPictures> {
  const content = await readImage(job.contentPath);
  const style: StylePicture[] = [];
  for (const [index, path] of job.stylePaths.entries()) {
    style.push({ picture: await readImage(path), weight: job.given.styleWeights?.[index] ?? 1 });
  }
  return { content, style, start: await readStart(job.given) };
}

async function readStart({ init, seed }: StylizeArguments): Promise<Start> {
  if (init === 'content') return { kind: 'content' };
  if (init === 'noise') return { kind: 'noise', seed };
  const hint = didYouMean(init, ['content', 'noise']);
  if (hint !== '' && !existsSync(init)) {
    throw new InputError(`--init is '${init}'; expected content, noise or a picture file${hint}`);
  }
  return { kind: 'picture', picture: await readImage(init) };
}

/**
 * Checks everything that could keep results from being written, before any work is spent on them.
 *
 * @throws InputError
 */
export async function checkOutputs({ contentPath, stylePaths, output, given }: Job): Promise<void> {
  const { trace, init, weights } = given;
  const inputs = [contentPath, ...stylePaths, init, ...(weights === undefined ? [] : [weights])];
  await refuseOverwriting([output, ...(trace === undefined ? [] : [trace])], inputs);
  if (given.saveEvery !== undefined) await refuseSnapshotsOver(output, inputs);
  if (given.output === undefined) await createFolderOf(output);
  await checkImageWritable(output);
  if (trace !== undefined) await checkWritable(trace);
}
