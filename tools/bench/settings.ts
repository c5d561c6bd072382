/** What is measured: VGG16's lecture preset. */

import { presetSettings } from '../../src/settings/presets.ts';

export const settings = presetSettings('lecture');
