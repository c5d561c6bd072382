/** How L-BFGS lays out its device memory: pure arithmetic, so that a plan can count the bytes before they are taken. */

import { bindingAlignmentBytes, bytesPerFloat, roundUp } from '../core/buffers.ts';
import { LimitError } from '../core/errors.ts';
import { checkNumber } from '../core/numbers.ts';
import { parameterPageBytes } from '../core/program.ts';
import { membersOf } from './lbfgs-structs.ts';

/** The coefficient kernel keeps two numbers for each pair in workgroup memory of this capacity. */
export const mostHistory = 512;

/** Pairs an invocation of `lbfgs_products` takes. */
export const pairsPerInvocation = 5;

export const workgroupSize = 64;

/** Least values an invocation of a reduction should add, so that its fixed cost and its partials stay small. */
const valuesPerColumn = 64;

/** Enough invocations to fill any adapter; more only make more partials. */
const mostInvocations = 32768;

/** A buffer of the ring and the slots of the pairs that lie in it. */
export interface HistoryPart {
  readonly firstSlot: number;
  readonly slots: number;
}

export interface LbfgsLayout {
  readonly size: number;
  readonly history: number;
  readonly lineSearch: boolean;
  /** Distance of rows in a history buffer, in floats. */
  readonly pitch: number;
  readonly parts: readonly HistoryPart[];
  /** Partial results of each inner product. */
  readonly columns: number;
  readonly products: number;
}

export interface LbfgsLayoutOptions {
  /** Whether a line search is planned; it keeps x₀ and two gradients. Default false. */
  readonly lineSearch?: boolean;
  /** Most bytes of one history buffer, at most the adapter's `maxStorageBufferBindingSize`; default 128 MiB. */
  readonly maxBufferBytes?: number;
}

/** WebGPU's default for `maxStorageBufferBindingSize`. */
const defaultBufferBytes = 128 * 1024 * 1024;

/** @throws InputError where a number makes no sense. LimitError where not even one pair fits a buffer. */
export function lbfgsLayout(size: number, history: number, options: LbfgsLayoutOptions = {}): LbfgsLayout {
  checkNumber('L-BFGS: size of the variable', size, { from: 1, whole: true });
  checkNumber('L-BFGS: history', history, { from: 1, to: mostHistory, whole: true });
  // 16 floats of distance: rows a multiple of a page apart would share cache sets and push each other out on a CPU adapter.
  const pitch = roundUp(size, 16) + 16;
  const pairBytes = 2 * pitch * bytesPerFloat;
  const available = options.maxBufferBytes ?? defaultBufferBytes;
  const slotsPerBuffer = Math.floor(available / pairBytes);
  if (slotsPerBuffer < 1) {
    throw new LimitError({
      limit: 'maxStorageBufferBindingSize',
      needed: pairBytes,
      available,
      message: `L-BFGS: a curvature pair of ${size} values takes ${pairBytes} bytes, but a buffer holds ${available}; use Adam or a smaller picture`,
    });
  }
  const parts: HistoryPart[] = [];
  for (let firstSlot = 0; firstSlot < history; firstSlot += slotsPerBuffer) {
    parts.push({ firstSlot, slots: Math.min(slotsPerBuffer, history - firstSlot) });
  }
  const blocks = Math.ceil(Math.min(history, slotsPerBuffer) / pairsPerInvocation);
  const columns = Math.min(
    roundUp(Math.ceil(size / valuesPerColumn), workgroupSize),
    roundUp(Math.ceil(mostInvocations / blocks), workgroupSize),
  );
  const products = membersOf('CandidateProducts') + membersOf('PairProducts') * history;
  return { size, history, lineSearch: options.lineSearch ?? false, pitch, parts, columns, products };
}

/** Floats of every buffer, by what it holds. The key of a history buffer is its index. */
export function lbfgsFloats(layout: LbfgsLayout): {
  readonly history: readonly number[];
  readonly vectors: number;
  readonly partial: number;
  readonly total: number;
  readonly state: number;
  readonly scalar: number;
  readonly matrix: number;
  readonly coefficient: number;
} {
  return {
    history: layout.parts.map(({ slots }) => slots * 2 * layout.pitch),
    vectors: layout.lineSearch ? 5 : 2,
    partial: layout.products * layout.columns,
    total: layout.products,
    state: membersOf('Ring'),
    scalar: membersOf('Scalars'),
    matrix: 2 * layout.history * layout.history,
    coefficient: 1 + 2 * layout.history,
  };
}

/** Dispatches of each program L-BFGS records: their parameters are memory too. */
export function lbfgsDispatches(layout: LbfgsLayout): readonly number[] {
  const parts = layout.parts.length;
  const recursion = 3 + 2 * parts;
  // With a line search: x₀ and slope after the direction; slope; trial; accept; two copies to keep, three to restore.
  return layout.lineSearch ? [recursion, parts + 3, 2, 1, 1, 1, 1, 1, 1, 1] : [recursion, parts];
}

/** Device bytes that `Lbfgs.create` takes for `size` values and `history` pairs, parameters included. */
export function lbfgsBytes(size: number, history: number, options: LbfgsLayoutOptions = {}): number {
  const layout = lbfgsLayout(size, history, options);
  const floats = lbfgsFloats(layout);
  const ring = floats.history.reduce((sum, part) => sum + part, 0);
  const small = floats.partial + floats.total + floats.state + floats.scalar + floats.matrix + floats.coefficient;
  const parameters = lbfgsDispatches(layout).map((count) => roundUp(count * bindingAlignmentBytes, parameterPageBytes));
  return (ring + floats.vectors * size + small) * bytesPerFloat + parameters.reduce((sum, page) => sum + page, 0);
}
