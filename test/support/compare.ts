/** How a kernel's output is held against its reference, and the table that says where it is wrong. */

import { type CaseOutput, type ElementRule, type Tolerance, unwritten } from '../cases/kernel-case.ts';

/** Largest and root mean square error over the compared elements, both relative to the rms of the reference. */
export interface Errors {
  readonly max: number;
  readonly rms: number;
}

export interface Comparison {
  readonly errors: Errors;
  /** Empty when the output is right; else what is wrong, as a table. */
  readonly problem: string;
}

interface Wrong {
  readonly index: number;
  readonly actual: number;
  readonly expected: string;
}

/** Rows of a failure's table. */
const rowsShown = 8;

/** Compares the floats that a kernel left in an output's buffer. */
export function compareOutput(output: CaseOutput, buffer: Float32Array, tolerance = output.tolerance): Comparison {
  const observed = output.observe?.(buffer) ?? buffer;
  if (observed.length !== output.expected.length) {
    return { errors: { max: 0, rms: 0 }, problem: `${observed.length} values, expected ${output.expected.length}` };
  }
  const rule = output.rule ?? ((): ElementRule => 'compare');
  const { errors, scale } = errorsOf(output, observed, rule);
  const limit = tolerance.kind === 'rms' ? tolerance.max * scale : 0;
  const wrong: Wrong[] = [];
  let wrongs = 0;
  const note = (index: number, actual: number, expected: string): void => {
    wrongs += 1;
    if (wrong.length < rowsShown) wrong.push({ index, actual, expected });
  };
  output.expected.forEach((expected, index) => {
    const actual = observed[index] ?? Number.NaN;
    const what = rule(index);
    if (what === 'untouched') {
      if (actual !== output.initial[index]) note(index, actual, `${output.initial[index]} (untouched)`);
    } else if (what === 'zero') {
      if (actual !== 0) note(index, actual, '0 (padding)');
    } else if (!isNear(actual, expected, limit)) {
      note(index, actual, `${expected}`);
    }
  });
  const isSpread = tolerance.kind === 'rms' && errors.rms > tolerance.rms;
  if (wrongs === 0 && !isSpread) return { errors, problem: '' };
  return { errors, problem: describeWrong(wrong, wrongs, errors, tolerance, output) };
}

function isNear(actual: number, expected: number, limit: number): boolean {
  if (!Number.isFinite(expected)) return Object.is(actual, expected);
  return Math.abs(actual - expected) <= limit;
}

function errorsOf(
  output: CaseOutput,
  observed: ArrayLike<number>,
  rule: (index: number) => ElementRule,
): { readonly errors: Errors; readonly scale: number } {
  let count = 0;
  let squares = 0;
  let errorSquares = 0;
  let largest = 0;
  output.expected.forEach((expected, index) => {
    if (rule(index) !== 'compare' || !Number.isFinite(expected)) return;
    const error = Math.abs((observed[index] ?? Number.NaN) - expected);
    count += 1;
    squares += expected ** 2;
    errorSquares += error ** 2;
    if (!(error <= largest)) largest = error;
  });
  const scale = Math.sqrt(squares / Math.max(count, 1));
  const relative = (error: number): number => (error === 0 ? 0 : error / scale);
  const rms = Math.sqrt(errorSquares / Math.max(count, 1));
  return { errors: { max: relative(largest), rms: relative(rms) }, scale };
}

function describeWrong(
  wrong: readonly Wrong[],
  wrongs: number,
  errors: Errors,
  tolerance: Tolerance,
  output: CaseOutput,
): string {
  const limits =
    tolerance.kind === 'exact'
      ? `exact: ${tolerance.reason}`
      : `limits max ${tolerance.max.toExponential(1)}, rms ${tolerance.rms.toExponential(1)}: ${tolerance.reason}`;
  const rows = wrong.map(({ index, actual, expected }) => {
    const shown = actual === Math.fround(unwritten) ? 'not written' : String(actual);
    return `${String(index).padStart(10)}  ${shown.padEnd(24)}${expected}`;
  });
  return [
    `max error ${errors.max.toExponential(2)}, rms error ${errors.rms.toExponential(2)} of the reference's rms (${limits})`,
    `${wrongs} of ${output.expected.length} values are wrong`,
    `${'index'.padStart(10)}  ${'actual'.padEnd(24)}expected`,
    ...rows,
  ].join('\n');
}
