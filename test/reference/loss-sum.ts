/** The end of an evaluation in f64: the sum of the loss terms, and whether it is the best so far. */

export interface LossSum {
  /** [1 + terms]: the total, then each term. */
  readonly loss: Float64Array;
  /** [2]: the lowest finite total so far; 1 if this evaluation set it, else 0. */
  readonly state: Float64Array;
}

/** loss[1 + t] = scale[t] · Σ_p partial[t][p], loss[0] = Σ_t loss[1 + t]. Layout: partial [terms, partials]. */
export function lossSum(partial: Float64Array, scale: Float64Array, bestBefore: number): LossSum {
  const partials = partial.length / scale.length;
  const terms = [...scale].map(
    (factor, term) => factor * partial.slice(term * partials, (term + 1) * partials).reduce((sum, p) => sum + p, 0),
  );
  const total = terms.reduce((sum, term) => sum + term, 0);
  const isBest = Number.isFinite(total) && total < bestBefore;
  return {
    loss: Float64Array.from([total, ...terms]),
    state: Float64Array.from([isBest ? total : bestBefore, Number(isBest)]),
  };
}

/** best = input where the evaluation set a new lowest total (`isBest` 1), else what it was. */
export function keepBest(input: Float64Array, isBest: number, best: Float64Array): Float64Array {
  return isBest === 1 ? input.slice() : best.slice();
}
