/** The scale of an axis: from values to pixels, with ticks at round numbers. */

import { scaleLinear, scaleLog } from 'd3-scale';

export interface AxisOptions {
  readonly label: string;
  readonly kind: 'linear' | 'log';
  /** Values the axis must hold besides those drawn. */
  readonly holds?: readonly number[];
}

export interface Tick {
  readonly position: number;
  readonly label: string;
}

export interface Axis {
  /** Pixels at a value; undefined where the axis has no place for it: not finite, or not above 0 on a logarithmic one. */
  readonly position: (value: number) => number | undefined;
  readonly ticks: readonly Tick[];
}

/**
 * @param values Everything that is to be drawn along the axis.
 * @param range Pixels of the least and of the greatest value.
 * @param round Whether the axis ends at round numbers (or else at its values).
 */
export function makeAxis(
  { kind, holds = [] }: AxisOptions,
  values: Iterable<number>,
  { range, round }: { readonly range: readonly [number, number]; readonly round: boolean },
): Axis {
  const shown = (value: number): boolean => Number.isFinite(value) && (kind === 'linear' || value > 0);
  const [least, greatest] = extent([...holds, ...values].filter(shown), kind);
  const tickCount = Math.max(2, Math.round(Math.abs(range[1] - range[0]) / (range[1] < range[0] ? 40 : 80)));
  const scale = (kind === 'log' ? scaleLog() : scaleLinear()).domain([least, greatest]).range([...range]);
  if (round) scale.nice(tickCount);
  const [from = least, to = greatest] = scale.domain();
  const places = kind === 'log' ? logTicks(from, to, tickCount) : scale.ticks(tickCount);
  const format = kind === 'log' && places.length > 1 && places.every(isPowerOfTen) ? formatPower : formatNumber;
  return {
    position: (value) => (shown(value) ? scale(value) : undefined),
    ticks: places.map((value) => ({ position: scale(value), label: format(value) })),
  };
}

/** Least and greatest; something to look at where there is nothing, or one value only. */
function extent(values: readonly number[], kind: AxisOptions['kind']): readonly [number, number] {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [least, greatest] = [Math.min(least, value), Math.max(greatest, value)];
  if (values.length === 0) return kind === 'log' ? [1, 10] : [0, 1];
  if (least < greatest) return [least, greatest];
  if (kind === 'log') return [least / 2, greatest * 2];
  return least === 0 ? [0, 1] : [least - Math.abs(least) / 2, greatest + Math.abs(greatest) / 2];
}

/** Powers of ten, every so many of them; within few decades also other digits, as many as there is room for. */
function logTicks(from: number, to: number, most: number): readonly number[] {
  const [low, high] = [Math.ceil(Math.log10(from) - 1e-9), Math.floor(Math.log10(to) + 1e-9)];
  const decades = Array.from({ length: Math.max(high - low + 1, 0) }, (_, i) => low + i);
  if (decades.length >= 4) {
    const every = Math.ceil(decades.length / (most + 1));
    return decades.filter((exponent) => (exponent - low) % every === 0).map((exponent) => 10 ** exponent);
  }
  const ticksOf = (digits: readonly number[]): readonly number[] =>
    [low - 1, ...decades]
      .flatMap((exponent) => digits.map((digit) => digit * 10 ** exponent))
      .filter((value) => value >= from * (1 - 1e-9) && value <= to * (1 + 1e-9));
  const choices = [
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 5],
    [1, 2, 5],
    [1, 3],
  ].map(ticksOf);
  // Where even every digit is too few, d3's round numbers do.
  return (
    choices.find((ticks) => ticks.length <= most + 3 && ticks.length > 1) ?? scaleLinear([from, to], [0, 1]).ticks(most)
  );
}

/** As an axis shows it: `0.25`, `1000`, `2·10⁻⁵`. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-3 && magnitude < 1e5) return String(Number(value.toPrecision(6)));
  const [digits = '', exponent = ''] = value.toExponential(3).split('e');
  const power = powerOfTen(Number(exponent));
  const mantissa = Number(digits);
  return mantissa === 1 ? power : mantissa === -1 ? `−${power}` : `${mantissa}·${power}`;
}

function isPowerOfTen(value: number): boolean {
  return Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
}

/** `1`, `10`, else as 10⁻². */
function formatPower(value: number): string {
  const exponent = Math.round(Math.log10(value));
  return exponent === 0 ? '1' : exponent === 1 ? '10' : powerOfTen(exponent);
}

function powerOfTen(exponent: number): string {
  return `10${[...String(exponent)].map((digit) => superscripts[digit] ?? digit).join('')}`;
}

const superscripts: Readonly<Record<string, string>> = {
  '-': '⁻',
  ...Object.fromEntries([...'⁰¹²³⁴⁵⁶⁷⁸⁹'].map((digit, value) => [String(value), digit])),
};
