/** What the phases of a run are: a list of them, or a few words: an optimiser, a schedule by its name, a number of scales. */

import { InputError } from '../core/errors.ts';
import { checkNumber } from '../core/numbers.ts';
import { type OptimizerName, optimizers, usualRate } from './optimizers.ts';
import { parsePhases, stepRange } from './parse-phases.ts';
import { type ListedPhase, totalSteps } from './phase.ts';
import { type PresetName, phasesOf, presetSettings } from './presets.ts';
import { atScales, type RecipeBasis, type RecipeName, recipes, scalesTo } from './recipes.ts';

/** An absent field leaves the preset's value. */
export interface PhaseChoice {
  /** Evaluations in all. */
  readonly iterations?: number | undefined;
  readonly optimizer?: OptimizerName | undefined;
  /** At its highest. */
  readonly learningRate?: number | undefined;
  readonly momentum?: number | undefined;
  /** Default `constant`. */
  readonly schedule?: RecipeName | undefined;
  /** How many sizes, each √2 larger than the one before; default 1. */
  readonly scales?: number | undefined;
  /** In place of all these. */
  readonly phases?: readonly ListedPhase[] | undefined;
}

/** What phases say themselves. */
const saidByPhases = ['iterations', 'optimizer', 'learningRate', 'momentum', 'schedule', 'scales'] as const;

/** @throws InputError where something is said beside phases that they say too. */
export function refuseSaidTwice(
  choice: { readonly [Name in (typeof saidByPhases)[number]]?: unknown },
  nameOf: (field: string) => string = (field) => field,
): void {
  const twice = saidByPhases.find((field) => choice[field] !== undefined);
  if (twice === undefined) return;
  throw new InputError(
    `${nameOf('phases')} and ${nameOf(twice)} contradict each other; a list of phases says all of it`,
  );
}

/** What is known of a result once its size is. */
export interface ResultSides {
  readonly longest: number;
  /** A scale below it, if it is not the last, is left out; default 16. */
  readonly least?: number;
}

export interface ChosenPhases {
  readonly phases: readonly ListedPhase[];
  /** What was asked for and is not among them, in words. */
  readonly leftOut: readonly string[];
}

/**
 * The phases that a choice asks for. Without the size of the result all its scales are one, which is as good for everything but painting.
 *
 * @throws InputError where its parts contradict each other.
 */
export function choosePhases(choice: PhaseChoice, preset: PresetName, result?: ResultSides): ChosenPhases {
  if (choice.phases !== undefined) {
    refuseSaidTwice(choice);
    return { phases: parsePhases(choice.phases), leftOut: [] };
  }
  const { schedule = 'constant', scales = 1 } = choice;
  const basis = basisOf(choice, preset);
  const recipe = recipes[schedule];
  const wanted = result === undefined ? [] : scalesTo(result.longest, scales, 1);
  const sizes = result === undefined ? [] : scalesTo(result.longest, scales, result.least);
  const phases = parsePhases(sizes.length < 2 ? recipe(basis) : atScales(basis, sizes, recipe));
  const kept = sizes.length < 2 ? sizes : sizes.filter((size) => phases.some(({ scale }) => scale === size));
  const whole = recipe({ ...basis, steps: plentyOfSteps }).length * Math.max(1, kept.length);
  const few = `${basis.steps} ${basis.steps === 1 ? 'iteration is' : 'iterations are'} too few`;
  const leftOut = [
    ...describeLeftOut(wanted, sizes, 'a picture is too small there for the deepest layer'),
    ...describeLeftOut(sizes, kept, few),
    ...(phases.length < whole ? [`${whole - phases.length} of ${whole} phases of ${schedule} left out: ${few}`] : []),
  ];
  return { phases, leftOut };
}

/** With so many no recipe leaves a part out. */
const plentyOfSteps = 1e6;

function describeLeftOut(wanted: readonly number[], kept: readonly number[], reason: string): readonly string[] {
  const missing = wanted.filter((size) => !kept.includes(size));
  if (missing.length === 0) return [];
  return [`${missing.length === 1 ? 'scale' : 'scales'} of ${missing.join(', ')} pixels left out: ${reason}`];
}

/** What any schedule by its name begins with. */
export function basisOf(choice: PhaseChoice, preset: PresetName): RecipeBasis {
  const usual = phasesOf(presetSettings(preset));
  const optimizer = choice.optimizer ?? usual[0]?.optimizer ?? 'lbfgs';
  const momentum = choice.momentum ?? optimizers[optimizer].usualMomentum;
  return {
    steps: checkNumber('iterations', choice.iterations ?? totalSteps(usual), stepRange),
    optimizer,
    learningRate: choice.learningRate ?? usualRate(optimizer, preset),
    ...(momentum === undefined ? {} : { momentum }),
  };
}
