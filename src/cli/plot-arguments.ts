/** The arguments of `schedule` and `find-rate`, apart from their work. Parses; does not work. */

import type { Command } from 'commander';
import { parseNumber } from '../core/numbers.ts';
import { rateFinderDefaults, recipeNames } from '../settings/recipes.ts';
import { describeUsualSize, sideRange } from '../settings/sizes.ts';
import { orList } from '../settings/values.ts';
import { addEngineOptions, type EngineArguments } from './engine-arguments.ts';
import { addOptimizerChoice, addPresetOption, addStepOptions, type OptimizerArguments } from './optimizer-arguments.ts';
import {
  addObjectiveOptions,
  addStyleFitOptions,
  type ObjectiveArguments,
  type StyleFitArguments,
} from './settings.ts';
import { addStartOptions, type StartArguments, startNames } from './start-arguments.ts';

/** Schedules that `schedule` knows: those that `stylize` has, and the finder's. */
export const scheduleNames = [...recipeNames, 'rate-finder'] as const;

/** What the finder is run with where nothing else is said. */
export const finderSteps = 100;
export const finderOptimizer = 'adam';

/** As commander collects them. */
export interface ScheduleArguments extends Omit<OptimizerArguments, 'schedule'>, Pick<ObjectiveArguments, 'preset'> {
  readonly output?: string;
  readonly size: number;
  readonly log?: true;
}

/** As commander collects them. */
export interface FindRateArguments
  extends ObjectiveArguments,
    StyleFitArguments,
    StartArguments,
    EngineArguments,
    Pick<OptimizerArguments, 'iterations' | 'optimizer' | 'momentum'> {
  readonly output?: string;
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
  addPresetOption(addStepOptions(command.optionsGroup('Of a schedule by its name:')))
    .option(
      '--size <pixels>',
      'longest side that the last scale has',
      (text: string) => parseNumber('--size', text, sideRange),
      512,
    )
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
    .option('-o, --output <file>', 'plot: .svg or .png; values: .csv (default: out/CONTENT-STYLE-rates.svg)')
    .option('--size <pixels>', `longest side, never enlarged (default: ${describeUsualSize('run')})`, (text: string) =>
      parseNumber('--size', text, sideRange),
    );
  addStyleFitOptions(command);
  addStartOptions(command, startNames);
  addObjectiveOptions(command, ['content', 'style']);
  addOptimizerChoice(command.optionsGroup(`Rates (default: ${finderSteps} iterations of ${finderOptimizer}):`))
    .option('--from <x>', 'first rate', rate('--from'), from)
    .option('--to <x>', 'last rate', rate('--to'), to);
  addEngineOptions(command)
    .addHelpText('after', '\nExample:\n  impasto find-rate cat.jpg wave.jpg --optimizer sgd --from 1e-4 -o rates.png')
    .action((content: string, style: string) => handlers.findRate(content, style, command.opts<FindRateArguments>()));
}
