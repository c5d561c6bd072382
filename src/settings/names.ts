/** One of a few names: as a list in words, and checked. */

import { InputError } from '../core/errors.ts';
import { shown } from '../core/numbers.ts';
import { didYouMean } from './nearest.ts';

/** A value that must be one of a few names. @throws InputError naming it, the choices, and the nearest of them. */
export function checkChoice<Choice extends string>(name: string, value: unknown, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const hint = typeof value === 'string' ? didYouMean(value, choices) : '';
  throw new InputError(`${name} is ${shown(value)}; expected ${orList(choices)}${hint}`);
}

/** The names of a table's entries, in their order. */
export function namesOf<Name extends string>(table: Readonly<Record<Name, unknown>>): readonly Name[] {
  return Object.keys(table).filter((name): name is Name => name in table);
}

/** `a, b or c` */
export function orList(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
