/** What a run is told in full. */

import type { SettingsOf } from './options.ts';
import { type ListedPhase, type Phase, type ScalePhases, scalesOf } from './phase.ts';

/** The loss, `contentWeight · Σ content_l + styleWeight · Σ style_l + tvWeight · TV`, and what it is computed with. */
export type ObjectiveOptions = SettingsOf<'objective'>;

export type LineSearch = LbfgsSettings['lineSearch'];

/** How L-BFGS works in those phases that are its own. */
export type LbfgsSettings = SettingsOf<'lbfgs'>;

export interface Settings extends SettingsOf<'fit'>, SettingsOf<'start'> {
  readonly objective: ObjectiveOptions;
  readonly lbfgs: LbfgsSettings;
  /** What is done one after the other; at least one scale. */
  readonly scales: readonly ScalePhases[];
}

/** The phases of all scales, in order. */
export function phasesOf({ scales }: Pick<Settings, 'scales'>): readonly Phase[] {
  return scales.flatMap(({ phases }) => phases);
}

/** The settings with other phases. */
export function withPhases(settings: Settings, phases: readonly ListedPhase[]): Settings {
  return { ...settings, scales: scalesOf(phases) };
}
