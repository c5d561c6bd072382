/** Settings in full from a preset and what is said beside it, checked. */

import { InputError } from '../core/errors.ts';
import { checkNumber } from '../core/numbers.ts';
import type { StyleFitting } from '../images/fit.ts';
import type { ObjectiveOptions, WeightedLayer } from '../objective/options.ts';
import { choosePhases, type PhaseChoice } from './phase-choice.ts';
import { type LbfgsSettings, type PresetName, phasesOf, presetSettings, type Settings, withPhases } from './presets.ts';

/** What is said beside a preset; absent fields keep its value. `scales` wait for the size of the result, see `atScalesOf`. */
export type SettingsOverrides = PhaseChoice &
  Partial<StyleFitting> &
  Partial<LbfgsSettings> & {
    readonly objective?: Partial<ObjectiveOptions>;
  };

/**
 * A preset with overrides, checked; layers whose loss is weighted 0 are left out.
 *
 * @throws InputError naming the field that makes no sense.
 */
export function resolveSettings(preset: PresetName, overrides: SettingsOverrides = {}): Settings {
  const base = presetSettings(preset);
  const { lbfgs } = base;
  const { styleFit = base.styleFit, styleScale = base.styleScale, enlargeStyle = base.enlargeStyle } = overrides;
  const { history = lbfgs.history, lineSearch = lbfgs.lineSearch } = overrides;
  const objective = { ...base.objective, ...overrides.objective };
  const settings = withPhases(
    { styleFit, styleScale, enlargeStyle, objective, lbfgs: { history, lineSearch }, scales: [] },
    choosePhases(overrides, preset).phases,
  );
  const optimizers = new Set(phasesOf(settings).map(({ optimizer }) => optimizer));
  if (lineSearch !== 'none' && !optimizers.has('lbfgs')) {
    throw new InputError(
      `line search is ${lineSearch}, which ${[...optimizers].join(', ')} does not have; choose lbfgs or leave it out`,
    );
  }
  checkNumber('history', history, { from: 1, to: 512, whole: true });
  checkNumber('style scale', styleScale, { above: 0 });
  checkNumber('content weight', objective.contentWeight, { from: 0 });
  checkNumber('style weight', objective.styleWeight, { from: 0 });
  checkNumber('total variation weight', objective.tvWeight, { from: 0 });
  for (const { name, weight } of [...objective.contentLayers, ...objective.styleLayers]) {
    checkNumber(`weight of layer ${name}`, weight, { from: 0 });
  }
  const weighted = withoutIdleLayers(objective);
  if (weighted.contentLayers.length + weighted.styleLayers.length === 0) {
    throw new InputError(
      'no layer is left to compare pictures at; name at least one content or style layer, its weight above 0',
    );
  }
  return { ...settings, objective: weighted };
}

/** Without the layers whose loss is weighted 0, which would be computed for nothing. */
function withoutIdleLayers(objective: ObjectiveOptions): ObjectiveOptions {
  const weighted = (layers: readonly WeightedLayer[], factor: number) =>
    layers.filter(({ weight }) => weight * factor > 0);
  return {
    ...objective,
    contentLayers: weighted(objective.contentLayers, objective.contentWeight),
    styleLayers: weighted(objective.styleLayers, objective.styleWeight),
  };
}
