/** What the phases of a run are by a few words: an optimiser, a schedule by its name, a number of scales. */

import { leastLongestSide, type PictureSize } from '../objective/memory-plan.ts';
import { mixOf, type Style } from '../objective/style-mix.ts';
import { parsePhases } from '../optimizers/parse-phases.ts';
import type { OptimizerName, Phase } from '../optimizers/phase.ts';
import { atScales, type RecipeBasis, type RecipeName, recipes, scalesTo } from '../optimizers/recipes.ts';
import {
  type PresetName,
  presetSettings,
  type Settings,
  type SettingsOverrides,
  usualLearningRate,
  usualMomentum,
} from './presets.ts';

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
}

/**
 * The phases that a choice asks for. Without the longest side of the result all its scales are one, which is as good for everything but
 * painting. A scale below `least`, if it is not the last, is left out.
 *
 * @throws InputError where its parts contradict each other.
 */
export function phasesOfChoice(
  choice: PhaseChoice,
  preset: PresetName,
  longest?: number,
  least?: number,
): readonly Phase[] {
  const { schedule = 'constant', scales = 1 } = choice;
  const basis = basisOf(choice, preset);
  const recipe = recipes[schedule];
  const sizes = longest === undefined ? [] : scalesTo(longest, scales, least);
  return parsePhases(sizes.length < 2 ? recipe(basis) : atScales(basis, sizes, recipe));
}

/** What any schedule by its name begins with. */
export function basisOf(choice: PhaseChoice, preset: PresetName): RecipeBasis {
  const base = presetSettings(preset);
  const optimizer = choice.optimizer ?? base.optimizer;
  const momentum = choice.momentum ?? usualMomentum[optimizer];
  return {
    steps: choice.iterations ?? base.iterations,
    optimizer,
    learningRate: choice.learningRate ?? usualLearningRate[preset][optimizer],
    ...(momentum === undefined ? {} : { momentum }),
  };
}

/** Phases as overrides of a preset; one optimiser at one rate is said without phases. */
export function plainest(phases: readonly Phase[]): SettingsOverrides {
  const [{ steps, optimizer, learningRate, ...more } = {}, ...rest] = phases;
  const isPlain = rest.length === 0 && Object.keys(more).length === 0;
  return isPlain && steps !== undefined && optimizer !== undefined && typeof learningRate === 'number'
    ? { iterations: steps, optimizer, learningRate }
    : { phases };
}

/** Settings of a choice with their phases at the scales that it asks for, now that the size of the result is known. */
export function atScalesOf(
  settings: Settings,
  choice: PhaseChoice,
  preset: PresetName,
  pictures: { readonly content: PictureSize; readonly style: Style<PictureSize>; readonly size: number | undefined },
): Settings {
  const { content, style, size } = pictures;
  if (choice.scales === undefined || size === undefined) return settings;
  const longest = Math.min(size, Math.max(content.width, content.height));
  const least = leastLongestSide(settings.objective, [content, ...mixOf(style).map(({ picture }) => picture)]);
  return { ...settings, phases: phasesOfChoice(choice, preset, longest, least) };
}
