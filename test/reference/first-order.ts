/** SGD, RMSprop and Adam in f64, as torch/optim/sgd.py, rmsprop.py and adam.py state them, one value at a time. */

import type { HostObjective, ReferenceTrace, Vector } from './lbfgs.ts';

export type FirstOrderName = 'sgd' | 'rmsprop' | 'adam';

export interface ReferenceValues {
  readonly learningRate: number;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly beta2?: number;
  readonly weightDecay?: number;
}

export interface ReferenceFirstOrderOptions {
  readonly evaluations: number;
  /** At each step, counted from 0. */
  readonly values: ReferenceValues | ((step: number) => ReferenceValues);
  readonly clamp?: readonly [number, number];
}

const epsilon = 1e-8;

/** What is remembered of one value of the variable. */
interface Memory {
  b: number;
  v: number;
}

/** `last` is the variable at the last evaluation. */
export function referenceFirstOrder(
  name: FirstOrderName,
  objective: HostObjective,
  start: Vector,
  { evaluations, values, clamp }: ReferenceFirstOrderOptions,
): ReferenceTrace {
  const [low, high] = clamp ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const memory = start.map((): Memory => ({ b: 0, v: 0 }));
  let x = start;
  let last = start;
  const losses: number[] = [];
  for (let step = 0; step < evaluations; step++) {
    const { loss, gradient } = objective(x);
    losses.push(loss);
    last = x;
    const now = typeof values === 'function' ? values(step) : values;
    const { learningRate, weightDecay = 0 } = now;
    x = x.map((value, i) => {
      const g = (gradient[i] ?? Number.NaN) + weightDecay * value;
      const change = changeOf[name](g, memory[i] ?? { b: 0, v: 0 }, now, step + 1);
      return Math.min(Math.max(value - learningRate * change, low), high);
    });
  }
  return { losses, last };
}

/** What the rate is multiplied by. */
const changeOf: Readonly<
  Record<FirstOrderName, (g: number, memory: Memory, values: ReferenceValues, step: number) => number>
> = {
  sgd(g, memory, { momentum = 0, nesterov = false }) {
    memory.b = momentum * memory.b + g;
    return nesterov ? g + momentum * memory.b : memory.b;
  },
  rmsprop(g, memory, { momentum = 0, beta2: alpha = 0.99 }) {
    memory.v = alpha * memory.v + (1 - alpha) * g * g;
    memory.b = momentum * memory.b + g / (Math.sqrt(memory.v) + epsilon);
    return memory.b;
  },
  adam(g, memory, { momentum: beta1 = 0.9, beta2 = 0.999 }, step) {
    memory.b = beta1 * memory.b + (1 - beta1) * g;
    memory.v = beta2 * memory.v + (1 - beta2) * g * g;
    return memory.b / (1 - beta1 ** step) / (Math.sqrt(memory.v / (1 - beta2 ** step)) + epsilon);
  },
};
