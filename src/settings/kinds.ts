/** Kinds of values that settings have: how one is read from a text, checked, and written as a text that is read again. */

import { InputError } from '../core/errors.ts';
import { checkNumber, describeRange, type NumberRange, parseNumber, shortRange, shown } from '../core/numbers.ts';
import { checkChoice, orList } from './names.ts';
import { didYouMean } from './nearest.ts';
import { type PictureSize, sideRange } from './sizes.ts';
import { layerWeightRange } from './weight-ranges.ts';

export interface Kind<Value> {
  /** What a help shows in place of a value; absent for what is said by its name alone. */
  readonly placeholder?: string;
  /** What values there are, in words; may be empty. */
  readonly values: string;
  /** The values, where they are a few names. */
  readonly choices?: readonly string[];
  /** The values, where they are numbers. */
  readonly range?: NumberRange;
  /** @throws InputError naming the setting and what was expected. */
  parse(name: string, text: string): Value;
  /** Of a value from anywhere. @throws InputError as {@link parse}. */
  check(name: string, value: unknown): Value;
  format(value: Value): string;
}

/** @param unit What it counts, where that is not said by its name. */
export function number(range: NumberRange, unit?: string): Kind<number> {
  return {
    placeholder: unit ?? (range.whole === true ? 'n' : 'x'),
    values: unit === undefined ? shortRange(range) : `${shortRange(range)} ${unit}`,
    range,
    parse: (name, text) => parseNumber(name, text, range),
    check: (name, value) => checkNumber(name, value, range),
    format: String,
  };
}

/** A number, or `auto`: what the rest asks for. */
export function orAuto(range: NumberRange): Kind<number | 'auto'> {
  const check = (name: string, value: unknown): number | 'auto' => {
    if (value === 'auto') return value;
    try {
      return typeof value === 'string' ? parseNumber(name, value, range) : checkNumber(name, value, range);
    } catch {
      throw new InputError(`${name} is ${shown(value)}; expected auto or ${describeRange(range)}`);
    }
  };
  return { placeholder: 'n', values: `auto, or ${shortRange(range)}`, parse: check, check, format: String };
}

/** One of a few names. */
export function choice<const Name extends string>(choices: readonly Name[], placeholder = 'name'): Kind<Name> {
  const check = (name: string, value: unknown): Name => checkChoice(name, value, choices);
  return { placeholder, values: orList(choices), choices, parse: check, check, format: String };
}

/** Said by its name alone. */
export const flag: Kind<boolean> = {
  values: '',
  parse: (name, text) => checkChoice(name, text, ['true', 'false']) === 'true',
  check: (name, value) => {
    if (typeof value === 'boolean') return value;
    throw new InputError(`${name} is ${shown(value)}; expected true or false`);
  },
  format: String,
};

/** A name of a file, or one of a few names that stand for something else. */
export function file(placeholder: string, choices: readonly string[] = []): Kind<string> {
  const values = choices.length === 0 ? '' : `${orList(choices)}, or a file`;
  const check = (name: string, value: unknown): string => {
    if (typeof value === 'string' && value !== '') return value;
    throw new InputError(`${name} is ${shown(value)}; expected the name of a file`);
  };
  return { placeholder, values, choices, parse: check, check, format: String };
}

/** Numbers, separated by commas. */
export function numbers(range: NumberRange): Kind<readonly number[]> {
  const parse = (name: string, text: string): readonly number[] =>
    text.split(',').map((item) => parseNumber(name, item.trim(), range));
  return {
    placeholder: 'list',
    values: 'numbers, as 2,1',
    parse,
    check: (name, value) => parse(name, String(value)),
    format: String,
  };
}

/** A longest side, or both sides. */
export const sides: Kind<number | PictureSize> = {
  placeholder: 'size',
  values: 'a longest side, as 512, or WxH, as 640x256',
  parse: (name, text) => {
    const [width = '', height, ...rest] = text.split('x');
    if (height === undefined) return parseNumber(name, text, sideRange);
    if (rest.length > 0) throw new InputError(`${name} is '${text}'; expected ${sides.values}`);
    return {
      width: parseNumber(`${name}: width`, width, sideRange),
      height: parseNumber(`${name}: height`, height, sideRange),
    };
  },
  check: (name, value) => sides.parse(name, sidesText(value)),
  format: sidesText,
};

function sidesText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const { width, height } = { width: '', height: '', ...value };
  return `${width}x${height}`;
}

/** A tap of the network and the weight of its loss among its kind. */
export interface WeightedLayer {
  readonly name: string;
  readonly weight: number;
}

/**
 * Layers with weights: `relu1_1,relu2_1=0.5`, a weight of 1 where none is given; `none` for no layer. Whether the network has them is
 * checked when the network is known, by {@link checkLayers}.
 */
export const layers: Kind<readonly WeightedLayer[]> = {
  placeholder: 'list',
  values: 'relu4_2, or relu4_2=0.5,relu3_2=2 with weights, or none',
  parse: (name, text) =>
    text === 'none'
      ? []
      : eachOnce(
          name,
          text.split(',').map((item) => parseLayer(name, text, item)),
        ),
  check: (name, value) => {
    if (!Array.isArray(value)) throw new InputError(`${name} is ${shown(value)}; expected a list of layers`);
    return eachOnce(
      name,
      value.map((item: unknown) => checkLayer(name, item)),
    );
  },
  format: (list) => list.map(({ name, weight }) => (weight === 1 ? name : `${name}=${weight}`)).join(',') || 'none',
};

function parseLayer(option: string, text: string, item: string): WeightedLayer {
  const [name = '', weight, ...rest] = item.split('=').map((part) => part.trim());
  if (name === '' || rest.length > 0) {
    throw new InputError(`${option} is '${text}'; expected names or name=weight, separated by commas, or none`);
  }
  return {
    name,
    weight: weight === undefined ? 1 : parseNumber(`${option}: weight of ${name}`, weight, layerWeightRange),
  };
}

function checkLayer(option: string, item: unknown): WeightedLayer {
  const { name, weight } = { name: undefined, weight: undefined, ...(typeof item === 'object' ? item : {}) };
  if (typeof name !== 'string') {
    throw new InputError(`${option} has ${shown(item)}; expected objects with the name of a layer and its weight`);
  }
  return { name, weight: checkNumber(`${option}: weight of ${name}`, weight, layerWeightRange) };
}

function eachOnce(option: string, list: readonly WeightedLayer[]): readonly WeightedLayer[] {
  const names = list.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new InputError(`${option} names ${twice} twice; expected each layer once`);
  return list;
}

/** @throws InputError for a layer that is not among `known`, with the nearest one that is. */
export function checkLayers(
  option: string,
  list: readonly WeightedLayer[],
  network: string,
  known: readonly string[],
): void {
  const unknown = list.find(({ name }) => !known.includes(name));
  if (unknown === undefined) return;
  const hint = didYouMean(unknown.name, known) || `; expected one of the names from ${known[0]} to ${known.at(-1)}`;
  throw new InputError(`${option} names '${unknown.name}', which ${network} does not have${hint}`);
}
