/** Settings of the runs that are Impasto's own rather than the lecture's. */

import { resolveSettings, type SettingsOverrides } from '../../src/settings/presets.ts';
import type { Settings } from '../../src/settings/settings.ts';

/**
 * Gram matrices, as the lecture has them, with weights for averaged pools; one scale unless phases say otherwise, and nothing but the
 * photograph put in, so that runs differ in what their section compares alone.
 */
export function ownSettings(overrides: Pick<SettingsOverrides, 'phases' | 'iterations'>): Settings {
  const scales = overrides.phases === undefined ? { scales: 1 } : {};
  return resolveSettings('gram', { ...overrides, ...scales, detail: 0, contentWeight: 1 });
}
