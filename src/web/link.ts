/**
 * Settings as a link and back. The names and values are those of the command line's options; what is as usual is left out, and
 * what a link says wrongly is reported and left out too.
 */

import { InputError, messageOf } from '../core/errors.ts';
import { parseNumber } from '../core/numbers.ts';
import { tapNamesOf } from '../models/networks.ts';
import { checkLayers, layers } from '../settings/kinds.ts';
import { checkChoice } from '../settings/names.ts';
import { type Choice, flagOf, type OptionName, rowOf } from '../settings/options.ts';
import { changedOptions, formatOption, parseOption } from '../settings/texts.ts';
import { mixWeightRange } from '../settings/weight-ranges.ts';
import { type PageSettings, pageNetwork, pageOptions, usualSettings } from './settings.ts';

/** Paintings in a mix, at most. */
export const mostStyles = 4;

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

/** One setting from its text, as a link or a field of the page gives it. @throws InputError naming what was expected. */
export function readSetting(name: OptionName, text: string): unknown {
  const value = parseOption(name, text, 'page');
  if (rowOf(name).kind === layers) {
    checkLayers(flagOf(name), layers.check(flagOf(name), value), pageNetwork, tapNamesOf(pageNetwork));
  }
  return value;
}

/** The part of an address after `#`; empty where everything is as usual. */
export function formatLink({ settings, content, styles }: Linked): string {
  const choice: Choice = settings;
  const said = changedOptions(choice, 'page').map((name) => [flagOf(name), formatOption(name, choice[name])]);
  const parameters = new URLSearchParams(said);
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
  const known = new Set<string>([...pageOptions.map(flagOf), 'content', 'style']);
  for (const word of new Set(parameters.keys())) {
    // Of a link anybody may have made: an error's message is a line, and no novel.
    const unknown = new InputError(`The link says '${word}', which this page does not know; it is left out.`);
    if (!known.has(word)) problems.push(unknown.message);
  }
  let settings = usualSettings;
  for (const name of pageOptions) {
    const text = parameters.get(flagOf(name));
    const value = text === null ? undefined : attempt(() => readSetting(name, text));
    if (value !== undefined) settings = { ...settings, [name]: value };
  }
  const example = (key: string, text: string) => attempt(() => checkChoice(key, text, exampleNames));
  const content = parameters.get('content');
  const styles = parameters.getAll('style').flatMap((text) => {
    const [name = '', weight = '1'] = text.split('=');
    const found = example('style', name);
    const share = attempt(() => parseNumber(`style: weight of ${name}`, weight, mixWeightRange));
    return found === undefined || share === undefined ? [] : [{ example: found, weight: share }];
  });
  if (styles.length > mostStyles) {
    problems.push(`The link names ${styles.length} paintings; the first ${mostStyles} are mixed.`);
  }
  const linked = {
    settings,
    content: content === null ? undefined : example('content', content),
    styles: styles.length === 0 ? undefined : styles.slice(0, mostStyles),
  };
  return { linked, problems };
}
