/** Option values, parsed strictly: what is not plainly meant is refused, with the option's name and what was expected. */

import { InputError } from '../core/errors.ts';
import type { WeightedLayer } from '../objective/options.ts';
import { didYouMean } from './nearest.ts';

/** The bounds of a number. Everything is stored as f32 on the device, so nothing above its largest value is a number. */
export interface NumberRange {
  readonly from?: number;
  /** A bound that is not itself allowed. */
  readonly above?: number;
  readonly to?: number;
  /** A bound that is not itself allowed. */
  readonly below?: number;
  readonly whole?: boolean;
}

const largestFloat32 = 3.4028234663852886e38;

/** Digits, a point, an exponent: no sign, no hexadecimal, no `Infinity`, no empty text. */
const decimal = /^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A number within `range`. @throws InputError naming `option`. */
export function parseNumber(option: string, text: string, range: NumberRange = {}): number {
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  const { from = Number.NEGATIVE_INFINITY, above = Number.NEGATIVE_INFINITY } = range;
  const { to = largestFloat32, below = Number.POSITIVE_INFINITY } = range;
  if (
    value >= from &&
    value > above &&
    value <= to &&
    value < below &&
    (range.whole !== true || Number.isSafeInteger(value))
  ) {
    return value;
  }
  throw new InputError(`${option} is '${text}'; expected ${describeRange(range)}`);
}

/** Numbers within `range`, separated by commas. @throws InputError naming `option`. */
export function parseNumbers(option: string, text: string, range: NumberRange = {}): readonly number[] {
  return text.split(',').map((item) => parseNumber(option, item.trim(), range));
}

function describeRange({ from, above, to, below, whole }: NumberRange): string {
  const kind = whole === true ? 'a whole number' : 'a number';
  if (from !== undefined && below !== undefined) return `${kind} from ${from} to below ${below}`;
  if (from !== undefined && to !== undefined) return `${kind} from ${from} to ${to}`;
  if (from !== undefined) return `${kind} of at least ${from}`;
  return above === undefined ? kind : `${kind} above ${above}`;
}

/** Sides of a picture in pixels. */
export const sideRange = { from: 16, to: 16_384, whole: true } as const;

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
export function parseChoice<Choice extends string>(option: string, text: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new InputError(`${option} is '${text}'; expected ${orList(choices)}${didYouMean(text, choices)}`);
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
