/**
 * One description of a kernel's problem, for whoever drives it: tests, benchmarks, a table of what runs where.
 *
 * To add an operation: a reference in `test/reference/`, a file here that exports its cases, a line in `index.ts`.
 */

import type { BufferSlice } from '../../src/core/buffers.ts';
import type { Gpu } from '../../src/core/gpu.ts';
import type { Program } from '../../src/core/program.ts';

/**
 * How far a kernel may be from its f64 reference. `exact`: every value equal. `rms`: the largest error and the root mean
 * square error, both divided by the root mean square of the reference.
 */
export type Tolerance =
  | { readonly kind: 'exact'; readonly reason: string }
  | { readonly kind: 'rms'; readonly max: number; readonly rms: number; readonly reason: string };

/** What an element of an output must be: near the reference, exactly 0 (padding), or what stood there before. */
export type ElementRule = 'compare' | 'zero' | 'untouched';

/** A buffer that a kernel writes. */
export interface CaseOutput {
  /** What it holds before: the old values of an accumulating kernel; else `unwritten`, which no result may keep. */
  readonly initial: Float32Array<ArrayBuffer>;
  /** The reference, in the device's layout. */
  readonly expected: Float64Array;
  readonly tolerance: Tolerance;
  /** Where not every element is compared. */
  readonly rule?: (index: number) => ElementRule;
  /** Turns the buffer into what `expected` says, where that is not the buffer itself (the sum of partials). */
  readonly observe?: (actual: Float32Array) => Float64Array;
}

/** The buffers of a case, made from its seed. */
export interface CaseValues {
  /** What a variant packs in a form of its own: a convolution's weights. */
  readonly host?: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
  readonly inputs: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
  readonly outputs: Readonly<Record<string, CaseOutput>>;
}

/** What a variant records into, and where its buffers are. */
export interface Recording {
  /** Runs once before: transformed weights. A benchmark does not time it. */
  readonly preparation: Program;
  readonly program: Program;
  /** An input or output of the case. */
  buffer(name: string): BufferSlice;
  /** Values of the case that are not on the device. */
  host(name: string): Float32Array<ArrayBuffer>;
  /** Puts values on the device that a variant has packed. */
  upload(label: string, values: Float32Array<ArrayBuffer>): BufferSlice;
  /** Memory for intermediate results, of unspecified contents. */
  scratch(label: string, sizeBytes: number): BufferSlice;
}

/** One way to solve a case's problem. */
export interface KernelVariant {
  /** The family, and what is special: `direct`, `winograd`, `winograd, bands of 1`. */
  readonly name: string;
  /** It does not run where outputs are stored as f16. */
  readonly makesNoHalf?: boolean;
  /** Where this variant's arithmetic needs another limit than the case says. */
  readonly tolerance?: Tolerance;
  record(recording: Recording): void;
}

export interface KernelCase {
  /** The operation's stem, which names its shaders, host file and reference. */
  readonly op: string;
  /** The shape signature; unique, and the seed of the values. */
  readonly name: string;
  /** Multiplications and additions of the definition, whatever a variant saves. */
  readonly flops: number;
  /** Every input read once, every output written once (and read, where it accumulates). */
  readonly leastBytes: number;
  /** The buffers that may be stored as f16. */
  readonly halves?: readonly string[];
  /** @param stored What storing does to the values of such a buffer, which the reference sees too; nothing when absent. */
  make(stored?: (values: Float32Array<ArrayBuffer>) => Float32Array<ArrayBuffer>): CaseValues;
  /** The variants that this adapter can run. */
  variants(gpu: Gpu): readonly KernelVariant[];
}

/** Content of outputs before a kernel that must overwrite them: large, so that one value kept or read is seen. */
export const unwritten = 1e30;

/** The same where a part of an output is left as it is, which f16 can hold too. */
export const untouched = 2 ** 15;

/** A buffer of `unwritten`. */
export function unwrittenBuffer(values: number): Float32Array<ArrayBuffer> {
  return new Float32Array(values).fill(unwritten);
}

export const exact = (reason: string): Tolerance => ({ kind: 'exact', reason });

/**
 * f32 sums of `terms` products in sequence. Each addition rounds by at most 2⁻²⁴ of the partial sum; the errors add up as a
 * random walk, to about 0.4 · √terms · 2⁻²⁴ of the result's rms. Five times that is allowed, and six times more for the
 * largest of many.
 */
export function accumulated(terms: number): Tolerance {
  const rms = 2 * Math.sqrt(terms) * 2 ** -24;
  return { kind: 'rms', max: 6 * rms, rms, reason: `f32 sum of ${terms} terms: random walk of roundings` };
}

/** Values as they are: what storing does when they are stored as f32. */
export const unchanged = (values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> => values;

/**
 * The tolerance of a result that is then stored as f16. Rounding to 11 bits moves a value by at most 2⁻¹¹ of itself, by a
 * uniform share of that at worst (1/√3 rms), and the largest of many values is some six times their rms. What is exact is one of
 * the inputs, which are f16 already.
 */
export function storedAsHalf(tolerance: Tolerance): Tolerance {
  if (tolerance.kind === 'exact') return tolerance;
  const max = tolerance.max + 6 * 2 ** -11;
  const rms = tolerance.rms + 2 ** -11 / Math.sqrt(3);
  return { kind: 'rms', max, rms, reason: `${tolerance.reason}; then rounded to f16` };
}

/** Bytes of floats. */
export function bytesOf(...counts: readonly number[]): number {
  return 4 * counts.reduce((sum, count) => sum + count, 0);
}
