/**
 * How large weights may be. What is multiplied by them must stay in f32, below 3.4e38, and L-BFGS adds up squares of the gradient: with the
 * largest weight of a loss and of a layer together, 1e14, a gradient may be 1e5 long where it is for a weight of 1.
 */

export const lossWeightRange = { from: 0, to: 1e10 } as const;

/** Of a layer, a factor on the weight of its loss. */
export const layerWeightRange = { from: 0, to: 1e4 } as const;

/** Of a painting in a mix: its share of the sum is what counts. */
export const mixWeightRange = lossWeightRange;
