/**
 * Settings as a link and back. The names and values are those of the command line's options; what is as usual is left out, and
 * what a link says wrongly is reported and left out too.
 */

import { messageOf } from '../core/errors.ts';
import { parseNumber } from '../core/numbers.ts';
import { tapNamesOf } from '../models/vgg.ts';
import type { WeightedLayer } from '../objective/options.ts';
import { optimizerNames } from '../settings/optimizers.ts';
import { keptRange, rateRange, stepRange } from '../settings/parse-phases.ts';
import { presetNames } from '../settings/presets.ts';
import { recipeNames } from '../settings/recipes.ts';
import { checkChoice, checkLayers, parseLayers } from '../settings/values.ts';
import { type PageSettings, pageNetwork, usualSettings } from './settings.ts';

/** A painting in the mix, by the name of an example. */
export interface LinkedStyle {
  readonly example: string;
  readonly weight: number;
}

/** Everything a link can say. Pictures only where they are examples. */
export interface Linked {
  readonly settings: PageSettings;
  readonly content?: string | undefined;
  readonly styles?: readonly LinkedStyle[] | undefined;
}

const mostPixels = 8192;

/** How each setting is read and checked; the key is its option's name. */
const readers: {
  readonly [Name in keyof Required<PageSettings>]: readonly [key: string, read: Reader<PageSettings[Name]>];
} = {
  preset: ['preset', (key, text) => checkChoice(key, text, presetNames)],
  size: ['size', (key, text) => parseNumber(key, text, { from: 16, to: mostPixels, whole: true })],
  strength: ['strength', (key, text) => parseNumber(key, text, { from: 0, to: 100 })],
  init: ['init', (key, text) => checkChoice(key, text, ['content', 'noise'] as const)],
  seed: ['seed', (key, text) => parseNumber(key, text, { from: 0, to: 2 ** 32 - 1, whole: true })],
  iterations: ['iterations', (key, text) => parseNumber(key, text, stepRange)],
  optimizer: ['optimizer', (key, text) => checkChoice(key, text, optimizerNames)],
  learningRate: ['learning-rate', (key, text) => parseNumber(key, text, rateRange)],
  momentum: ['momentum', (key, text) => parseNumber(key, text, keptRange)],
  schedule: ['schedule', (key, text) => checkChoice(key, text, recipeNames)],
  scales: ['scales', (key, text) => parseNumber(key, text, { from: 1, to: 20, whole: true })],
  history: ['history', (key, text) => parseNumber(key, text, { from: 1, to: 512, whole: true })],
  lineSearch: ['line-search', (key, text) => checkChoice(key, text, ['none', 'strong-wolfe'] as const)],
  contentLayers: ['content-layers', readLayers],
  styleLayers: ['style-layers', readLayers],
  contentWeight: ['content-weight', (key, text) => parseNumber(key, text, { from: 0 })],
  styleWeight: ['style-weight', (key, text) => parseNumber(key, text, { from: 0 })],
  tvWeight: ['tv-weight', (key, text) => parseNumber(key, text, { from: 0 })],
  pooling: ['pooling', (key, text) => checkChoice(key, text, ['max', 'average'] as const)],
};

type Reader<Value> = (key: string, text: string) => Value;
type SettingName = keyof PageSettings;

const settingNames = Object.keys(readers).filter((name): name is SettingName => name in readers);

function readLayers(key: string, text: string): readonly WeightedLayer[] {
  const layers = parseLayers(key, text);
  checkLayers(key, layers, pageNetwork, tapNamesOf(pageNetwork));
  return layers;
}

/** One setting from its text, as a link or a field of the page gives it. @throws InputError naming what was expected. */
export function readSetting<Name extends SettingName>(name: Name, text: string): PageSettings[Name] {
  const [key, read] = readers[name];
  return read(key, text);
}

/** `relu1_1,relu2_1=0.5`, as the option takes it. */
export function formatLayers(layers: readonly WeightedLayer[]): string {
  return layers.map(({ name, weight }) => (weight === 1 ? name : `${name}=${weight}`)).join(',') || 'none';
}

/** The settings that are not as usual, by option name, in the options' order. */
export function changedOptions(settings: PageSettings): ReadonlyMap<string, string> {
  const changed = settingNames.filter((name) => settings[name] !== undefined && settings[name] !== usualSettings[name]);
  return new Map(
    changed.map((name) => {
      const value = settings[name];
      return [readers[name][0], isLayers(value) ? formatLayers(value) : String(value)];
    }),
  );
}

function isLayers(value: PageSettings[SettingName]): value is readonly WeightedLayer[] {
  return Array.isArray(value);
}

/** The part of an address after `#`; empty where everything is as usual. */
export function formatLink({ settings, content, styles }: Linked): string {
  const parameters = new URLSearchParams([...changedOptions(settings)]);
  if (content !== undefined) parameters.set('content', content);
  for (const { example, weight } of styles ?? []) {
    parameters.append('style', weight === 1 ? example : `${example}=${weight}`);
  }
  return parameters.toString().replaceAll('%3D', '=').replaceAll('%2C', ',');
}

/** What a link says, and a sentence for each thing in it that makes no sense. */
export function parseLink(
  hash: string,
  exampleNames: readonly string[],
): { readonly linked: Linked; readonly problems: readonly string[] } {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  const problems: string[] = [];
  const attempt = <Value>(read: () => Value): Value | undefined => {
    try {
      return read();
    } catch (error) {
      problems.push(`The link's ${messageOf(error)}.`);
      return undefined;
    }
  };
  let settings = usualSettings;
  for (const name of settingNames) {
    const text = parameters.get(readers[name][0]);
    const value = text === null ? undefined : attempt(() => readSetting(name, text));
    if (value !== undefined) settings = { ...settings, [name]: value };
  }
  const example = (key: string, text: string) => attempt(() => checkChoice(key, text, exampleNames));
  const content = parameters.get('content');
  const styles = parameters.getAll('style').flatMap((text) => {
    const [name = '', weight = '1'] = text.split('=');
    const found = example('style', name);
    const share = attempt(() => parseNumber('style', weight, { from: 0 }));
    return found === undefined || share === undefined ? [] : [{ example: found, weight: share }];
  });
  const linked = {
    settings,
    content: content === null ? undefined : example('content', content),
    styles: styles.length === 0 ? undefined : styles,
  };
  return { linked, problems };
}
