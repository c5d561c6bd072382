/** What an optimiser remembers of a picture, at another size of it. */

import { resizeField, type Size } from '../images/resize.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';

/**
 * Momenta are resized as the picture is; means of squares bilinearly, so that none becomes negative, and clamped at 0. The number of
 * steps stays: moments that are warm need no correction of their bias. Source: crowsonkb/style-transfer-pytorch, `scale_adam`.
 */
export function resizeState(state: OptimizerState, from: Size, to: Size): OptimizerState {
  const vectors = state.vectors.map((vector) => {
    const values = resizeField(vector.values, from, to, vector.isNonNegative ? 'bilinear' : 'bicubic');
    return { ...vector, values: vector.isNonNegative ? values.map((value) => Math.max(value, 0)) : values };
  });
  return { ...state, vectors };
}
