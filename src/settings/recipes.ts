/**
 * Well-known learning-rate schedules as lists of phases. The names and shapes are those of fast.ai's notebook
 * training_phase.ipynb, but for `multi-scale`, which is crowsonkb/style-transfer-pytorch's. Each spends `steps` in all, shared out
 * in whole steps; a part that comes to none is left out.
 */

import { namesOf } from './names.ts';
import { type OptimizerName, optimizers } from './optimizers.ts';
import type { ListedPhase, Phase, Scheduled } from './phase.ts';
import { leastSide } from './sizes.ts';

/** What every recipe is given: what all its phases have in common. */
export interface RecipeBasis {
  /** In all. */
  readonly steps: number;
  readonly optimizer: OptimizerName;
  /** The highest. */
  readonly learningRate: number;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly beta2?: number;
  readonly weightDecay?: number;
  readonly scale?: number;
}

/** Whole numbers that add up to `steps`, in the proportion of `shares` to within one. */
export function shareOut(steps: number, shares: readonly number[]): readonly number[] {
  const whole = shares.reduce((sum, share) => sum + share, 0);
  let before = 0;
  let past = 0;
  return shares.map((share) => {
    past += share;
    const until = Math.round((steps * past) / whole);
    const count = until - before;
    before = until;
    return count;
  });
}

/** A part of a recipe: its share of the steps, and what it changes of the basis. */
type Part = { readonly share: number } & Partial<Omit<Phase, 'steps'>>;

function phasesOf(basis: RecipeBasis, parts: readonly Part[]): readonly ListedPhase[] {
  const counts = shareOut(
    basis.steps,
    parts.map(({ share }) => share),
  );
  return parts.flatMap(({ share: _, ...part }, index): readonly ListedPhase[] => {
    const steps = counts[index] ?? 0;
    return steps === 0 ? [] : [{ ...basis, ...part, steps }];
  });
}

/** One rate throughout. */
export function constant(basis: RecipeBasis): readonly ListedPhase[] {
  return phasesOf(basis, [{ share: 1 }]);
}

/** From the rate to 0 along half a cosine. */
export function cosineToZero(basis: RecipeBasis): readonly ListedPhase[] {
  return phasesOf(basis, [{ share: 1, learningRate: { start: basis.learningRate, decay: 'cosine' } }]);
}

export interface LowRate {
  /** The rate at the end; default a tenth of the highest. */
  readonly lowRate?: number;
}

/** The high rate for a quarter of the steps, then the low one. */
export function step(basis: RecipeBasis, options: LowRate = {}): readonly ListedPhase[] {
  return phasesOf(basis, [{ share: 1 }, { share: 3, learningRate: lowRateOf(basis, options) }]);
}

/** Thirds: the high rate to explore, a linear decay to zoom in, the low rate to fine-tune. */
export function fixedDecayFixed(basis: RecipeBasis, options: LowRate = {}): readonly ListedPhase[] {
  const low = lowRateOf(basis, options);
  return phasesOf(basis, [
    { share: 1 },
    { share: 1, learningRate: { start: basis.learningRate, end: low, decay: 'linear' } },
    { share: 1, learningRate: low },
  ]);
}

/** Thirds: the high rate, a cosine to 0, then back up to the low rate. */
export function zeroAndBack(basis: RecipeBasis, options: LowRate = {}): readonly ListedPhase[] {
  return phasesOf(basis, [
    { share: 1 },
    { share: 1, learningRate: { start: basis.learningRate, decay: 'cosine' } },
    { share: 1, learningRate: lowRateOf(basis, options) },
  ]);
}

function lowRateOf({ learningRate }: RecipeBasis, { lowRate = learningRate / 10 }: LowRate): number {
  return lowRate;
}

export interface SgdrOptions {
  /** Default 3. */
  readonly cycles?: number;
  /** Length of a cycle in that of the one before; default 2. */
  readonly multiplier?: number;
}

/** SGD with restarts: a twentieth of the first cycle at a hundredth of the rate, then cosines to 0, each cycle longer (`phases_sgdr`). */
export function sgdr(basis: RecipeBasis, { cycles = 3, multiplier = 2 }: SgdrOptions = {}): readonly ListedPhase[] {
  const { learningRate } = basis;
  const cosine: Scheduled = { start: learningRate, decay: 'cosine' };
  const later = Array.from({ length: cycles - 1 }, (_, i) => ({
    share: multiplier ** (i + 1),
    learningRate: cosine,
  }));
  return phasesOf(basis, [
    { share: 1 / 20, learningRate: learningRate / 100 },
    { share: 19 / 20, learningRate: cosine },
    ...later,
  ]);
}

export interface OneCycleOptions {
  /** Share of the steps in which the rate rises, below a half; it falls in as many, and the rest is the last stretch. Default 0.3. */
  readonly rise?: number;
  /** The rate starts at the highest divided by this; default 10. */
  readonly divisor?: number;
  /** Highest and lowest, of optimisers that have one; default 0.95 and 0.85. */
  readonly momenta?: readonly [most: number, least: number];
}

/** The rate up and down, the momentum down and up, then a last stretch to a hundredth of the first rate (`phases_1cycle`). */
export function oneCycle(basis: RecipeBasis, options: OneCycleOptions = {}): readonly ListedPhase[] {
  const { rise = 0.3, divisor = 10, momenta = [0.95, 0.85] } = options;
  const { learningRate: top } = basis;
  const low = top / divisor;
  const [most, least] = momenta;
  return phasesOf(basis, [
    {
      share: rise,
      learningRate: { start: low, end: top, decay: 'linear' },
      ...momentumOf(basis, { start: most, end: least, decay: 'linear' }),
    },
    {
      share: rise,
      learningRate: { start: top, end: low, decay: 'linear' },
      ...momentumOf(basis, { start: least, end: most, decay: 'linear' }),
    },
    {
      share: 1 - 2 * rise,
      learningRate: { start: low, end: low / 100, decay: 'linear' },
      ...momentumOf(basis, most),
    },
  ]);
}

/** Some optimisers have no momentum to schedule. */
function momentumOf({ optimizer }: RecipeBasis, momentum: Scheduled): { readonly momentum?: Scheduled } {
  return 'momentum' in optimizers[optimizer].fields ? { momentum } : {};
}

export interface CircularOptions {
  /** Default 1. */
  readonly cycles?: number;
  /** The rate is lowest at the highest divided by this; default 4. */
  readonly divisor?: number;
  /** A cycle rises for its length divided by this; default 8. */
  readonly cutDivisor?: number;
}

/** Slanted triangles: a short linear rise and a long linear fall, again and again (`CircularLR`). */
export function circular(basis: RecipeBasis, options: CircularOptions = {}): readonly ListedPhase[] {
  const { cycles = 1, divisor = 4, cutDivisor = 8 } = options;
  const { learningRate: top } = basis;
  const low = top / divisor;
  const parts: readonly Part[] = [
    { share: 1, learningRate: { start: low, end: top, decay: 'linear' } },
    { share: cutDivisor - 1, learningRate: { start: top, end: low, decay: 'linear' } },
  ];
  return phasesOf(basis, Array.from({ length: cycles }, () => parts).flat());
}

/** The finder's range of rates, and how far above the lowest loss so far it ends. */
export const rateFinderDefaults = { from: 1e-5, to: 10, stopAbove: 4 } as const;

/** A rate that grows exponentially, to see where the loss falls and where it bursts. `basis.learningRate` is not used. */
export function rateFinder(
  basis: Omit<RecipeBasis, 'learningRate'>,
  options: { readonly from?: number; readonly to?: number } = {},
): readonly ListedPhase[] {
  const { from, to } = { ...rateFinderDefaults, ...options };
  return phasesOf({ ...basis, learningRate: from }, [
    { share: 1, learningRate: { start: from, end: to, decay: 'exponential' } },
  ]);
}

/** `count` longest sides that grow by √2 up to `size`; fewer where they would be below `least`. */
export function scalesTo(size: number, count: number, least: number = leastSide): readonly number[] {
  const scales = Array.from({ length: count }, (_, i) => Math.round(size / 2 ** (i / 2)));
  return scales.filter((scale, i) => i === 0 || scale >= least).reverse();
}

/** Longest sides that grow by √2 up to `size`, none below `least` but the last. */
export function scalesUpTo(size: number, least: number): readonly number[] {
  return scalesTo(size, 1 + Math.max(0, Math.ceil(2 * Math.log2(size / least)) + 1)).filter(
    (scale) => scale >= least || scale === size,
  );
}

/**
 * A recipe at each scale in turn, the first with twice the steps of each later one. Of too many scales for the steps the smallest are left
 * out, so that each has a step, the last above all.
 */
export function atScales(
  basis: RecipeBasis,
  scales: readonly number[],
  recipe: (basis: RecipeBasis) => readonly ListedPhase[],
): readonly ListedPhase[] {
  const counts = shareOut(
    basis.steps,
    scales.map((_, index) => (index === 0 ? 2 : 1)),
  );
  if (scales.length > 1 && counts.includes(0)) return atScales(basis, scales.slice(1), recipe);
  return scales.flatMap((scale, index) => recipe({ ...basis, steps: counts[index] ?? 0, scale }));
}

/** A recipe at each scale in turn with `basis.steps`, at the first of several with twice as many. */
export function atEachScale(
  basis: RecipeBasis,
  scales: readonly number[],
  recipe: (basis: RecipeBasis) => readonly ListedPhase[],
): readonly ListedPhase[] {
  const stepsAt = (index: number): number => (index === 0 && scales.length > 1 ? 2 : 1) * basis.steps;
  return scales.flatMap((scale, index) => recipe({ ...basis, steps: stepsAt(index), scale }));
}

/** Longest sides that a picture of `size` is painted at: from half of it, or from 128 where that is less. */
export function usualScales(size: number): readonly number[] {
  return scalesUpTo(size, Math.min(128, size / 2));
}

/** crowsonkb/style-transfer-pytorch: Adam at scales that grow by √2 from `least` to `size`, its state enlarged with the picture. */
export function multiScale(
  basis: Pick<RecipeBasis, 'steps'>,
  { size, least = 128 }: { readonly size: number; readonly least?: number },
): readonly ListedPhase[] {
  const adam = { optimizer: 'adam', learningRate: 0.02, momentum: 0.9, beta2: 0.99 } as const;
  return atScales({ ...basis, ...adam }, scalesUpTo(size, least), constant);
}

/** The recipes that need no more than the basis, by the names that a user knows. */
export const recipes = {
  constant,
  cosine: cosineToZero,
  step,
  'fixed-decay-fixed': fixedDecayFixed,
  'zero-and-back': zeroAndBack,
  sgdr,
  'one-cycle': oneCycle,
  circular,
} as const satisfies Readonly<Record<string, (basis: RecipeBasis) => readonly ListedPhase[]>>;

export type RecipeName = keyof typeof recipes;
export const recipeNames = namesOf(recipes);
