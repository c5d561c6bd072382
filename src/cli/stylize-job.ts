/** What a `stylize` command is to do: a photograph repainted in the manner of a painting, or the demo. */

import { basename } from 'node:path';
import { InputError } from '../core/errors.ts';
import type { StylePicture } from '../objective/style-mix.ts';
import { readImage } from '../platform/node/image-files.ts';
import { startNames } from '../settings/starts.ts';
import {
  type Job,
  type RunArguments,
  readStart,
  refuseEveryWithoutCheckpoint,
  refuseFitWithoutResize,
  refuseMeasuresWithoutTrace,
  refuseScalesWithoutResize,
  refuseSizeBesideScale,
  refuseSizeWithoutResize,
} from './job.ts';
import { defaultFolder, defaultOutput, examplePath } from './paths.ts';
import { readPhaseChoice, settingsOf } from './settings.ts';

/** As commander collects them. */
export interface StylizeArguments extends RunArguments {
  readonly size?: number;
}

const demo = {
  content: 'chelsea.png',
  style: 'great_wave.jpg',
  output: `${defaultFolder}/cat-great-wave.png`,
} as const;

/** @throws InputError where the arguments contradict each other or make no sense. */
export function stylizeJob(content: string | undefined, styles: readonly string[], given: StylizeArguments): Job {
  const { resize, size, styleWeights } = given;
  refuseSizeWithoutResize(given);
  refuseEveryWithoutCheckpoint(given);
  refuseFitWithoutResize(given);
  refuseMeasuresWithoutTrace(given);
  const { paths, output } = choosePictures(content, styles, given);
  refuseUnevenWeights(paths.styles, styleWeights);
  const choice = readPhaseChoice(given);
  const settings = settingsOf(given, choice);
  refuseScalesWithoutResize(given, settings);
  refuseSizeBesideScale(given, settings);
  return {
    command: 'stylize',
    paths,
    output,
    title: `${basename(paths.content)} in the style of ${paths.styles.map((path) => basename(path)).join(' and ')}`,
    settings,
    choice,
    given,
    isSized: !resize || size !== undefined,
    read: async () => {
      const pictures = { content: await readImage(paths.content), style: await readStyles(paths.styles, styleWeights) };
      const start = await readStart(given, startNames);
      return (longest) => ({ ...pictures, start, size: resize ? (size ?? longest) : undefined });
    },
  };
}

async function readStyles(
  paths: readonly string[],
  weights: readonly number[] | undefined,
): Promise<readonly StylePicture[]> {
  const styles: StylePicture[] = [];
  for (const [index, path] of paths.entries()) {
    styles.push({ picture: await readImage(path), weight: weights?.[index] ?? 1 });
  }
  return styles;
}

function refuseUnevenWeights(paths: readonly string[], weights: readonly number[] | undefined): void {
  if (weights === undefined || weights.length === paths.length) return;
  throw new InputError(
    `--style-weights has ${countOf(weights.length, 'number')} for ${countOf(paths.length, 'style picture')}; ` +
      'expected one for each',
  );
}

function choosePictures(content: string | undefined, styles: readonly string[], given: StylizeArguments) {
  if (content === undefined) {
    const paths = { content: examplePath(demo.content), styles: [examplePath(demo.style)] };
    return { paths, output: given.output ?? demo.output };
  }
  if (styles.length === 0) {
    throw new InputError(
      `only one picture was given, ${content}; name the content and then the style picture, or neither for the demo`,
    );
  }
  return { paths: { content, styles }, output: given.output ?? defaultOutput(content, styles) };
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
