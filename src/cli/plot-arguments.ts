/** The arguments of `schedule` and `find-rate`, apart from their work. Parses; does not work. */

import type { Command } from 'commander';
import { parseNumber } from '../core/numbers.ts';
import { orList } from '../settings/names.ts';
import { rateFinderDefaults, recipeNames } from '../settings/recipes.ts';
import { addEngineOptions, type EngineArguments } from './engine-arguments.ts';
import { addOptions, groups, groupTitles } from './options.ts';
import type { GivenOptions } from './settings.ts';

/** Schedules that `schedule` knows: those that `stylize` has, and the finder's. */
export const scheduleNames = [...recipeNames, 'rate-finder'] as const;

/** What the finder is run with where nothing else is said. */
export const finderSteps = 100;
export const finderOptimizer = 'adam';

/** As commander collects them. */
export interface ScheduleArguments extends GivenOptions {
  readonly output?: string;
  readonly size: number;
  readonly log?: true;
}

/** As commander collects them. */
export interface FindRateArguments extends GivenOptions, EngineArguments {
  readonly output?: string;
  readonly init?: string;
  readonly seed: number;
  readonly size?: number;
  readonly from: number;
  readonly to: number;
}

/** What the commands do, once their arguments are parsed. */
export interface PlotHandlers {
  schedule(name: string | undefined, given: ScheduleArguments): Promise<void>;
  findRate(content: string, style: string, given: FindRateArguments): Promise<void>;
}

/** Adds the two commands. */
export function addPlotCommands(program: Command, handlers: PlotHandlers): void {
  addSchedule(program, handlers);
  addFindRate(program, handlers);
}

function addSchedule(program: Command, handlers: PlotHandlers): void {
  const command = program
    .command('schedule')
    .description('rate and momentum of every step of a schedule, as a plot, as CSV, or as phases to edit')
    .argument('[name]', orList(scheduleNames))
    .option('-o, --output <file>', 'plot: .svg or .png; values: .csv; phases: .json (default: CSV on standard output)')
    .option('--log', 'rates on a logarithmic axis')
    .option('--phases <file>', 'a list of phases, as JSON, in place of a name');
  command.optionsGroup('Of a schedule by its name:');
  for (const group of groups) addOptions(command, 'schedule', group);
  command
    .addHelpText(
      'after',
      [
        '\nA file of phases is a list. Every phase has steps, an optimizer and a learningRate; it may have momentum (β₁ of adam),',
        'beta2 (α of rmsprop), nesterov, weightDecay, and a scale (longest side in pixels). Rate and momentum are numbers, or',
        '{ "start": 0.02, "end": 0.001, "decay": "cosine" } with none, linear, cosine, exponential or polynomial (and its power).',
      ].join('\n'),
    )
    .addHelpText('after', '\nExamples:\n  impasto schedule one-cycle --optimizer adam -o one-cycle.svg')
    .addHelpText('after', '  impasto schedule sgdr -o sgdr.json; impasto stylize a.jpg b.jpg --phases sgdr.json')
    .action((name: string | undefined) => handlers.schedule(name, command.opts<ScheduleArguments>()));
}

function addFindRate(program: Command, handlers: PlotHandlers): void {
  const { from, to } = rateFinderDefaults;
  const rate = (option: string) => (text: string) => parseNumber(option, text, { above: 0 });
  const command = program
    .command('find-rate')
    .description('the loss of stylize against a learning rate that grows at each step until the loss bursts')
    .argument('<content>', 'picture that gives the scene')
    .argument('<style>', 'picture that gives the manner')
    .optionsGroup('Pictures:')
    .option('-o, --output <file>', 'plot: .svg or .png; values: .csv (default: out/CONTENT-STYLE-rates.svg)');
  addOptions(command, 'find-rate', 'pictures');
  addOptions(command.optionsGroup(groupTitles.what), 'find-rate', 'what');
  addOptions(
    command.optionsGroup(`Rates (default: ${finderSteps} iterations of ${finderOptimizer}):`),
    'find-rate',
    'how',
  )
    .option('--from <x>', 'first rate', rate('--from'), from)
    .option('--to <x>', 'last rate', rate('--to'), to);
  addEngineOptions(command)
    .addHelpText('after', '\nExample:\n  impasto find-rate cat.jpg wave.jpg --optimizer sgd --from 1e-4 -o rates.png')
    .action((content: string, style: string) => handlers.findRate(content, style, command.opts<FindRateArguments>()));
}
