/** Checks a list of phases, from a file or a caller. Every refusal is one sentence that names the phase and the field. */

import { InputError } from '../core/errors.ts';
import { checkNumber, type NumberRange, shown } from '../core/numbers.ts';
import { checkPhase, keptRange, optionalFields, rateRange, refuseForeignFields, stepRange } from './check-phase.ts';
import { checkChoice } from './names.ts';
import { optimizerNames } from './optimizers.ts';
import { decayNames, type ListedPhase, type Ramp, type Scheduled } from './phase.ts';
import { sideRange } from './sizes.ts';

const fieldsOfAll: readonly (keyof ListedPhase)[] = ['steps', 'optimizer', 'learningRate', 'scale'];
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
  refuseForeignFields(fields, optimizer, name);
  const { momentum, nesterov, beta2, weightDecay, scale } = fields;
  const phase: ListedPhase = {
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
  checkPhase(phase, name);
  return phase;
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
