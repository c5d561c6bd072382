/** What an optimiser minimises, and how it spends evaluations. Optimisers know neither networks nor pictures. */

import type { BufferSlice } from '../core/buffers.ts';
import type { Program } from '../core/program.ts';

/** A differentiable function whose variable, gradient and value live on the device. */
export interface DeviceObjective {
  /** Number of values of the variable. */
  readonly size: number;
  /** [size]; an evaluation reads it, the optimiser updates it in place. */
  readonly variable: BufferSlice;
  /** [size]; every evaluation overwrites it with the gradient at the variable's present value. */
  readonly gradient: BufferSlice;
}

/** Spends evaluations of an objective on behalf of an optimiser; the run that owns it counts, traces and stops. */
export interface Evaluator {
  /** Evaluations that may still be spent; at least 1 when `step` is called. */
  readonly remaining: number;

  /**
   * Submits one evaluation and then `after`, in one submit. Resolves as soon as another submit may follow: it waits for
   * the device only when several are in flight, so a step without a line search never blocks on a readback.
   */
  submit(after: readonly Program[]): Promise<void>;

  /** The same, and waits for the value of the objective at that point, which must be finite for anything to go on from there. */
  evaluate(after: readonly Program[]): Promise<number>;

  /** The same at a point that the optimiser may still reject: where the value is not finite, that is what it resolves with. */
  evaluateTrial(after: readonly Program[]): Promise<number>;
}

/** Why an optimiser wants to end before its evaluations are spent. */
export type StopReason = 'gradient-tolerance' | 'change-tolerance';

/** What a step is told besides the gradient. An optimiser has the rate, and what else its update rule speaks of. */
export interface StepValues {
  /** Finite, not negative. */
  readonly learningRate: number;
  /** Momentum of sgd and rmsprop, β₁ of adam; from 0 to below 1. */
  readonly momentum: number;
  /** Of sgd. */
  readonly nesterov: boolean;
  /** β₂ of adam, α of rmsprop; from 0 to below 1. */
  readonly beta2: number;
  /** Times the variable, added to the gradient; not negative. */
  readonly weightDecay: number;
}

/** What an optimiser remembers, on the host: all of it, so that the next step is bit for bit the one that would have followed. */
export interface OptimizerState {
  /** Of the update rule. */
  readonly optimizer: string;
  /** Steps taken. */
  readonly steps: number;
  /** What else is a number, by name. */
  readonly numbers?: Readonly<Record<string, number>>;
  readonly vectors: readonly StateVector[];
}

export interface StateVector {
  readonly name: string;
  /** Whether its values are never negative, as those of a mean of squares. */
  readonly isNonNegative: boolean;
  /** [size]; of an optimiser whose state is of one size, of any length. */
  readonly values: Float32Array;
}

/** What is wrong with the vectors of a state that should have these lengths by name; undefined where nothing is. */
export function vectorsProblem(
  { optimizer, vectors }: OptimizerState,
  lengths: Readonly<Record<string, number>>,
): string | undefined {
  const names = vectors.map(({ name }) => name).join(', ');
  if (names !== Object.keys(lengths).join(', ')) {
    return `the state of ${optimizer} has ${names || 'no vectors'}, expected ${Object.keys(lengths).join(', ')}`;
  }
  const odd = vectors.find(({ name, values }) => values.length !== lengths[name]);
  if (odd === undefined) return undefined;
  return `${optimizer}: ${odd.name} of the state has ${odd.values.length} values, expected ${lengths[odd.name]}`;
}

/** An optimiser with its state on the device; disposing it frees the state, not the objective. */
export interface Optimizer extends Disposable {
  /** One iteration: an evaluation and an update, or a whole line search. Resolves with a reason when it has converged. */
  step(evaluator: Evaluator): Promise<StopReason | undefined>;

  /** Takes effect from the next step; what is absent stays, what the update rule does not have is not looked at. @throws InputError */
  set(values: Partial<StepValues>): void;

  /** Drops what it remembers of earlier steps: the next one is a first step, from the variable as it then is. */
  forget(): void;

  /** Whether its state means something at another size of the picture: curvature pairs do not. */
  readonly isResizable: boolean;

  /** A copy of the state; waits for the device. To be called between two steps. */
  readState(): Promise<OptimizerState>;
}
