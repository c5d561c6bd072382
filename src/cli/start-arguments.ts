/** The options that say which picture a run starts from. */

import type { Command } from 'commander';
import { parseNumber } from '../core/numbers.ts';
import { orList } from '../settings/values.ts';
import { noiseKinds } from '../transfer/start.ts';

/** As commander collects them. */
export interface StartArguments {
  /** One of the names, or a file. */
  readonly init: string;
  readonly seed: number;
}

/** Names that `--init` knows; anything else is a file. */
export const startNames = ['content', 'style', ...noiseKinds] as const;
export type StartName = (typeof startNames)[number];

/** Of a reconstruction, which has no style picture. */
export const reconstructStarts: readonly StartName[] = [
  'lecture-noise',
  ...startNames.filter((name) => !['lecture-noise', 'style', 'style-colours'].includes(name)),
];

/** Of a texture, which has no content picture. */
export const textureStarts: readonly StartName[] = [
  'lecture-noise',
  ...startNames.filter((name) => !['lecture-noise', 'content'].includes(name)),
];

/** Adds the options of {@link StartArguments}. @param names Those of {@link startNames} that make sense, the default first. */
export function addStartOptions(command: Command, names: readonly StartName[]): Command {
  return command
    .option('--init <start>', `picture to start from: ${orList(names)}, or a file`, names[0])
    .option(
      '--seed <n>',
      'of the noise, 0 to 4294967295',
      (text: string) => parseNumber('--seed', text, { from: 0, to: 2 ** 32 - 1, whole: true }),
      0,
    );
}
