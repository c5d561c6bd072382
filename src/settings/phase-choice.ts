/** What the phases of a run are: a list of them, or a few words: an optimiser, a schedule by its name, a number of scales. */

import { InputError } from '../core/errors.ts';
import { checkPhase } from './check-phase.ts';
import { optimizers, usualRate } from './optimizers.ts';
import { type OptionName, optionNames, options, rowOf, type SettingsOf } from './options.ts';
import type { ListedPhase } from './phase.ts';
import { type PresetName, sharesIterations } from './preset-names.ts';
import { atEachScale, atScales, type RecipeBasis, recipes, scalesTo, usualScales } from './recipes.ts';
import { leastSide } from './sizes.ts';

/** An absent field leaves the preset's value. */
export type PhaseChoice = { readonly [Name in keyof SettingsOf<'phases'>]?: SettingsOf<'phases'>[Name] | undefined } & {
  /** What the picture starts from, which decides where scales begin. */
  readonly init?: string | undefined;
  /** In place of all these, as `parsePhases` gives them. */
  readonly phases?: readonly ListedPhase[] | undefined;
};

/** What phases say themselves. */
const saidByPhases = optionNames.filter((name): name is keyof SettingsOf<'phases'> => rowOf(name).part === 'phases');

/** @throws InputError where something is said beside phases that they say too. */
export function refuseSaidTwice(
  choice: { readonly [Name in OptionName]?: unknown },
  nameOf: (name: OptionName) => string = (name) => name,
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
    return { phases: choice.phases, leftOut: [] };
  }
  for (const name of saidByPhases) if (choice[name] !== undefined) rowOf(name).kind.check(name, choice[name]);
  const { schedule = options.schedule.usual(), scales = options.scales.usual({ ...choice, preset }) } = choice;
  const basis = basisOf(choice, preset);
  const recipe = recipes[schedule];
  const { wanted, sizes } = result === undefined ? { wanted: [], sizes: [] } : sizesOf(scales, result);
  const through = sharesIterations(preset) ? atScales : atEachScale;
  const phases = sizes.length < 2 ? recipe(basis) : through(basis, sizes, recipe);
  for (const [index, phase] of phases.entries()) checkPhase(phase, `phase ${index + 1}`);
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

/** The longest sides that are asked for, and those of them at which there is something to compare. */
function sizesOf(scales: number | 'auto', { longest, least }: ResultSides) {
  if (scales !== 'auto') return { wanted: scalesTo(longest, scales, 1), sizes: scalesTo(longest, scales, least) };
  // Nobody asked for the scales that there cannot be.
  const sizes = usualScales(longest).filter((size) => size === longest || size >= (least ?? leastSide));
  return { wanted: sizes, sizes };
}

/** With so many no recipe leaves a part out. */
const plentyOfSteps = 1e6;

function describeLeftOut(wanted: readonly number[], kept: readonly number[], reason: string): readonly string[] {
  const missing = wanted.filter((size) => !kept.includes(size));
  if (missing.length === 0) return [];
  return [`${missing.length === 1 ? 'scale' : 'scales'} of ${missing.join(', ')} pixels left out: ${reason}`];
}

/** What any schedule by its name begins with. */
export function basisOf(choice: Omit<PhaseChoice, 'phases'>, preset: PresetName): RecipeBasis {
  const { iterations = options.iterations.usual({ preset }), optimizer = options.optimizer.usual() } = choice;
  const momentum = choice.momentum ?? optimizers[optimizer].usualMomentum;
  return {
    steps: iterations,
    optimizer,
    learningRate: choice.learningRate ?? usualRate(optimizer, preset),
    ...(momentum === undefined ? {} : { momentum }),
  };
}
