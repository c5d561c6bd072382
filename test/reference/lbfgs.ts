/**
 * L-BFGS as the textbook writes it, in f64 on lists: the meaning of the device's. Slow and plain on purpose.
 * Source: Nocedal and Wright, Numerical Optimization (2006), algorithm 7.4; torch/optim/lbfgs.py for the conventions.
 */

import { strongWolfe } from '../../src/optimizers/strong-wolfe.ts';

export type Vector = readonly number[];

export interface Evaluation {
  readonly loss: number;
  readonly gradient: Vector;
}

export type HostObjective = (x: Vector) => Evaluation;

export interface Pair {
  /** Change of x. */
  readonly s: Vector;
  /** Change of the gradient. */
  readonly y: Vector;
}

export const dot = (a: Vector, b: Vector): number => a.reduce((sum, value, i) => sum + value * at(b, i), 0);
export const addScaled = (a: Vector, scale: number, b: Vector): number[] =>
  a.map((value, i) => value + scale * at(b, i));
const at = (values: Vector, i: number): number => values[i] ?? Number.NaN;

/** -H g by the two-loop recursion. Pairs run from the oldest to the newest; H₀ = gamma I. */
export function twoLoopDirection(gradient: Vector, pairs: readonly Pair[], gamma: number): number[] {
  let q = gradient.map((value) => -value);
  const alphas: number[] = [];
  for (const { s, y } of [...pairs].reverse()) {
    const alpha = dot(s, q) / dot(y, s);
    q = addScaled(q, -alpha, y);
    alphas.unshift(alpha);
  }
  let r = q.map((value) => gamma * value);
  pairs.forEach(({ s, y }, i) => {
    r = addScaled(r, at(alphas, i) - dot(y, r) / dot(y, s), s);
  });
  return r;
}

/** The curvature pairs and the last point, fed one gradient at a time. */
export class PairMemory {
  readonly history: number;
  pairs: readonly Pair[] = [];
  gamma = 1;
  #previous: Vector | undefined;

  constructor(history: number) {
    this.history = history;
  }

  /** Whether no direction was made yet. */
  get isFresh(): boolean {
    return this.#previous === undefined;
  }

  /** The direction at a point with this gradient, which the last step `s` (absent at first) has led to. */
  direction(gradient: Vector, s?: Vector): number[] {
    if (this.#previous !== undefined && s !== undefined) {
      const y = addScaled(gradient, -1, this.#previous);
      const curvature = dot(y, s);
      if (curvature > 1e-10) {
        this.pairs = [...this.pairs, { s, y }].slice(-this.history);
        this.gamma = curvature / dot(y, y);
      }
    }
    this.#previous = gradient;
    return twoLoopDirection(gradient, this.pairs, this.gamma);
  }
}

export const norm1 = (values: Vector): number => values.reduce((sum, value) => sum + Math.abs(value), 0);

export interface ReferenceOptions {
  readonly history: number;
  readonly learningRate: number;
  readonly lineSearch: 'none' | 'strong-wolfe';
  readonly evaluations: number;
}

export interface ReferenceTrace {
  /** The value at each evaluation. */
  readonly losses: readonly number[];
  /** The variable at the last evaluation. */
  readonly last: Vector;
}

/** Spends `evaluations` and no more; the search it is in is cut off there, as in the fixture's PyTorch. */
export async function referenceLbfgs(
  objective: HostObjective,
  start: Vector,
  options: ReferenceOptions,
): Promise<ReferenceTrace> {
  const losses: number[] = [];
  let last = start;
  const evaluate = (x: Vector): Evaluation => {
    const result = objective(x);
    if (losses.length < options.evaluations) {
      losses.push(result.loss);
      last = x;
    }
    return result;
  };
  const memory = new PairMemory(options.history);
  let x = start;
  let now = evaluate(x);
  let s: Vector | undefined;
  while (losses.length < options.evaluations) {
    const factor = memory.isFresh ? Math.min(1, 1 / norm1(now.gradient)) : 1;
    const d = memory.direction(now.gradient, s);
    let t = factor * options.learningRate;
    if (options.lineSearch === 'none') {
      x = addScaled(x, t, d);
      now = evaluate(x);
    } else {
      const found = await searchAlong(evaluate, x, d, t, now);
      t = found.t;
      x = addScaled(x, t, d);
      now = found.now;
    }
    s = d.map((value) => t * value);
  }
  return { losses, last };
}

async function searchAlong(evaluate: HostObjective, x: Vector, d: Vector, firstStep: number, start: Evaluation) {
  const seen = new Map<number, Evaluation>([[0, start]]);
  const { t } = await strongWolfe({
    start: { loss: start.loss, slope: dot(start.gradient, d) },
    firstStep,
    directionMax: Math.max(...d.map(Math.abs)),
    evaluate: async (step) => {
      const result = evaluate(addScaled(x, step, d));
      seen.set(step, result);
      return { loss: result.loss, slope: dot(result.gradient, d) };
    },
  });
  return { t, now: seen.get(t) ?? start };
}
