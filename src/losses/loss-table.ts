/** Where the loss terms of an evaluation meet: each writes partial sums into its own row, one kernel adds them all. */

import { BufferScope, type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import type { Gpu } from '../core/gpu.ts';
import type { Program } from '../core/program.ts';
import { recordLossSum } from '../kernels/loss-sum.ts';
import { partialsPerTerm } from '../kernels/mse.ts';

const rowBytes = partialsPerTerm * bytesPerFloat;

/** Device bytes of the table for a number of terms. */
export function lossTableBytes(terms: number): number {
  return terms * rowBytes + terms * bytesPerFloat + (1 + terms) * bytesPerFloat + 2 * bytesPerFloat;
}

export class LossTable implements Disposable {
  /** Name of each term, in the order of `values` after the total. */
  readonly names: readonly string[];
  /** [1 + terms]: the total, then each term, after an evaluation. */
  readonly values: BufferSlice;
  /** [2]: the lowest finite total so far, and whether the last evaluation set it. */
  readonly state: BufferSlice;
  readonly #scope: BufferScope;
  readonly #partials: BufferSlice;
  readonly #factors: BufferSlice;

  /** @param terms Each with the factor from the sum of its partial sums to its weighted loss. */
  constructor(gpu: Gpu, terms: readonly { readonly name: string; readonly factor: number }[]) {
    this.names = terms.map(({ name }) => name);
    this.#scope = new BufferScope(gpu.buffers);
    this.#partials = this.#scope.allocate('loss partials', terms.length * rowBytes);
    this.#factors = this.#scope.upload(
      'loss factors',
      Float32Array.from(terms, ({ factor }) => factor),
    );
    this.values = this.#scope.allocate('losses', (1 + terms.length) * bytesPerFloat);
    this.state = this.#scope.upload('best loss', Float32Array.of(Number.POSITIVE_INFINITY, 0));
  }

  /** The row a term writes its partial sums to, [partialsPerTerm]. */
  row(term: number): BufferSlice {
    return { buffer: this.#partials.buffer, offsetBytes: term * rowBytes, sizeBytes: rowBytes };
  }

  /** Records the sums; comes after everything that writes a row. */
  record(program: Program): void {
    recordLossSum(program, {
      partial: this.#partials,
      scale: this.#factors,
      loss: this.values,
      state: this.state,
      terms: this.names.length,
    });
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}
