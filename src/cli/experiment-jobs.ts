/** What `reconstruct` and `texture` are to do: transfers from which one of the two losses is absent. */

import { basename } from 'node:path';
import { InputError } from '../core/errors.ts';
import { readImage } from '../platform/node/image-files.ts';
import { choosePhases, type PhaseChoice } from '../settings/phase-choice.ts';
import type { PictureSize } from '../settings/sizes.ts';
import { reconstructStarts, textureStarts } from '../settings/starts.ts';
import { contentOnly, reconstructionPictures, styleOnly, texturePictures } from '../transfer/experiments.ts';
import {
  type Job,
  type RunArguments,
  readStart,
  refuseEveryWithoutCheckpoint,
  refuseFitWithoutResize,
  refuseScalesWithoutResize,
  refuseSizeBesideScale,
  refuseSizeWithoutResize,
} from './job.ts';
import { defaultOutput } from './paths.ts';
import { readPhaseChoice, settingsOf } from './settings.ts';

/** As commander collects them. */
export interface ReconstructArguments extends RunArguments {
  readonly size?: number;
}

/** As commander collects them. */
export interface TextureArguments extends RunArguments {
  /** The longest side, or both. */
  readonly size?: number | PictureSize;
}

/** @throws InputError where the arguments contradict each other or make no sense. */
export function reconstructJob(content: string, given: ReconstructArguments): Job {
  const { resize, size } = given;
  refuseSizeWithoutResize(given);
  refuseEveryWithoutCheckpoint(given);
  // What layers keep, they keep at one size.
  const choice = readPhaseChoice(given, 1);
  const settings = contentOnly(settingsOf(withSafeSteps(given, choice), choice));
  refuseScalesWithoutResize(given, settings);
  refuseSizeBesideScale(given, settings);
  const layers = requireLayers('content', settings.objective.contentLayers);
  return {
    command: 'reconstruct',
    paths: { content, styles: [] },
    output: given.output ?? defaultOutput(content, ['reconstruction']),
    title: `${basename(content)} reconstructed from ${layers}`,
    settings,
    choice,
    given,
    isSized: !resize || size !== undefined,
    read: async () => {
      const picture = await readImage(content);
      const start = await readStart(given, reconstructStarts);
      return (longest) =>
        reconstructionPictures({ content: picture, start, size: resize ? (size ?? longest) : undefined });
    },
  };
}

/** @throws InputError where the arguments contradict each other or make no sense. */
export function textureJob(style: string, given: TextureArguments): Job {
  const { resize, size } = given;
  refuseSizeWithoutResize(given);
  refuseEveryWithoutCheckpoint(given);
  refuseFitWithoutResize(given);
  const choice = readPhaseChoice(given);
  const settings = styleOnly(settingsOf(withSafeSteps(given, choice), choice));
  refuseScalesWithoutResize(given, settings);
  refuseSizeBesideScale(given, settings);
  const layers = requireLayers('style', settings.objective.styleLayers);
  return {
    command: 'texture',
    paths: { styles: [style] },
    output: given.output ?? defaultOutput(style, ['texture']),
    title: `texture of ${basename(style)} from ${layers}`,
    settings,
    choice,
    given,
    isSized: !resize || size !== undefined,
    read: async () => {
      const picture = await readImage(style);
      const start = await readStart(given, textureStarts);
      return (longest) => texturePictures({ style: picture, start, size: resize ? (size ?? longest) : undefined });
    },
  };
}

/**
 * Where nothing else is said, L-BFGS searches along its direction: from noise, one loss alone, a fixed step may leap out of reach
 * (seen: the lecture's five style layers, from 1e9 to 2e31 within three evaluations).
 */
function withSafeSteps<Given extends RunArguments>(given: Given, choice: PhaseChoice): Given {
  const { phases } = choosePhases(choice, given.preset);
  const hasLbfgs = phases.some(({ optimizer }) => optimizer === 'lbfgs');
  return hasLbfgs ? { lineSearch: 'strong-wolfe', ...given } : given;
}

/** The layers' names. @throws InputError where none has a weight. */
function requireLayers(kind: 'content' | 'style', layers: readonly { readonly name: string }[]): string {
  if (layers.length > 0) return layers.map(({ name }) => name).join(', ');
  throw new InputError(`no ${kind} layer is left to compare pictures at; name at least one with --${kind}-layers`);
}
