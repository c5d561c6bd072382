/** Settings in full: a preset, and what is said beside it, checked. */

import { InputError } from '../core/errors.ts';
import { tapNamesOf } from '../models/networks.ts';
import { checkLayers, type WeightedLayer } from './kinds.ts';
import { type Choice, type OptionName, optionNames, type Part, rowOf, type SettingsOf } from './options.ts';
import { parsePhases } from './parse-phases.ts';
import { listOf, scalesOf } from './phase.ts';
import { choosePhases, type PhaseChoice } from './phase-choice.ts';
import type { PresetName } from './preset-names.ts';
import { type ObjectiveOptions, phasesOf, type Settings } from './settings.ts';

export { type PresetName, presetNames } from './preset-names.ts';

/** What is said beside a preset; absent fields keep its value. `scales` wait for the size of the result, see `atScalesOf`. */
export type SettingsOverrides = Omit<Choice, 'preset' | 'phases'> &
  Pick<PhaseChoice, 'phases'> & { readonly objective?: Partial<ObjectiveOptions> };

export function presetSettings(preset: PresetName): Settings {
  return completeSettings(preset, {});
}

/**
 * A preset with overrides, checked; layers whose loss is weighted 0 are left out.
 *
 * @throws InputError naming the setting that makes no sense.
 */
export function resolveSettings(preset: PresetName, overrides: SettingsOverrides = {}): Settings {
  const { phases } = overrides;
  return completeSettings(preset, phases === undefined ? overrides : { ...overrides, phases: parsePhases(phases) });
}

/**
 * The same, of phases that have been checked already.
 *
 * @param nameOf How a setting is called in errors.
 */
export function completeSettings(
  preset: PresetName,
  { objective: nested, ...overrides }: SettingsOverrides,
  nameOf: (name: OptionName) => string = (name) => name,
): Settings {
  const { phases: list, ...flat } = overrides;
  const said: Readonly<Record<string, unknown>> = { ...flat, ...nested };
  const resolved = (name: OptionName): unknown => {
    const { kind, usual } = rowOf(name);
    return said[name] === undefined ? usual?.({ ...flat, ...nested, preset }) : kind.check(nameOf(name), said[name]);
  };
  const settings = {
    ...collect('fit', resolved),
    ...collect('start', resolved),
    objective: collect('objective', resolved),
    lbfgs: collect('lbfgs', resolved),
    scales: scalesOf(choosePhases({ ...flat, phases: list }, preset).phases),
  };
  refuseForeignSearch(settings);
  return { ...settings, objective: checkObjective(settings.objective, nameOf) };
}

const partsSaid: readonly Part[] = ['fit', 'start', 'objective', 'lbfgs'];

/** Settings as one flat object of plain values, fit for JSON; {@link parseSettings} reads it. */
export function flatSettings({ objective, lbfgs, scales, ...rest }: Settings): Readonly<Record<string, unknown>> {
  return { ...rest, ...objective, ...lbfgs, phases: listOf(scales) };
}

/**
 * What {@link flatSettings} wrote, as JSON gives it. Nothing may be missing: another version's usual value would be another run.
 *
 * @throws InputError naming the setting that makes no sense.
 */
export function parseSettings(value: unknown): Settings {
  const said: Readonly<Record<string, unknown>> = { ...(typeof value === 'object' ? value : {}) };
  const known = optionNames.filter((name) => partsSaid.some((part) => rowOf(name).part === part));
  const foreign = Object.keys(said).find((name) => name !== 'phases' && !known.some((one) => one === name));
  if (foreign !== undefined) throw new InputError(`a setting is called '${foreign}', which is not known`);
  const checked = (name: OptionName): unknown => rowOf(name).kind.check(name, said[name]);
  const settings = {
    ...collect('fit', checked),
    ...collect('start', checked),
    objective: collect('objective', checked),
    lbfgs: collect('lbfgs', checked),
    scales: scalesOf(parsePhases(said['phases'])),
  };
  refuseForeignSearch(settings);
  return { ...settings, objective: checkObjective(settings.objective, (name) => name) };
}

function collect<Of extends Part>(part: Of, resolved: (name: OptionName) => unknown): SettingsOf<Of> {
  const names = optionNames.filter((name) => rowOf(name).part === part);
  // Each value has passed the check of its own row, or is that row's usual one.
  return Object.fromEntries(names.map((name) => [name, resolved(name)])) as SettingsOf<Of>;
}

function refuseForeignSearch(settings: Settings): void {
  const { lineSearch } = settings.lbfgs;
  const used = new Set(phasesOf(settings).map(({ optimizer }) => optimizer));
  if (lineSearch === 'none' || used.has('lbfgs')) return;
  throw new InputError(
    `line search is ${lineSearch}, which ${[...used].join(', ')} does not have; choose lbfgs or leave it out`,
  );
}

/** Without the layers whose loss is weighted 0, which would be computed for nothing. */
function checkObjective(objective: ObjectiveOptions, nameOf: (name: OptionName) => string): ObjectiveOptions {
  const { network, contentWeight, styleWeight } = objective;
  const weighted = (name: 'contentLayers' | 'styleLayers', factor: number): readonly WeightedLayer[] => {
    checkLayers(nameOf(name), objective[name], network, tapNamesOf(network));
    return objective[name].filter(({ weight }) => weight * factor > 0);
  };
  const contentLayers = weighted('contentLayers', contentWeight);
  const styleLayers = weighted('styleLayers', styleWeight);
  if (contentLayers.length + styleLayers.length > 0) return { ...objective, contentLayers, styleLayers };
  throw new InputError(
    'no layer is left to compare pictures at; name at least one content or style layer, its weight above 0',
  );
}
