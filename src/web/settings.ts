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
  readonly strength: number;
  readonly init: string;
  readonly seed: number;
};

export const pageOptions = optionNames.filter((name): name is PageOption => rowOf(name).page !== undefined);

export const usualSettings: PageSettings = { preset: 'default', strength: 50, init: 'content', seed: 0 };

/** The network that the page has weights of. */
export const pageNetwork = 'vgg16';

/** Strength that multiplies the style's weight by ten. */
const strengthPerDecade = 25;
const middleStrength = 50;

/** Digits kept of the style's weight, so that a command line can say it in full. */
const weightDigits = 4;

/** The weight of the style loss at a strength; four decades from end to end. */
export function styleWeightAt(weight: number, strength: number): number {
  const scaled = weight * 10 ** ((strength - middleStrength) / strengthPerDecade);
  return strength === middleStrength ? weight : Number(scaled.toPrecision(weightDigits));
}

/** What the engine is to do, but for the scales, which wait for the size of the result. @throws InputError naming the field that makes no sense. */
export function engineSettings(page: PageSettings): Settings {
  const settings = completeSettings(page.preset, { ...usedChoice(page), network: pageNetwork });
  const styleWeight = styleWeightAt(settings.objective.styleWeight, page.strength);
  return { ...settings, objective: { ...settings.objective, styleWeight } };
}
