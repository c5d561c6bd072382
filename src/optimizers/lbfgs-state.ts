/** The state of L-BFGS on the host and back: all that a step reads and the steps before it have left. */

import { type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import type { Gpu } from '../core/gpu.ts';
import type { LbfgsBuffers } from './lbfgs-kernels.ts';
import { type LbfgsLayout, mostHistory } from './lbfgs-layout.ts';
import { readStruct } from './lbfgs-structs.ts';
import { type OptimizerState, type StateVector, vectorsProblem } from './optimizer.ts';

/** Values of the objective, undefined where none is known. */
export interface LbfgsLosses {
  /** At x, whose gradient then is the objective's present one. */
  readonly loss: number | undefined;
  /** At the point before. */
  readonly previousLoss: number | undefined;
}

/** The device memory of an optimiser, and the gradient of what it minimises. */
export interface LbfgsPlaces {
  readonly layout: LbfgsLayout;
  readonly buffers: LbfgsBuffers;
  readonly gradient: BufferSlice;
}

/** `stored` of a ring whose last candidate was not kept, as the shaders have it. */
const nothingStored = 0xffffffff;

/** Reads the state, a row at a time, so that reading takes no more device memory than a vector. Of the ring only the pairs that are there. */
export async function readLbfgsState(gpu: Gpu, places: LbfgsPlaces, losses: LbfgsLosses): Promise<OptimizerState> {
  const ring = await readStruct(gpu, places.buffers.state, 'Ring');
  const count = ring('count');
  const vectors: StateVector[] = [];
  for (const [name, slices] of slicesOf(places, count, losses.loss !== undefined)) {
    const rows: Float32Array[] = [];
    for (const slice of slices) rows.push(await gpu.read(slice));
    vectors.push({ name, isNonNegative: false, values: joined(rows) });
  }
  const { loss, previousLoss } = losses;
  const numbers = {
    count,
    oldest: ring('oldest'),
    stored: ring('stored'),
    ...(loss === undefined ? {} : { loss }),
    ...(previousLoss === undefined ? {} : { previousLoss }),
  };
  return { optimizer: 'lbfgs', steps: ring('iterations'), numbers, vectors };
}

/** Writes back what {@link readLbfgsState} read: a state without an {@link lbfgsStateProblem}. */
export function writeLbfgsState({ device: { queue } }: Gpu, places: LbfgsPlaces, state: OptimizerState): void {
  const { count = 0, oldest = 0, stored = nothingStored, loss } = state.numbers ?? {};
  for (const [name, slices] of slicesOf(places, count, loss !== undefined)) {
    const values = state.vectors.find((vector) => vector.name === name)?.values;
    let from = 0;
    for (const { buffer, offsetBytes, sizeBytes } of slices) {
      const to = from + sizeBytes / bytesPerFloat;
      if (values !== undefined) queue.writeBuffer(buffer, offsetBytes, values.slice(from, to));
      from = to;
    }
  }
  const { buffer, offsetBytes } = places.buffers.state;
  queue.writeBuffer(buffer, offsetBytes, Uint32Array.of(count, oldest, state.steps, stored));
}

/** What keeps L-BFGS from going on with a state; undefined where nothing does. The shaders trust what they are given. */
export function lbfgsStateProblem(state: OptimizerState, size: number): string | undefined {
  const { count = Number.NaN, oldest = Number.NaN, stored = Number.NaN, loss } = state.numbers ?? {};
  const isIndex = (value: number, below: number): boolean => Number.isSafeInteger(value) && value >= 0 && value < below;
  if (state.optimizer !== 'lbfgs') return `lbfgs cannot go on with the state of ${state.optimizer}`;
  const history = ringOf(state);
  if (!isIndex(history - 1, mostHistory)) {
    return `lbfgs has ${productsOf(state).length} products, expected 2 m² for a ring of m pairs, at most ${mostHistory}`;
  }
  if (!isIndex(count, history + 1)) return `lbfgs has ${count} pairs, expected at most ${history}`;
  const isRing = isIndex(oldest, count < history ? 1 : history) && isIndex(state.steps, 2 ** 32);
  if (!isRing || !(isIndex(stored, history) || stored === nothingStored)) {
    return `lbfgs has a ring of ${count} pairs that begins at slot ${oldest} and stored slot ${stored} at step ${state.steps}, which cannot be`;
  }
  const lengths = { candidate: size, 'previous gradient': size, pairs: 2 * count * size, ...smallLengths(history) };
  return vectorsProblem(state, loss === undefined ? lengths : { ...lengths, gradient: size });
}

/**
 * The same state in a ring for another number of pairs: the latest that fit it, in order from its first slot. One that has the number
 * already stays as it is, to the bit of every step that follows.
 *
 * @param state One without an {@link lbfgsStateProblem}.
 */
export function inRingOf(history: number, state: OptimizerState): OptimizerState {
  const before = ringOf(state);
  if (before === history) return state;
  const { count: had = 0, oldest = 0, stored = nothingStored } = state.numbers ?? {};
  const count = Math.min(had, history);
  const slots = Array.from({ length: count }, (_, index) => (oldest + had - count + index) % before);
  const movedStored = slots.indexOf(stored);
  const vectors = state.vectors.map((vector): StateVector => {
    const { name, values } = vector;
    if (name === 'pairs') return { ...vector, values: joined(slots.map((slot) => rowOf(values, had, slot))) };
    return name === 'products' ? { ...vector, values: movedProducts(values, before, history, slots) } : vector;
  });
  const numbers = { ...state.numbers, count, oldest: 0, stored: movedStored === -1 ? nothingStored : movedStored };
  return { ...state, numbers, vectors };
}

/** One of so many rows of a matrix. */
function rowOf(values: Float32Array, rows: number, row: number): Float32Array {
  const length = values.length / rows;
  return values.subarray(row * length, (row + 1) * length);
}

/** Both matrices of products with the rows and columns of the kept slots first. */
function movedProducts(
  values: Float32Array,
  before: number,
  history: number,
  slots: readonly number[],
): Float32Array<ArrayBuffer> {
  const moved = new Float32Array(2 * history * history);
  for (const matrix of [0, 1]) {
    for (const [row, from] of slots.entries()) {
      const line = rowOf(values, 2 * before, matrix * before + from);
      moved.set(
        slots.map((slot) => line[slot] ?? 0),
        (matrix * history + row) * history,
      );
    }
  }
  return moved;
}

function productsOf({ vectors }: OptimizerState): Float32Array {
  return vectors.find(({ name }) => name === 'products')?.values ?? new Float32Array();
}

/** Pairs that a state's ring has slots for; no whole number where its products are none of a ring. */
function ringOf(state: OptimizerState): number {
  return Math.sqrt(productsOf(state).length / 2);
}

function smallLengths(history: number) {
  return { products: 2 * history * history, scale: 1 };
}

/** Where each vector lies: `pairs` is [count, 2, size] by slot, `products` [2, history, history], `scale` γ of H₀. */
function slicesOf(
  { layout, buffers, gradient }: LbfgsPlaces,
  count: number,
  isLossKnown: boolean,
): ReadonlyMap<string, readonly BufferSlice[]> {
  const { scale } = smallLengths(layout.history);
  return new Map<string, readonly BufferSlice[]>([
    ['candidate', [buffers.candidate]],
    ['previous gradient', [buffers.gradientPrevious]],
    ['pairs', rowsOf(layout, buffers).slice(0, 2 * count)],
    ['products', [buffers.matrix]],
    ['scale', [{ ...buffers.scalar, sizeBytes: scale * bytesPerFloat }]],
    // A search begins with it; a fixed step evaluates first.
    ...(isLossKnown ? [['gradient', [gradient]] as const] : []),
  ]);
}

/** s and y of every slot, in turn. */
function rowsOf({ size, pitch, parts }: LbfgsLayout, { history }: LbfgsBuffers): readonly BufferSlice[] {
  return parts.flatMap(({ slots }, index) => {
    const part = history[index];
    if (part === undefined) return [];
    return Array.from({ length: 2 * slots }, (_, row) => ({
      buffer: part.buffer,
      offsetBytes: part.offsetBytes + row * pitch * bytesPerFloat,
      sizeBytes: size * bytesPerFloat,
    }));
  });
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const [first] = rows;
  if (rows.length === 1 && first !== undefined) return first;
  const values = new Float32Array(rows.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const row of rows) {
    values.set(row, at);
    at += row.length;
  }
  return values;
}
