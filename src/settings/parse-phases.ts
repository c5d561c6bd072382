/** Checks a list of phases, from a file or a caller. Every refusal is one sentence that names the phase and the field. */

import { InputError } from '../core/errors.ts';
import { checkNumber, type NumberRange, shown } from '../core/numbers.ts';
import { type OptimizerFields, optimizerNames, optimizers } from './optimizers.ts';
import { decayNames, type ListedPhase, type Phase, type Ramp, type Scheduled, valueAt } from './phase.ts';
import { sideRange } from './sizes.ts';
import { checkChoice } from './values.ts';

/** Evaluations that a phase, or a run by a few words, may spend. */
export const stepRange = { from: 1, to: 1e6, whole: true } as const;
export const rateRange = { above: 0 } as const;
/** Of momenta, and of what else says how much of the past is kept. */
export const keptRange = { from: 0, below: 1 } as const;

/** Below it a device may take an f32 for 0. */
const leastFloat32 = 2 ** -126;

const fieldsOfAll: readonly (keyof ListedPhase)[] = ['steps', 'optimizer', 'learningRate', 'scale'];
const optionalFields: readonly (keyof OptimizerFields)[] = ['momentum', 'nesterov', 'beta2', 'weightDecay'];
const rampFields = ['start', 'end', 'decay', 'power'];

/**
 * The phases of a list as JSON gives it.
 *
 * @throws InputError for anything that is not a list of valid phases.
 */
export function parsePhases(value: unknown): readonly ListedPhase[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new InputError(`phases are ${shown(value)}; expected a list of at least one phase`);
  }
  return value.map((phase: unknown, index) => parsePhase(phase, `phase ${index + 1}`));
}

function parsePhase(value: unknown, name: string): ListedPhase {
  const fields = objectOf(value, name, 'an object');
  refuseUnknown(fields, name, [...fieldsOfAll, ...optionalFields]);
  const optimizer = checkChoice(`${name}: optimizer`, fields['optimizer'], optimizerNames);
  const foreign = optionalFields.find(
    (field) => fields[field] !== undefined && !(field in optimizers[optimizer].fields),
  );
  if (foreign !== undefined) {
    throw new InputError(
      `${name}: ${foreign} is ${shown(fields[foreign])}, which ${optimizer} does not have; leave it out`,
    );
  }
  const { momentum, nesterov, beta2, weightDecay, scale } = fields;
  const phase = {
    steps: checkNumber(`${name}: steps`, fields['steps'], stepRange),
    optimizer,
    learningRate: scheduledOf(fields['learningRate'], `${name}: learningRate`, rateRange),
    ...(momentum === undefined ? {} : { momentum: scheduledOf(momentum, `${name}: momentum`, keptRange) }),
    ...(nesterov === undefined ? {} : { nesterov: booleanOf(nesterov, `${name}: nesterov`) }),
    ...(beta2 === undefined ? {} : { beta2: checkNumber(`${name}: beta2`, beta2, keptRange) }),
    ...(weightDecay === undefined
      ? {}
      : { weightDecay: checkNumber(`${name}: weightDecay`, weightDecay, { from: 0 }) }),
    ...(scale === undefined ? {} : { scale: checkNumber(`${name}: scale`, scale, sideRange) }),
  };
  if (phase.nesterov === true && !hasMomentum(phase.momentum)) {
    throw new InputError(`${name}: nesterov is true without momentum; give a momentum above 0, or leave it out`);
  }
  refuseIdleSteps(phase, name);
  return phase;
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

function hasMomentum(momentum: Scheduled | undefined): boolean {
  return typeof momentum === 'number' ? momentum > 0 : momentum !== undefined;
}

/** A number, or a ramp whose end may lie on a bound that its start must stay above. */
function scheduledOf(value: unknown, name: string, range: NumberRange): Scheduled {
  if (typeof value !== 'object') return checkNumber(name, value, range);
  const fields = objectOf(value, name, 'a number, or an object with start, end and decay');
  refuseUnknown(fields, name, rampFields);
  const decay = checkChoice(`${name}.decay`, fields['decay'], decayNames);
  const start = checkNumber(`${name}.start`, fields['start'], range);
  const { above, ...rest } = range;
  const endRange = above === undefined ? rest : { ...rest, from: above };
  const end = fields['end'] === undefined ? undefined : checkNumber(`${name}.end`, fields['end'], endRange);
  checkDecay({ start, end, decay }, name);
  const power = fields['power'];
  if (decay !== 'polynomial' && power !== undefined) {
    throw new InputError(`${name}.power is ${shown(power)}, which only a polynomial decay has; leave it out`);
  }
  return {
    start,
    ...(end === undefined ? {} : { end }),
    decay,
    ...(decay === 'polynomial' ? { power: checkNumber(`${name}.power`, power, { above: 0 }) } : {}),
  };
}

function checkDecay({ start, end, decay }: Omit<Ramp, 'end'> & { readonly end: number | undefined }, name: string) {
  if (decay === 'none' && end !== undefined) {
    throw new InputError(`${name}.end is ${end}, which decay none never comes to; leave it out, or name another decay`);
  }
  if (decay !== 'exponential') return;
  for (const [field, value] of Object.entries({ start, end })) {
    if (!(value !== undefined && value > 0)) {
      throw new InputError(`${name}.${field} is ${shown(value)}; an exponential decay needs a number above 0`);
    }
  }
}

function booleanOf(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new InputError(`${name} is ${shown(value)}; expected true or false`);
}

function objectOf(value: unknown, name: string, expected: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError(`${name} is ${shown(value)}; expected ${expected}`);
  }
  return Object.fromEntries(Object.entries(value));
}

function refuseUnknown(fields: Readonly<Record<string, unknown>>, name: string, known: readonly string[]): void {
  const unknown = Object.keys(fields).find((field) => !known.includes(field));
  if (unknown === undefined) return;
  throw new InputError(`${name} has a field '${unknown}', which means nothing there; expected ${known.join(', ')}`);
}
