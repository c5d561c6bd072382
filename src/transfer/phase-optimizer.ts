/** The optimiser of a phase, and what it is told at each step. */

import type { Gpu } from '../core/gpu.ts';
import { adamRule } from '../optimizers/adam.ts';
import { FirstOrderOptimizer, firstOrderBytes, type UpdateRule } from '../optimizers/first-order.ts';
import { Lbfgs, lbfgsBytes } from '../optimizers/lbfgs.ts';
import type { DeviceObjective, Optimizer, OptimizerState, StepValues } from '../optimizers/optimizer.ts';
import { type OptimizerName, type Phase, valueAt } from '../optimizers/phase.ts';
import { rmspropRule } from '../optimizers/rmsprop.ts';
import { sgdRule } from '../optimizers/sgd.ts';
import type { Settings } from '../settings/presets.ts';

/**
 * β₂ of Adam is crowsonkb/style-transfer-pytorch's; PyTorch's 0.999 remembers the large gradients of the start for too long. All other
 * defaults are PyTorch's.
 */
const rules: Readonly<Record<Exclude<OptimizerName, 'lbfgs'>, UpdateRule>> = {
  sgd: sgdRule,
  rmsprop: rmspropRule,
  adam: { ...adamRule, defaults: { ...adamRule.defaults, beta2: 0.99 } },
};

/** What the optimiser is told at step `step` of the phase, counted from 0. */
export function stepValuesAt(phase: Phase, step: number): Partial<StepValues> {
  const { steps, optimizer, nesterov, beta2, weightDecay } = phase;
  const learningRate = valueAt(phase.learningRate, step, steps);
  if (optimizer === 'lbfgs') return { learningRate };
  const { defaults } = rules[optimizer];
  return {
    learningRate,
    momentum: valueAt(phase.momentum ?? defaults.momentum, step, steps),
    nesterov: nesterov ?? defaults.nesterov,
    beta2: beta2 ?? defaults.beta2,
    weightDecay: weightDecay ?? defaults.weightDecay,
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
  { objective: { variable }, history, lineSearch }: Settings,
  state?: OptimizerState,
): Promise<Optimizer> {
  const values = stepValuesAt(phase, 0);
  const { optimizer } = phase;
  if (optimizer === 'lbfgs') return Lbfgs.create(gpu, objective, { ...values, history, lineSearch });
  return FirstOrderOptimizer.create(gpu, objective, rules[optimizer], {
    ...values,
    // The box is only held where the variable is the picture itself; normalised, its bounds differ per channel.
    ...(variable === 'pixels' ? { clamp: [0, 1] } : {}),
    ...(state?.optimizer === optimizer ? { state } : {}),
  });
}

/** Most bytes that an optimiser of these phases takes, by the number of values. */
export function phaseOptimizerBytes(
  phases: readonly Phase[],
  { history, lineSearch }: Settings,
  limits: Pick<GPUSupportedLimits, 'maxStorageBufferBindingSize' | 'maxBufferSize'>,
): (values: number) => number {
  const lbfgs = {
    lineSearch: lineSearch === 'strong-wolfe',
    maxBufferBytes: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
  };
  const bytesOf = (name: OptimizerName, values: number): number =>
    name === 'lbfgs' ? lbfgsBytes(values, history, lbfgs) : firstOrderBytes(rules[name], values);
  return (values) => Math.max(...phases.map(({ optimizer }) => bytesOf(optimizer, values)));
}
