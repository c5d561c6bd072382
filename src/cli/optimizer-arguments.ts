/** The options that say how a picture is optimised: one optimiser, a schedule, scales, or a file of phases. */

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { InputError, messageOf } from '../core/errors.ts';
import { parseNumber } from '../core/numbers.ts';
import { fileProblem } from '../platform/node/file-problem.ts';
import { optimizerNames, usualRate } from '../settings/optimizers.ts';
import { keptRange, parsePhases, rateRange, stepRange } from '../settings/parse-phases.ts';
import type { ListedPhase } from '../settings/phase.ts';
import { type PhaseChoice, refuseSaidTwice } from '../settings/phase-choice.ts';
import { type LbfgsSettings, presetNames } from '../settings/presets.ts';
import { recipeNames } from '../settings/recipes.ts';
import { checkChoice, orList } from '../settings/values.ts';

const lineSearches: readonly LbfgsSettings['lineSearch'][] = ['none', 'strong-wolfe'];

/** As commander collects them. */
export interface OptimizerArguments extends Omit<PhaseChoice, 'phases'>, Partial<LbfgsSettings> {
  /** A file. */
  readonly phases?: string;
}

/** Adds the options of {@link OptimizerArguments}. */
export function addOptimizerOptions(command: Command): Command {
  command.optionsGroup('How it is optimised (each defaults to the preset):');
  return addPhaseOptions(command)
    .option('--history <n>', 'curvature pairs that lbfgs keeps, 1 to 512', (text: string) =>
      parseNumber('--history', text, { from: 1, to: 512, whole: true }),
    )
    .option('--line-search <name>', `of lbfgs: ${orList(lineSearches)}`, (text: string) =>
      checkChoice('--line-search', text, lineSearches),
    );
}

/** Adds the options that say what the phases are. */
function addPhaseOptions(command: Command): Command {
  return addStepOptions(command)
    .option('--schedule <name>', `how the rate changes: ${orList(recipeNames)} (default: constant)`, (text: string) =>
      checkChoice('--schedule', text, recipeNames),
    )
    .option('--phases <file>', 'a list of phases, as JSON, in place of all these', String);
}

/** Adds the options that any schedule by its name takes. */
export function addStepOptions(command: Command): Command {
  const rate = (optimizer: (typeof optimizerNames)[number]) => `${optimizer} ${usualRate(optimizer, 'default')}`;
  return addOptimizerChoice(command)
    .option(
      '--learning-rate <x>',
      `step length, at its highest (default: ${(['lbfgs', 'adam', 'rmsprop'] as const).map(rate).join(', ')}, sgd by the preset)`,
      (text: string) => parseNumber('--learning-rate', text, rateRange),
    )
    .option('--scales <n>', 'sizes, each √2 larger, up to the last; the schedule runs at each (default: 1)', (text) =>
      parseNumber('--scales', text, { from: 1, to: 20, whole: true }),
    );
}

/** Adds the options that the finder takes too. */
export function addOptimizerChoice(command: Command): Command {
  return command
    .option('--iterations <n>', 'evaluations of loss and gradient to spend', (text: string) =>
      parseNumber('--iterations', text, stepRange),
    )
    .option('--optimizer <name>', orList(optimizerNames), (text: string) =>
      checkChoice('--optimizer', text, optimizerNames),
    )
    .option('--momentum <x>', 'of sgd (default: 0.9) and rmsprop (0), β₁ of adam (0.9)', (text: string) =>
      parseNumber('--momentum', text, keptRange),
    );
}

/**
 * What the options say of the phases; a file of them is read.
 *
 * @throws InputError where options contradict each other, or for a file that holds no valid phases.
 */
export function readPhaseChoice({ phases: file, ...words }: OptimizerArguments): PhaseChoice {
  if (file === undefined) return words;
  refuseSaidTwice(words, optionOf);
  return { phases: readPhases(file) };
}

/** `--learning-rate` for `learningRate`. */
function optionOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** @throws InputError naming the file, where it cannot be read or holds no valid phases. */
function readPhases(path: string): readonly ListedPhase[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(`${path}: expected a file of phases, but ${fileProblem(error)}`, { cause: error });
  }
  let value: unknown;
  try {
    // Some editors begin a file with a byte order mark, which JSON does not know.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new InputError(`${path}: expected a list of phases as JSON, but ${messageOf(error)}`, { cause: error });
  }
  try {
    return parsePhases(value);
  } catch (error) {
    throw new InputError(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** The option that names the preset. */
export function addPresetOption(command: Command): Command {
  return command.option(
    '--preset <name>',
    `settings to start from: ${orList(presetNames)}`,
    (text: string) => checkChoice('--preset', text, presetNames),
    'default',
  );
}
