/** Values of settings, from texts and from JSON: what is not plainly meant is refused, with its name and what was expected. */

import { InputError } from '../core/errors.ts';
import { type NumberRange, parseNumber, shown } from '../core/numbers.ts';
import type { WeightedLayer } from '../objective/options.ts';
import { didYouMean } from './nearest.ts';
import { sideRange } from './sizes.ts';

/** Numbers within `range`, separated by commas. @throws InputError naming `option`. */
export function parseNumbers(option: string, text: string, range: NumberRange = {}): readonly number[] {
  return text.split(',').map((item) => parseNumber(option, item.trim(), range));
}

/** `512`, the longest side, or `640x256`, both. @throws InputError naming `option`. */
export function parseSizes(option: string, text: string): number | { readonly width: number; readonly height: number } {
  const [width = '', height, ...rest] = text.split('x');
  if (height === undefined) return parseNumber(option, text, sideRange);
  if (rest.length > 0)
    throw new InputError(`${option} is '${text}'; expected a longest side, as 512, or WxH, as 640x256`);
  return {
    width: parseNumber(`${option}: width`, width, sideRange),
    height: parseNumber(`${option}: height`, height, sideRange),
  };
}

/** One of a few names. @throws InputError naming `option`, the choices, and the nearest of them. */
export function checkChoice<Choice extends string>(option: string, value: unknown, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const hint = typeof value === 'string' ? didYouMean(value, choices) : '';
  throw new InputError(`${option} is ${shown(value)}; expected ${orList(choices)}${hint}`);
}

/** The names of a table's entries, in their order. */
export function namesOf<Name extends string>(table: Readonly<Record<Name, unknown>>): readonly Name[] {
  return Object.keys(table).filter((name): name is Name => name in table);
}

/** `a, b or c` */
export function orList(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/**
 * Layers with weights: `relu1_1,relu2_1=0.5`, a weight of 1 where none is given; `none` for no layer. Whether the
 * network has them is checked later, when the network is known.
 *
 * @throws InputError naming `option`.
 */
export function parseLayers(option: string, text: string): readonly WeightedLayer[] {
  if (text === 'none') return [];
  const layers = text.split(',').map((item): WeightedLayer => {
    const [name = '', weight, ...rest] = item.split('=').map((part) => part.trim());
    if (name === '' || rest.length > 0) {
      throw new InputError(`${option} is '${text}'; expected names or name=weight, separated by commas, or none`);
    }
    return {
      name,
      weight: weight === undefined ? 1 : parseNumber(`${option}: weight of ${name}`, weight, { from: 0 }),
    };
  });
  const names = layers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new InputError(`${option} names ${twice} twice; expected each layer once`);
  return layers;
}

/** @throws InputError for a layer that is not among `known`, with the nearest one that is. */
export function checkLayers(
  option: string,
  layers: readonly WeightedLayer[],
  network: string,
  known: readonly string[],
): void {
  const unknown = layers.find(({ name }) => !known.includes(name));
  if (unknown === undefined) return;
  const hint = didYouMean(unknown.name, known) || `; expected convX_Y or reluX_Y from ${known[0]} to ${known.at(-1)}`;
  throw new InputError(`${option} names '${unknown.name}', which ${network} does not have${hint}`);
}
