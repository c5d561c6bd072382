/** What a phase must hold to besides the kinds of its values. Every refusal is one sentence that names the phase and the field. */

import { InputError } from '../core/errors.ts';
import { shown } from '../core/numbers.ts';
import { type OptimizerFields, type OptimizerName, optimizers } from './optimizers.ts';
import { type Phase, type Scheduled, valueAt } from './phase.ts';

/** Evaluations that a phase, or a run by a few words, may spend. */
export const stepRange = { from: 1, to: 1e6, whole: true } as const;
export const rateRange = { above: 0 } as const;
/** Of momenta, and of what else says how much of the past is kept. */
export const keptRange = { from: 0, below: 1 } as const;

/** Below it a device may take an f32 for 0. */
const leastFloat32 = 2 ** -126;

export const optionalFields: readonly (keyof OptimizerFields)[] = ['momentum', 'nesterov', 'beta2', 'weightDecay'];

/** @throws InputError for a field that the phase's optimiser does not have, a momentum that is missing, or a rate of 0. */
export function checkPhase(phase: Phase, name: string): void {
  refuseForeignFields(phase, phase.optimizer, name);
  if (phase.nesterov === true && !hasMomentum(phase.momentum)) {
    throw new InputError(`${name}: nesterov is true without momentum; give a momentum above 0, or leave it out`);
  }
  refuseIdleSteps(phase, name);
}

/** @throws InputError for a field that the optimiser does not have. */
export function refuseForeignFields(
  fields: { readonly [Name in keyof OptimizerFields]?: unknown },
  optimizer: OptimizerName,
  name: string,
): void {
  const foreign = optionalFields.find(
    (field) => fields[field] !== undefined && !(field in optimizers[optimizer].fields),
  );
  if (foreign === undefined) return;
  throw new InputError(
    `${name}: ${foreign} is ${shown(fields[foreign])}, which ${optimizer} does not have; leave it out`,
  );
}

function hasMomentum(momentum: Scheduled | undefined): boolean {
  return typeof momentum === 'number' ? momentum > 0 : momentum !== undefined;
}

/**
 * A rate that is 0 in the device's 32 bits moves nothing, and ends L-BFGS.
 *
 * @throws InputError naming the first step that has one.
 */
function refuseIdleSteps({ steps, learningRate }: Phase, name: string): void {
  const rateAt = (step: number): number => valueAt(learningRate, step, steps);
  const isIdle = (step: number): boolean => rateAt(step) < leastFloat32;
  // A ramp goes one way: where neither end is 0, no step is.
  if (!isIdle(0) && !isIdle(steps - 1)) return;
  let step = 0;
  while (!isIdle(step)) step += 1;
  throw new InputError(
    `${name}: learningRate is ${rateAt(step)} at step ${step + 1} of ${steps}, which is 0 in the device's 32 bits; ` +
      'expected a number above 0 at every step, so give it a higher end',
  );
}
