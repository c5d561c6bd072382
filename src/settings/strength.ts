/**
 * The one dial, from the photograph, 0, to the painting, 1. What it turns together: the weight of the content, 10^(−2.5 s) and, below the usual
 * strength, more, so that 0 is nearly the photograph at every size; how far the start goes from the photograph's colours to the painting's, s;
 * the smoothness, in proportion to s; and the photograph's detail that larger scales get back, 1 − s.
 */

/** Strokes and colours plainly the painting's, the photograph readable. */
export const usualStrength = 0.72;

/** Digits that weights keep, so that a command line can say them in full. */
const digits = 4;

const rounded = (value: number): number => Number(value.toPrecision(digits));

/** @param usual The weight of the content at {@link usualStrength}. */
export function contentWeightAt(usual: number, strength: number = usualStrength): number {
  const away = usualStrength - strength;
  return rounded(usual * 10 ** (2.5 * away + 0.6 * Math.max(away, 0) ** 2));
}

/** @param usual The weight of the total variation at {@link usualStrength}. */
export function tvWeightAt(usual: number, strength: number = usualStrength): number {
  return rounded((usual * strength) / usualStrength);
}

export function detailAt(strength: number = usualStrength): number {
  return rounded(1 - strength);
}
