/** The options that say how a picture is optimised: one optimiser, a schedule, scales, or a file of phases. */

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { InputError, messageOf } from '../core/errors.ts';
import { parsePhases } from '../optimizers/parse-phases.ts';
import { optimizerNames, type Phase } from '../optimizers/phase.ts';
import { recipeNames } from '../optimizers/recipes.ts';
import { fileProblem } from '../platform/node/file-problem.ts';
import { type PhaseChoice, phasesOfChoice } from '../settings/phase-choice.ts';
import { type PresetName, presetNames, type Settings, usualLearningRate, usualMomentum } from '../settings/presets.ts';
import { orList, parseChoice, parseNumber } from './values.ts';

const lineSearches: readonly Settings['lineSearch'][] = ['none', 'strong-wolfe'];

/** As commander collects them. */
export interface OptimizerArguments extends PhaseChoice {
  /** A file. */
  readonly phases?: string;
  readonly history?: number;
  readonly lineSearch?: Settings['lineSearch'];
}

/** What a file of phases says itself. */
const saidByPhases = ['iterations', 'optimizer', 'learningRate', 'momentum', 'schedule', 'scales'] as const;

/** Adds the options of {@link OptimizerArguments}. */
export function addOptimizerOptions(command: Command): Command {
  command.optionsGroup('How it is optimised (each defaults to the preset):');
  return addPhaseOptions(command)
    .option('--history <n>', 'curvature pairs that lbfgs keeps, 1 to 512', (text: string) =>
      parseNumber('--history', text, { from: 1, to: 512, whole: true }),
    )
    .option('--line-search <name>', `of lbfgs: ${orList(lineSearches)}`, (text: string) =>
      parseChoice('--line-search', text, lineSearches),
    );
}

/** Adds the options that say what the phases are. */
function addPhaseOptions(command: Command): Command {
  return addStepOptions(command)
    .option('--schedule <name>', `how the rate changes: ${orList(recipeNames)} (default: constant)`, (text: string) =>
      parseChoice('--schedule', text, recipeNames),
    )
    .option('--phases <file>', 'a list of phases, as JSON, in place of all these', String);
}

/** Adds the options that any schedule by its name takes. */
export function addStepOptions(command: Command): Command {
  const { lbfgs, adam, rmsprop } = usualLearningRate.default;
  return addOptimizerChoice(command)
    .option(
      '--learning-rate <x>',
      `step length, at its highest (default: lbfgs ${lbfgs}, adam ${adam}, rmsprop ${rmsprop}, sgd by the preset)`,
      (text: string) => parseNumber('--learning-rate', text, { above: 0 }),
    )
    .option('--scales <n>', 'sizes, each √2 larger, up to the last; the schedule runs at each (default: 1)', (text) =>
      parseNumber('--scales', text, { from: 1, to: 20, whole: true }),
    );
}

/** Adds the options that the finder takes too. */
export function addOptimizerChoice(command: Command): Command {
  return command
    .option('--iterations <n>', 'evaluations of loss and gradient to spend', (text: string) =>
      parseNumber('--iterations', text, { from: 1, to: 1e6, whole: true }),
    )
    .option('--optimizer <name>', orList(optimizerNames), (text: string) =>
      parseChoice('--optimizer', text, optimizerNames),
    )
    .option(
      '--momentum <x>',
      `of sgd (default: ${usualMomentum.sgd}) and rmsprop (0), β₁ of adam (0.9)`,
      (text: string) => parseNumber('--momentum', text, { from: 0, below: 1 }),
    );
}

/**
 * The phases that the options ask for, as {@link phasesOfChoice}, or those of a file.
 *
 * @throws InputError where options contradict each other, or for a file that holds no valid phases.
 */
export function phasesFor(given: OptimizerArguments, preset: PresetName, longest?: number): readonly Phase[] {
  if (given.phases !== undefined) {
    const twice = saidByPhases.find((name) => given[name] !== undefined);
    if (twice !== undefined) {
      throw new InputError(`--phases and ${optionOf(twice)} contradict each other; a file of phases says all of it`);
    }
    return readPhases(given.phases);
  }
  return phasesOfChoice(given, preset, longest);
}

/** `--learning-rate` for `learningRate`. */
function optionOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** @throws InputError naming the file, where it cannot be read or holds no valid phases. */
function readPhases(path: string): readonly Phase[] {
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
    (text: string) => parseChoice('--preset', text, presetNames),
    'default',
  );
}
