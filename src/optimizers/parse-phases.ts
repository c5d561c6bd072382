/** Checks a list of phases, from a file or a caller. Every refusal is one sentence that names the phase and the field. */

import { InputError } from '../core/errors.ts';
import { decayNames, type OptimizerName, optimizerNames, type Phase, type Ramp, type Scheduled } from './phase.ts';

/** A picture below this longest side shows nothing that a network could compare. */
export const leastScale = 16;
const mostScale = 16_384;
const mostSteps = 1e6;
const largestFloat32 = 3.4028234663852886e38;

/** Fields that only some optimisers have. */
const fieldsOf: Readonly<Record<OptimizerName, readonly (keyof Phase)[]>> = {
  lbfgs: [],
  sgd: ['momentum', 'nesterov', 'weightDecay'],
  rmsprop: ['momentum', 'beta2', 'weightDecay'],
  adam: ['momentum', 'beta2', 'weightDecay'],
};
const fieldsOfAll: readonly (keyof Phase)[] = ['steps', 'optimizer', 'learningRate', 'scale'];
const optionalFields: readonly (keyof Phase)[] = ['momentum', 'nesterov', 'beta2', 'weightDecay'];
const rampFields = ['start', 'end', 'decay', 'power'];

/**
 * The phases of a list as JSON gives it.
 *
 * @throws InputError for anything that is not a list of valid phases.
 */
export function parsePhases(value: unknown): readonly Phase[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new InputError(`phases are ${shown(value)}; expected a list of at least one phase`);
  }
  return value.map((phase: unknown, index) => parsePhase(phase, `phase ${index + 1}`));
}

function parsePhase(value: unknown, name: string): Phase {
  const fields = objectOf(value, name, 'an object');
  refuseUnknown(fields, name, [...fieldsOfAll, ...optionalFields]);
  const optimizer = choiceOf(fields['optimizer'], `${name}: optimizer`, optimizerNames);
  const foreign = optionalFields.find((field) => fields[field] !== undefined && !fieldsOf[optimizer].includes(field));
  if (foreign !== undefined) {
    throw new InputError(
      `${name}: ${foreign} is ${shown(fields[foreign])}, which ${optimizer} does not have; leave it out`,
    );
  }
  const { momentum, nesterov, beta2, weightDecay, scale } = fields;
  const phase = {
    steps: numberOf(fields['steps'], `${name}: steps`, { least: 1, most: mostSteps, isWhole: true }),
    optimizer,
    learningRate: scheduledOf(fields['learningRate'], `${name}: learningRate`, { above: 0 }),
    ...(momentum === undefined ? {} : { momentum: scheduledOf(momentum, `${name}: momentum`, { least: 0, below: 1 }) }),
    ...(nesterov === undefined ? {} : { nesterov: booleanOf(nesterov, `${name}: nesterov`) }),
    ...(beta2 === undefined ? {} : { beta2: numberOf(beta2, `${name}: beta2`, { least: 0, below: 1 }) }),
    ...(weightDecay === undefined ? {} : { weightDecay: numberOf(weightDecay, `${name}: weightDecay`, { least: 0 }) }),
    ...(scale === undefined
      ? {}
      : { scale: numberOf(scale, `${name}: scale`, { least: leastScale, most: mostScale, isWhole: true }) }),
  };
  if (phase.nesterov === true && !hasMomentum(phase.momentum)) {
    throw new InputError(`${name}: nesterov is true without momentum; give a momentum above 0, or leave it out`);
  }
  return phase;
}

function hasMomentum(momentum: Scheduled | undefined): boolean {
  return typeof momentum === 'number' ? momentum > 0 : momentum !== undefined;
}

/** A number, or a ramp whose end may lie on a bound that its start must stay above. */
function scheduledOf(value: unknown, name: string, range: Range): Scheduled {
  if (typeof value !== 'object') return numberOf(value, name, range);
  const fields = objectOf(value, name, 'a number, or an object with start, end and decay');
  refuseUnknown(fields, name, rampFields);
  const decay = choiceOf(fields['decay'], `${name}.decay`, decayNames);
  const start = numberOf(fields['start'], `${name}.start`, range);
  const { above, ...rest } = range;
  const endRange = above === undefined ? rest : { ...rest, least: above };
  const end = fields['end'] === undefined ? undefined : numberOf(fields['end'], `${name}.end`, endRange);
  checkDecay({ start, end, decay }, name);
  const power = fields['power'];
  if (decay !== 'polynomial' && power !== undefined) {
    throw new InputError(`${name}.power is ${shown(power)}, which only a polynomial decay has; leave it out`);
  }
  return {
    start,
    ...(end === undefined ? {} : { end }),
    decay,
    ...(decay === 'polynomial' ? { power: numberOf(power, `${name}.power`, { above: 0 }) } : {}),
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

interface Range {
  readonly least?: number;
  readonly above?: number;
  readonly below?: number;
  readonly most?: number;
  readonly isWhole?: true;
}

function numberOf(value: unknown, name: string, range: Range): number {
  const { least = Number.NEGATIVE_INFINITY, above = Number.NEGATIVE_INFINITY } = range;
  const { below = Number.POSITIVE_INFINITY, most = largestFloat32, isWhole = false } = range;
  if (
    typeof value === 'number' &&
    value >= least &&
    value > above &&
    value < below &&
    value <= most &&
    (!isWhole || Number.isInteger(value))
  ) {
    return value;
  }
  throw new InputError(`${name} is ${shown(value)}; expected ${describeRange(range)}`);
}

function describeRange({ least, above, below, most, isWhole }: Range): string {
  const kind = isWhole === true ? 'a whole number' : 'a number';
  if (least === undefined) return above === undefined ? kind : `${kind} above ${above}`;
  if (below !== undefined) return `${kind} from ${least} to below ${below}`;
  return most === undefined ? `${kind} of at least ${least}` : `${kind} from ${least} to ${most}`;
}

function booleanOf(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new InputError(`${name} is ${shown(value)}; expected true or false`);
}

function choiceOf<Choice extends string>(value: unknown, name: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw new InputError(
    `${name} is ${shown(value)}; expected ${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`,
  );
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

/** A value in an error: short, on one line. */
function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
