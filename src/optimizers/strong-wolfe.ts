/**
 * A line search for the strong Wolfe conditions, on the host: numbers only, whoever evaluates the objective.
 *
 * Finds t > 0 with f(t) <= f(0) + c₁ t f'(0) and |f'(t)| <= c₂ |f'(0)|, where f(t) is the objective at x₀ + t d.
 *
 * Source: PyTorch's `_strong_wolfe` (torch/optim/lbfgs.py), itself minFunc's WolfeLineSearch; compare Nocedal and Wright
 * (2006), algorithms 3.5 and 3.6. Departures: a value that is not finite counts as infinitely high and halves the
 * bracket (there it makes t NaN), and the evaluations may be limited from outside.
 */

/** Value and slope f'(t) = g·d of the objective at a step length. */
export interface LinePoint {
  readonly loss: number;
  readonly slope: number;
}

interface Point extends LinePoint {
  readonly t: number;
}

export interface StrongWolfeOptions {
  /** Value and slope at t = 0; the slope is negative. */
  readonly start: LinePoint;
  /** The first step length tried. */
  readonly firstStep: number;
  /** max|d|: a bracket in which no value moves by `changeTolerance` ends the search. */
  readonly directionMax: number;
  /**
   * Evaluates the objective at a step length. The search may still return 0 or a step length in `kept` (two at most):
   * the caller that wants the gradient there keeps these through the call, and no others.
   */
  readonly evaluate: (t: number, kept: readonly number[]) => Promise<LinePoint>;
  /**
   * Most evaluations, at least 1. Default 26: the first and PyTorch's 25 iterations (since 2.15 its optimiser allows what
   * is left of `max_eval` instead; searches that need more than a few are the exception).
   */
  readonly maxEvaluations?: number;
  readonly sufficientDecrease?: number;
  readonly curvature?: number;
  readonly changeTolerance?: number;
}

export interface StrongWolfeResult extends Point {
  readonly evaluations: number;
  /** Whether both conditions hold; else the search ran out of evaluations or of room. */
  readonly isSatisfied: boolean;
  /** Whether it ran out of evaluations. */
  readonly isExhausted: boolean;
}

/** PyTorch's defaults: c₁, c₂, the change below which a bracket is a point, and iterations plus the first evaluation. */
export const strongWolfeDefaults = {
  sufficientDecrease: 1e-4,
  curvature: 0.9,
  changeTolerance: 1e-9,
  maxEvaluations: 26,
} as const;

export async function strongWolfe(options: StrongWolfeOptions): Promise<StrongWolfeResult> {
  const search = new Search(options);
  const bracket = await search.bracket(options.firstStep);
  if (bracket.length === 1) return search.result(bracket[0], true);
  return search.zoom(bracket);
}

/** One point that satisfies both conditions, or two that enclose one. */
type Bracket = readonly [Point] | readonly [Point, Point];

class Search {
  readonly #options: Required<StrongWolfeOptions>;
  readonly #start: Point;
  #evaluations = 0;

  constructor(options: StrongWolfeOptions) {
    this.#options = { ...strongWolfeDefaults, ...options };
    this.#start = { t: 0, ...options.start };
  }

  get #isExhausted(): boolean {
    return this.#evaluations >= this.#options.maxEvaluations;
  }

  /** Grows the step until it satisfies the conditions or has passed a point that does (algorithm 3.5). */
  async bracket(firstStep: number): Promise<Bracket> {
    let previous = this.#start;
    let now = await this.#evaluate(firstStep, [0]);
    while (!this.#isExhausted) {
      const hasRisen = this.#evaluations > 2 && now.loss >= previous.loss;
      if (!this.#decreases(now) || hasRisen) return [previous, now];
      if (this.#isFlat(now)) return [now];
      if (now.slope >= 0) return [previous, now];
      const next = cubicMinimum(previous, now, now.t + 0.01 * (now.t - previous.t), now.t * 10);
      previous = now;
      now = await this.#evaluate(next, [previous.t]);
    }
    return [this.#start, now];
  }

  /** Shrinks the bracket around a point that satisfies the conditions (algorithm 3.6). */
  async zoom([first, second]: readonly [Point, Point]): Promise<StrongWolfeResult> {
    let [low, high] = first.loss <= second.loss ? [first, second] : [second, first];
    // Interpolation takes the ends in the order PyTorch keeps them in; it is symmetric but for rounding.
    let isLowFirst = low === first;
    let wasSlow = false;
    while (!this.#isExhausted) {
      if (Math.abs(high.t - low.t) * this.#options.directionMax < this.#options.changeTolerance) break;
      const [left, right] = low.t <= high.t ? [low.t, high.t] : [high.t, low.t];
      const cubic = isLowFirst ? cubicMinimum(low, high, left, right) : cubicMinimum(high, low, left, right);
      const trial = awayFromEnds(cubic, left, right, wasSlow);
      wasSlow = trial.isSlow;
      const now = await this.#evaluate(trial.t, [low.t, high.t]);
      if (!this.#decreases(now) || now.loss >= low.loss) {
        high = now;
        const [inFirst, inSecond] = isLowFirst ? [low, high] : [high, low];
        const keepsFirst = inFirst.loss <= inSecond.loss;
        [low, high] = keepsFirst ? [inFirst, inSecond] : [inSecond, inFirst];
        isLowFirst = keepsFirst;
        continue;
      }
      if (this.#isFlat(now)) return this.result(now, true);
      if (now.slope * (high.t - low.t) >= 0) high = low;
      low = now;
    }
    return this.result(low, false);
  }

  result(point: Point, isSatisfied: boolean): StrongWolfeResult {
    return {
      ...point,
      evaluations: this.#evaluations,
      isSatisfied,
      isExhausted: !isSatisfied && this.#isExhausted,
    };
  }

  /** Armijo's condition. */
  #decreases(point: Point): boolean {
    return point.loss <= this.#start.loss + this.#options.sufficientDecrease * point.t * this.#start.slope;
  }

  /** The curvature condition. */
  #isFlat(point: Point): boolean {
    return Math.abs(point.slope) <= -this.#options.curvature * this.#start.slope;
  }

  async #evaluate(t: number, kept: readonly number[]): Promise<Point> {
    this.#evaluations += 1;
    const { loss, slope } = await this.#options.evaluate(t, kept);
    if (Number.isFinite(loss) && Number.isFinite(slope)) return { t, loss, slope };
    return { t, loss: Number.POSITIVE_INFINITY, slope: 0 };
  }
}

/**
 * Minimum within [least, most] of the cubic through two values and slopes; the middle where it has none or a value is
 * infinite. Source: Nocedal and Wright (2006), equation 3.59; PyTorch's `_cubic_interpolate`.
 */
export function cubicMinimum(a: Point, b: Point, least: number, most: number): number {
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t);
  const square = d1 * d1 - a.slope * b.slope;
  const middle = (least + most) / 2;
  if (!(square >= 0)) return middle;
  const d2 = Math.sqrt(square);
  const position =
    a.t <= b.t
      ? b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
      : a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2));
  return Number.isNaN(position) ? middle : Math.min(Math.max(position, least), most);
}

/**
 * Moves a step length that lies within a tenth of the bracket's length of an end to a tenth from it, unless this is the
 * first such step in a row and it is not the end itself.
 */
function awayFromEnds(t: number, left: number, right: number, wasSlow: boolean): { t: number; isSlow: boolean } {
  const margin = 0.1 * (right - left);
  if (!(Math.min(right - t, t - left) < margin)) return { t, isSlow: false };
  if (!wasSlow && t < right && t > left) return { t, isSlow: true };
  const isNearRight = Math.abs(t - right) < Math.abs(t - left);
  return { t: isNearRight ? right - margin : left + margin, isSlow: false };
}
