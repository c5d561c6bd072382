/** `--tile`: whether a picture goes through the network in windows. */

import type { Command } from 'commander';
import { InputError } from '../core/errors.ts';
import { describeRange, parseNumber } from '../core/numbers.ts';
import type { Tile } from '../objective/tiled-plan.ts';
import { sideRange } from '../settings/sizes.ts';

/** Adds the option, under the heading that is open. */
export function addTileOption(command: Command): Command {
  return command.option(
    '--tile <size>',
    'large pictures go through the network in windows, with the same result: auto where they must, none, or in steps of at most so many pixels (default: auto)',
    parseTile,
  );
}

function parseTile(text: string): Tile {
  if (text === 'auto' || text === 'none') return text;
  try {
    return parseNumber('--tile', text, sideRange);
  } catch {
    throw new InputError(`--tile is '${text}'; expected auto, none or ${describeRange(sideRange)}`);
  }
}
