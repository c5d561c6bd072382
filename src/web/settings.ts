/** The settings of the page: few, flat, and able to live in a link. What is undefined is left to the preset. */

import type { NetworkName } from '../models/vgg.ts';
import type { LineSearch, ObjectiveOptions, WeightedLayer } from '../objective/options.ts';
import { basisOf, type PhaseChoice } from '../settings/phase-choice.ts';
import { type PresetName, presetSettings, type Settings } from '../settings/presets.ts';
import { resolveSettings } from '../settings/resolve.ts';

export interface PageSettings extends Omit<PhaseChoice, 'phases'> {
  readonly preset: PresetName;
  /** Longest side of the result in pixels; undefined for what suits the adapter. */
  readonly size?: number | undefined;
  /** 0, all photograph, to 100, all painting; at 50 the style weighs what the preset says. */
  readonly strength: number;
  readonly init: 'content' | 'noise';
  /** Of the noise. */
  readonly seed: number;
  readonly history?: number | undefined;
  readonly lineSearch?: LineSearch | undefined;
  readonly contentLayers?: readonly WeightedLayer[] | undefined;
  readonly styleLayers?: readonly WeightedLayer[] | undefined;
  readonly contentWeight?: number | undefined;
  /** Before the strength. */
  readonly styleWeight?: number | undefined;
  readonly tvWeight?: number | undefined;
  readonly pooling?: ObjectiveOptions['pooling'] | undefined;
}

export const usualSettings: PageSettings = { preset: 'default', strength: 50, init: 'content', seed: 0 };

/** The network that the page has weights of. */
export const pageNetwork: NetworkName = 'vgg16';

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

/** Without what the optimiser in use does not have: a choice made for another is not lost, but counts for nothing. */
export function usedSettings(page: PageSettings): PageSettings {
  const isLbfgs = basisOf(page, page.preset).optimizer === 'lbfgs';
  return isLbfgs ? { ...page, momentum: undefined } : { ...page, lineSearch: undefined, history: undefined };
}

/** What the engine is to do, but for the scales, which wait for the size of the result. @throws InputError naming the field that makes no sense. */
export function engineSettings(settings: PageSettings): Settings {
  const page = usedSettings(settings);
  const base = presetSettings(page.preset);
  const { objective } = base;
  return resolveSettings(page.preset, {
    ...page,
    history: page.history ?? base.lbfgs.history,
    lineSearch: page.lineSearch ?? base.lbfgs.lineSearch,
    objective: {
      network: pageNetwork,
      contentLayers: page.contentLayers ?? objective.contentLayers,
      styleLayers: page.styleLayers ?? objective.styleLayers,
      contentWeight: page.contentWeight ?? objective.contentWeight,
      styleWeight: styleWeightAt(page.styleWeight ?? objective.styleWeight, page.strength),
      tvWeight: page.tvWeight ?? objective.tvWeight,
      pooling: page.pooling ?? objective.pooling,
    },
  });
}
