/** Numbers that someone gave, as text or as a value: the one check of their range, and the one sentence that refuses them. */

import { InputError } from './errors.ts';

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

function isWithin(value: number, range: NumberRange): boolean {
  const { from = Number.NEGATIVE_INFINITY, above = Number.NEGATIVE_INFINITY } = range;
  const { to = largestFloat32, below = Number.POSITIVE_INFINITY, whole = false } = range;
  const isInside = value >= from && value > above && value <= to && value < below;
  return isInside && (!whole || Number.isSafeInteger(value));
}

/** `1e10` for a large power of ten, whose zeros nobody counts. */
function plainNumber(value: number): string {
  return value >= 1e7 && Number.isInteger(Math.log10(value)) ? `1e${Math.log10(value)}` : String(value);
}

/** `a whole number from 1 to 512` */
export function describeRange({ from, above, to, below, whole }: NumberRange): string {
  const kind = whole === true ? 'a whole number' : 'a number';
  if (from !== undefined && below !== undefined) return `${kind} from ${from} to below ${below}`;
  if (from !== undefined && to !== undefined) return `${kind} from ${plainNumber(from)} to ${plainNumber(to)}`;
  if (from !== undefined) return `${kind} of at least ${from}`;
  return above === undefined ? kind : `${kind} above ${above}`;
}

/** `1 to 512`, for a help. */
export function shortRange({ from, above, to, below }: NumberRange): string {
  if (from === undefined) return above === undefined ? '' : `above ${above}`;
  if (to !== undefined) return `${from} to ${plainNumber(to)}`;
  return below === undefined ? `${from} or more` : `${from} to below ${below}`;
}

/** What was expected where `value` came; a number too large for the device is told so, where the range names no end. */
function expected(value: unknown, range: NumberRange): string {
  const isOver = range.to === undefined && range.below === undefined && Number(value) > largestFloat32;
  return `expected ${describeRange(range)}${isOver ? ', at most 3.4e38' : ''}`;
}

/** A value that must be a number within `range`. @throws InputError naming it. */
export function checkNumber(name: string, value: unknown, range: NumberRange = {}): number {
  if (typeof value === 'number' && isWithin(value, range)) return value;
  throw new InputError(`${name} is ${shown(value)}; ${expected(value, range)}`);
}

/** A text that must say a number within `range`. @throws InputError naming it. */
export function parseNumber(name: string, text: string, range: NumberRange = {}): number {
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  if (isWithin(value, range)) return value;
  throw new InputError(`${name} is ${shown(text)}; ${expected(text, range)}`);
}

/** A value in an error: short, on one line. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
