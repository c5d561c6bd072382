/** What a `stylize` command is to do: a photograph repainted in the manner of a painting, or the demo. */

import { basename, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../core/errors.ts';
import { readImage } from '../platform/node/image-files.ts';
import { type Job, type RunArguments, readStart, refuseFitWithoutResize, refuseSizeWithoutResize } from './job.ts';
import { defaultFolder, defaultOutput } from './paths.ts';
import { type StyleFitArguments, settingsOf } from './settings.ts';
import { startNames } from './start-arguments.ts';

/** As commander collects them. */
export interface StylizeArguments extends RunArguments, StyleFitArguments {
  readonly size?: number;
}

const demo = {
  content: 'chelsea.png',
  style: 'great_wave.jpg',
  output: `${defaultFolder}/cat-great-wave.png`,
} as const;

/** @throws InputError where the arguments contradict each other or make no sense. */
export function planStylizeJob(content: string | undefined, style: string | undefined, given: StylizeArguments): Job {
  const { resize, size } = given;
  refuseSizeWithoutResize(given);
  refuseFitWithoutResize(given);
  const { paths, output } = choosePictures(content, style, given);
  return {
    paths,
    output,
    title: `${basename(paths.content)} in the style of ${basename(paths.style)}`,
    settings: settingsOf(given),
    given,
    isSized: !resize || size !== undefined,
    read: async () => {
      const pictures = { content: await readImage(paths.content), style: await readImage(paths.style) };
      const start = await readStart(given, startNames);
      return (longest) => ({ ...pictures, start, size: resize ? (size ?? longest) : undefined });
    },
  };
}

function choosePictures(content: string | undefined, style: string | undefined, given: StylizeArguments) {
  if (content === undefined) {
    const paths = { content: examplePath(demo.content), style: examplePath(demo.style) };
    return { paths, output: given.output ?? demo.output };
  }
  if (style === undefined) {
    throw new InputError(
      `only one picture was given, ${content}; name the content and then the style picture, or neither for the demo`,
    );
  }
  return { paths: { content, style }, output: given.output ?? defaultOutput(content, style) };
}

function examplePath(name: string): string {
  const path = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}
