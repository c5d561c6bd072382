/** The arguments of `plan`, apart from its work. Parses; does not work. */

import type { Command } from 'commander';
import { addEngineOptions } from './engine-arguments.ts';
import { addOptions, groups, groupTitles } from './options.ts';
import type { StylizeArguments } from './stylize-job.ts';
import { addTileOption } from './tile-argument.ts';

/** As commander collects them: what `stylize` takes, and where the figures go. */
export interface PlanArguments extends StylizeArguments {
  readonly json?: string;
}

/** What the command does, once its arguments are parsed. */
export interface PlanHandlers {
  plan(content: string | undefined, styles: readonly string[], given: PlanArguments): Promise<void>;
}

/** Adds the command. */
export function addPlan(program: Command, handlers: PlanHandlers): void {
  const command = program
    .command('plan')
    .description(
      'what stylize would take with the same arguments: device memory by part, time, and what is done to fit',
    )
    .argument('[content]', 'picture that gives the scene')
    .argument('[style...]', 'picture that gives the manner; several are mixed')
    .option('--json <file>', 'the figures with all their digits, as JSON');
  for (const group of groups) addOptions(command.optionsGroup(groupTitles[group]), 'stylize', group);
  addTileOption(addEngineOptions(command))
    .addHelpText(
      'after',
      '\nNothing is painted. IMPASTO_DEVICE_MEMORY_MIB says how much device memory a run may plan to take',
    )
    .addHelpText('after', '(default: 4096; on the CPU three quarters of what is free).')
    .addHelpText('after', '\nExample:\n  impasto plan photo.jpg painting.jpg --size 1500')
    .action((content: string | undefined, styles: readonly string[]) =>
      handlers.plan(content, styles, command.opts<PlanArguments>()),
    );
}
