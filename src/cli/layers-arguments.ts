/** The arguments of `layers`, apart from its work. Parses; does not work. */

import type { Command } from 'commander';
import { parseNumber } from '../core/numbers.ts';
import { type NetworkName, networkNames } from '../models/networks.ts';
import { checkChoice, orList } from '../settings/names.ts';
import { sideRange } from '../settings/sizes.ts';

/** As commander collects them. */
export interface LayersArguments {
  readonly network: NetworkName;
  readonly size: number;
  readonly json?: true;
}

/** What the command does, once its arguments are parsed. */
export interface LayersHandlers {
  layers(given: LayersArguments): Promise<void>;
}

/** Adds the command. */
export function addLayers(program: Command, handlers: LayersHandlers): void {
  const command = program
    .command('layers')
    .description('the layers of a network that losses may look at: their maps, and how far they see')
    .option(
      '--network <name>',
      orList(networkNames),
      (text: string) => checkChoice('--network', text, networkNames),
      'vgg16' as const,
    )
    .option(
      '--size <pixels>',
      'side of a square picture, for the sizes of the maps',
      (text: string) => parseNumber('--size', text, sideRange),
      256,
    )
    .option('--json', 'as JSON')
    .addHelpText('after', '\nThe names are those of --content-layers and --style-layers.')
    .addHelpText('after', '\nExample:\n  impasto layers --network inception_v3 --size 512')
    .action(() => handlers.layers(command.opts<LayersArguments>()));
}
