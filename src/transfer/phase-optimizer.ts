/** The optimiser of a phase, and what it is told at each step. */

import type { Gpu } from '../core/gpu.ts';
import { adamRule } from '../optimizers/adam.ts';
import {
  FirstOrderOptimizer,
  firstOrderBytes,
  firstOrderStateProblem,
  type UpdateRule,
} from '../optimizers/first-order.ts';
import { Lbfgs, lbfgsBytes } from '../optimizers/lbfgs.ts';
import { lbfgsStateProblem } from '../optimizers/lbfgs-state.ts';
import type { DeviceObjective, Optimizer, OptimizerState, StepValues } from '../optimizers/optimizer.ts';
import { rmspropRule } from '../optimizers/rmsprop.ts';
import { sgdRule } from '../optimizers/sgd.ts';
import { type OptimizerName, optimizers } from '../settings/optimizers.ts';
import { type Phase, valueAt } from '../settings/phase.ts';
import { phasesOf, type Settings } from '../settings/settings.ts';

type Limits = Pick<GPUSupportedLimits, 'maxStorageBufferBindingSize' | 'maxBufferSize'>;

interface Beginning {
  readonly gpu: Gpu;
  readonly objective: DeviceObjective;
  readonly settings: Settings;
  /** Of the first step. */
  readonly values: Partial<StepValues>;
  /** What an optimiser of the same name left. */
  readonly state: OptimizerState | undefined;
}

/** What computes an optimiser that settings name. */
interface Engine {
  /** Device bytes for a variable of so many values. */
  readonly bytes: (values: number, settings: Settings, limits: Limits) => number;
  readonly create: (beginning: Beginning) => Promise<Optimizer>;
  /** What keeps it from going on with a state for so many values; undefined where nothing does. */
  readonly stateProblem: (state: OptimizerState, values: number) => string | undefined;
}

const lbfgs: Engine = {
  bytes: (values, { lbfgs: { history, lineSearch } }, { maxStorageBufferBindingSize, maxBufferSize }) =>
    lbfgsBytes(values, history, {
      lineSearch: lineSearch === 'strong-wolfe',
      maxBufferBytes: Math.min(maxStorageBufferBindingSize, maxBufferSize),
    }),
  create: ({ gpu, objective, settings, values, state }) =>
    Lbfgs.create(gpu, objective, { ...values, ...settings.lbfgs, ...(state === undefined ? {} : { state }) }),
  stateProblem: lbfgsStateProblem,
};

function firstOrder(rule: UpdateRule): Engine {
  return {
    bytes: (values) => firstOrderBytes(rule, values),
    create: ({ gpu, objective, settings, values, state }) =>
      FirstOrderOptimizer.create(gpu, objective, rule, {
        ...values,
        // The box is only held where the variable is the picture itself; normalised, its bounds differ per channel, and frequencies have none.
        ...(settings.objective.variable === 'pixels' ? { clamp: [0, 1] } : {}),
        ...(state === undefined ? {} : { state }),
      }),
    stateProblem: (state, values) => firstOrderStateProblem(rule, state, values),
  };
}

const engines: Readonly<Record<OptimizerName, Engine>> = {
  lbfgs,
  sgd: firstOrder(sgdRule),
  rmsprop: firstOrder(rmspropRule),
  adam: firstOrder(adamRule),
};

/** What the optimiser is told at step `step` of the phase, counted from 0. */
export function stepValuesAt(phase: Phase, step: number): Partial<StepValues> {
  const { fields } = optimizers[phase.optimizer];
  const { steps, optimizer: _, learningRate, momentum = fields.momentum, ...constant } = phase;
  return {
    ...fields,
    ...constant,
    learningRate: valueAt(learningRate, step, steps),
    ...(momentum === undefined ? {} : { momentum: valueAt(momentum, step, steps) }),
  };
}

/**
 * The optimiser that the phase begins with. It goes on from `state` where that is its own. The caller owns the result.
 *
 * @throws DeviceError where the device refuses the memory.
 */
export async function createPhaseOptimizer(
  gpu: Gpu,
  objective: DeviceObjective,
  phase: Phase,
  settings: Settings,
  state?: OptimizerState,
): Promise<Optimizer> {
  const own = state?.optimizer === phase.optimizer ? state : undefined;
  return engines[phase.optimizer].create({ gpu, objective, settings, values: stepValuesAt(phase, 0), state: own });
}

/** What keeps a phase from going on with a state for so many values; undefined where nothing does. */
export function stateProblem(
  state: OptimizerState,
  { optimizer }: Pick<Phase, 'optimizer'>,
  values: number,
): string | undefined {
  return engines[optimizer].stateProblem(state, values);
}

/** Most bytes that an optimiser of the settings' phases takes, by the number of values. */
export function phaseOptimizerBytes(settings: Settings, limits: Limits): (values: number) => number {
  const used = [...new Set(phasesOf(settings).map(({ optimizer }) => engines[optimizer]))];
  return (values) => Math.max(...used.map(({ bytes }) => bytes(values, settings, limits)));
}
