/** The settings of the page: few, flat, and able to live in a link. What is undefined is left to the preset. */

import { type Choice, type OptionName, type Options, optionNames, rowOf } from '../settings/options.ts';
import { completeSettings, type PresetName } from '../settings/presets.ts';
import type { Settings } from '../settings/settings.ts';
import { usedChoice } from '../settings/texts.ts';

/** Settings that the page has a control for. */
export type PageOption = {
  [Name in OptionName]: Options[Name] extends { readonly page: object } ? Name : never;
}[OptionName];

export type PageSettings = Pick<Choice, PageOption> & {
  readonly preset: PresetName;
  readonly seed: number;
};

export const pageOptions = optionNames.filter((name): name is PageOption => rowOf(name).page !== undefined);

export const usualSettings: PageSettings = { preset: 'default', seed: 0 };

/** The network that the page has weights of. */
export const pageNetwork = 'vgg16';

/** What the engine is to do, but for the scales, which wait for the size of the result. @throws InputError naming the field that makes no sense. */
export function engineSettings(page: PageSettings): Settings {
  return completeSettings(page.preset, { ...usedChoice(page), network: pageNetwork });
}
