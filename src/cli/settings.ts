/** What the options of a command make of a preset. */

import { readFileSync, statSync } from 'node:fs';
import { InputError, messageOf } from '../core/errors.ts';
import { fileProblem } from '../platform/node/file-problem.ts';
import type { Choice } from '../settings/options.ts';
import { parsePhases } from '../settings/parse-phases.ts';
import type { ListedPhase } from '../settings/phase.ts';
import { type PhaseChoice, refuseSaidTwice } from '../settings/phase-choice.ts';
import { completeSettings, type PresetName } from '../settings/presets.ts';
import type { Settings } from '../settings/settings.ts';
import { optionOf } from './options.ts';

/** The table's options as commander collects them: an absent field leaves the preset's value. */
export interface GivenOptions extends Omit<Choice, 'size'> {
  readonly preset: PresetName;
}

/**
 * The preset with the options over it, checked.
 *
 * @param choice What the options say of the phases, where it has been read already.
 * @throws InputError naming the option that makes no sense.
 */
export function settingsOf(given: GivenOptions, choice: PhaseChoice = readPhaseChoice(given)): Settings {
  const { preset, phases: _, ...options } = given;
  return completeSettings(preset, { ...options, ...choice }, optionOf);
}

/**
 * What the options say of the phases; a file of them is read.
 *
 * @param usualScales Where none are said, in place of the preset's.
 * @throws InputError where options contradict each other, or for a file that holds no valid phases.
 */
export function readPhaseChoice(given: Omit<GivenOptions, 'preset'>, usualScales?: number): PhaseChoice {
  const { phases: file, iterations, optimizer, learningRate, momentum, schedule, scales = usualScales, init } = given;
  if (file === undefined) return { iterations, optimizer, learningRate, momentum, schedule, scales, init };
  refuseSaidTwice(given, optionOf);
  return { phases: readPhases(file) };
}

/** Thousands of phases take no more. */
const maxPhaseBytes = 2 ** 20;

/** @throws InputError naming the file, where it cannot be read or holds no valid phases. */
function readPhases(path: string): readonly ListedPhase[] {
  let text: string;
  try {
    const stats = statSync(path);
    if (stats.isFile() && stats.size > maxPhaseBytes) {
      throw new InputError(`${path}: expected a file of phases, but it has ${stats.size} bytes; name another file`);
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof InputError) throw error;
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
