/**
 * A phase: a number of steps with one optimiser, whose rate and momentum may change on the way. Pure data, fit for a file;
 * `parse-phases.ts` checks it.
 *
 * The decays are fast.ai's (old/fastai/sgdr.py, `TrainingPhase` and `DecayType`): step i of n uses the value at i / n, so a
 * phase begins with the start value and the end value is where the next one takes over.
 */

import type { OptimizerName } from './optimizers.ts';

export const decayNames = ['none', 'linear', 'cosine', 'exponential', 'polynomial'] as const;
export type DecayName = (typeof decayNames)[number];

/** A value on its way from `start` to `end` over a phase. */
export interface Ramp {
  readonly start: number;
  /** Default 0, for `none` the start. An exponential decay needs one above 0. */
  readonly end?: number;
  /**
   * With s = start, e = end and u = i / n at step i of n:
   * `none` s; `linear` s + (e − s) u; `cosine` e + (s − e) (1 + cos πu) / 2; `exponential` s (e / s)^u; `polynomial` e + (s − e) (1 − u)^power.
   */
  readonly decay: DecayName;
  /** Above 0; a polynomial decay has one, no other does. */
  readonly power?: number;
}

/** A value that stays, or a ramp. */
export type Scheduled = number | Ramp;

export interface Phase {
  /** Evaluations of loss and gradient; a line search spends several at the rate of its first. */
  readonly steps: number;
  readonly optimizer: OptimizerName;
  readonly learningRate: Scheduled;
  /** Momentum of sgd and rmsprop, β₁ of adam; absent, the optimiser's default. */
  readonly momentum?: Scheduled;
  /** Whether sgd looks ahead along its momentum. */
  readonly nesterov?: boolean;
  /** β₂ of adam, α of rmsprop; absent, the optimiser's default. */
  readonly beta2?: number;
  /** Times the variable, added to the gradient; not for lbfgs. Default 0. */
  readonly weightDecay?: number;
}

/** A phase as a list has it, which says at each phase how large the picture is. */
export interface ListedPhase extends Phase {
  /** Longest side of the picture in pixels; absent, that of the run. */
  readonly scale?: number;
}

/** Phases that follow each other at one size of the picture. */
export interface ScalePhases {
  /** Longest side of the picture in pixels; undefined for that of the run. */
  readonly longestSide: number | undefined;
  /** At least one. */
  readonly phases: readonly Phase[];
}

/** The phases of a list by their scales, in order. */
export function scalesOf(list: readonly ListedPhase[]): readonly ScalePhases[] {
  const scales: { readonly longestSide: number | undefined; readonly phases: Phase[] }[] = [];
  for (const { scale, ...phase } of list) {
    const last = scales.at(-1);
    if (last !== undefined && last.longestSide === scale) last.phases.push(phase);
    else scales.push({ longestSide: scale, phases: [phase] });
  }
  return scales;
}

/** The list that {@link scalesOf} makes the scales of. */
export function listOf(scales: readonly ScalePhases[]): readonly ListedPhase[] {
  return scales.flatMap(({ longestSide, phases }) =>
    phases.map((phase) => (longestSide === undefined ? phase : { ...phase, scale: longestSide })),
  );
}

/** The value at step `step` of `steps`, counted from 0; at `steps` it is the end value. */
export function valueAt(value: Scheduled, step: number, steps: number): number {
  if (typeof value === 'number') return value;
  const { start, end = 0, decay, power = 1 } = value;
  const done = step / steps;
  switch (decay) {
    case 'none':
      return start;
    case 'linear':
      return start + (end - start) * done;
    case 'cosine':
      return end + ((start - end) / 2) * (1 + Math.cos(Math.PI * done));
    case 'exponential':
      return start * (end / start) ** done;
    case 'polynomial':
      return end + (start - end) * (1 - done) ** power;
  }
}

/** Steps of all phases. */
export function totalSteps(phases: readonly Phase[]): number {
  return phases.reduce((sum, { steps }) => sum + steps, 0);
}

/** What a list of phases does at one step. */
export interface ScheduledStep {
  /** Counted from 1 over all phases, as evaluations are. */
  readonly step: number;
  /** Counted from 1. */
  readonly phase: number;
  readonly learningRate: number;
  /** Undefined where the phase says nothing of it. */
  readonly momentum: number | undefined;
}

/** Every step of a list of phases, in order. */
export function scheduledSteps(phases: readonly Phase[]): readonly ScheduledStep[] {
  let before = 0;
  return phases.flatMap(({ steps, learningRate, momentum }, index) => {
    const first = before + 1;
    before += steps;
    return Array.from({ length: steps }, (_, i) => ({
      step: first + i,
      phase: index + 1,
      learningRate: valueAt(learningRate, i, steps),
      momentum: momentum === undefined ? undefined : valueAt(momentum, i, steps),
    }));
  });
}
