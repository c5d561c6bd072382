/** What a `stylize` command is to do: which pictures, where they are read and written, and that all of it is possible. */

import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../core/errors.ts';
import { checkWritable } from '../platform/node/atomic-file.ts';
import { checkImageWritable, readImage } from '../platform/node/image-files.ts';
import type { Settings } from '../transfer/presets.ts';
import type { Start } from '../transfer/start.ts';
import type { PreparedPictures } from '../transfer/stylize.ts';
import type { EngineArguments } from './engine-arguments.ts';
import { didYouMean } from './nearest.ts';
import { createFolderOf, defaultFolder, defaultOutput, refuseOverwriting, refuseSnapshotsOver } from './paths.ts';
import { type ObjectiveArguments, type OptimizerArguments, type StyleFitArguments, settingsOf } from './settings.ts';
import { type StartArguments, startNames } from './start-arguments.ts';
import { orList } from './values.ts';

/** As commander collects them. */
export interface StylizeArguments
  extends ObjectiveArguments,
    OptimizerArguments,
    StyleFitArguments,
    StartArguments,
    EngineArguments {
  readonly output?: string;
  readonly size?: number;
  /** False for `--no-resize`. */
  readonly resize: boolean;
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
  readonly stylePath: string;
  readonly output: string;
  readonly settings: Settings;
  readonly given: StylizeArguments;
}

/** @throws InputError where the arguments contradict each other or make no sense. */
export function planJob(content: string | undefined, style: string | undefined, given: StylizeArguments): Job {
  if (!given.resize && given.size !== undefined) {
    throw new InputError('--size and --no-resize contradict each other; give only one of them');
  }
  if (!given.resize && (given.styleFit ?? given.styleScale ?? given.enlargeStyle) !== undefined) {
    throw new InputError(
      '--no-resize keeps the size of the style picture; leave out --style-fit, --style-scale, --enlarge-style',
    );
  }
  return { ...choosePictures(content, style, given), settings: settingsOf(given), given };
}

function choosePictures(
  content: string | undefined,
  style: string | undefined,
  given: StylizeArguments,
): Pick<Job, 'contentPath' | 'stylePath' | 'output'> {
  if (content === undefined) {
    const [contentPath, stylePath] = [examplePath(demo.content), examplePath(demo.style)];
    return { contentPath, stylePath, output: given.output ?? demo.output };
  }
  if (style === undefined) {
    throw new InputError(
      `only one picture was given, ${content}; name the content and then the style picture, or neither for the demo`,
    );
  }
  return { contentPath: content, stylePath: style, output: given.output ?? defaultOutput(content, style) };
}

function examplePath(name: string): string {
  const path = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}

/** Decodes the pictures. @throws InputError or FormatError naming the file. */
export async function readPictures(job: Job): Promise<{ content: Picture; style: Picture; start: Start }> {
  const content = await readImage(job.contentPath);
  const style = await readImage(job.stylePath);
  return { content, style, start: await readStart(job.given) };
}

async function readStart({ init, seed }: StylizeArguments): Promise<Start> {
  const name = startNames.find((known) => known === init);
  if (name === 'content' || name === 'style') return { kind: name };
  if (name !== undefined) return { kind: name, seed };
  const hint = didYouMean(init, startNames);
  if (hint !== '' && !existsSync(init)) {
    throw new InputError(`--init is '${init}'; expected ${orList(startNames)}, or a picture file${hint}`);
  }
  return { kind: 'picture', picture: await readImage(init) };
}

/**
 * Checks everything that could keep results from being written, before any work is spent on them.
 *
 * @throws InputError
 */
export async function checkOutputs({ contentPath, stylePath, output, given }: Job): Promise<void> {
  const { trace, init, weights } = given;
  const inputs = [contentPath, stylePath, init, ...(weights === undefined ? [] : [weights])];
  await refuseOverwriting([output, ...(trace === undefined ? [] : [trace])], inputs);
  if (given.saveEvery !== undefined) await refuseSnapshotsOver(output, inputs);
  if (given.output === undefined) await createFolderOf(output);
  await checkImageWritable(output);
  if (trace !== undefined) await checkWritable(trace);
}
