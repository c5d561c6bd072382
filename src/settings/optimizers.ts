/**
 * The optimisers as a user chooses among them: an entry each. What computes them is `transfer/phase-optimizer.ts`, where each
 * has an entry too.
 */

import { namesOf } from './names.ts';
import { ofPreset, type PresetName, type PresetValues } from './preset-names.ts';

/** Fields of a phase that only some optimisers have, and what holds where a phase does not say. */
export interface OptimizerFields {
  /** Momentum, or what stands for it. */
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly beta2?: number;
  readonly weightDecay?: number;
}

export interface OptimizerEntry {
  readonly fields: OptimizerFields;
  /** What the papers call its momentum, where that is another word. */
  readonly momentumSymbol?: string;
  /**
   * The rate where none is said. PyTorch's default for L-BFGS, whose first step is scaled by the gradient's norm, and
   * crowsonkb/style-transfer-pytorch's for Adam on pictures in 0..1; RMSprop's steps are of the same size. SGD's goes with the weights of
   * the losses, so each preset has its own, and with the number of pixels: these were found at 48 to 128 pixels, with momentum 0.9.
   */
  readonly usualRate: number | PresetValues<number>;
  /** The momentum where not even phases are said, of optimisers that are of little use without: fast.ai's and the lecture's for SGD. */
  readonly usualMomentum?: number;
}

/**
 * β₂ of Adam is crowsonkb/style-transfer-pytorch's; PyTorch's 0.999 remembers the large gradients of the start for too long. All other
 * values of fields are PyTorch's.
 */
const entries = {
  lbfgs: { fields: {}, usualRate: 1 },
  sgd: {
    fields: { momentum: 0, nesterov: false, weightDecay: 0 },
    usualRate: { default: 1e-5, gram: 0.1, lecture: 3e-8 },
    usualMomentum: 0.9,
  },
  rmsprop: { fields: { momentum: 0, beta2: 0.99, weightDecay: 0 }, usualRate: 0.01 },
  adam: { fields: { momentum: 0.9, beta2: 0.99, weightDecay: 0 }, momentumSymbol: 'β₁', usualRate: 0.02 },
} as const satisfies Readonly<Record<string, OptimizerEntry>>;

export type OptimizerName = keyof typeof entries;

export const optimizers: Readonly<Record<OptimizerName, OptimizerEntry>> = entries;

export const optimizerNames = namesOf(optimizers);

export function usualRate(optimizer: OptimizerName, preset: PresetName): number {
  const { usualRate } = optimizers[optimizer];
  return typeof usualRate === 'number' ? usualRate : ofPreset(usualRate, preset);
}

/** Undefined where it has none. */
export function usualMomentum(optimizer: OptimizerName): number | undefined {
  const { usualMomentum: usual, fields } = optimizers[optimizer];
  return usual ?? fields.momentum;
}

/** `lbfgs 1, sgd 0.1, or with lecture 3e-8, …` */
export function describeRates(): string {
  const words = optimizerNames.map((name) => {
    const { usualRate: rate } = optimizers[name];
    if (typeof rate === 'number') return `${name} ${rate}`;
    const others = Object.entries(rate).filter(([preset]) => preset !== 'default');
    return `${name} ${rate.default}, or with ${others.map(([preset, value]) => `${preset} ${value}`).join(' and ')}`;
  });
  return words.join(', ');
}

/** `sgd 0.9, rmsprop 0, adam 0.9 as β₁` */
export function describeMomenta(): string {
  const words = optimizerNames.flatMap((name) => {
    const { momentumSymbol: symbol } = optimizers[name];
    const momentum = usualMomentum(name);
    return momentum === undefined ? [] : [`${name} ${momentum}${symbol === undefined ? '' : ` as ${symbol}`}`];
  });
  return words.join(', ');
}
