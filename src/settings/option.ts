/** What is said of a setting: the form of the rows of the table in `options.ts`. */

import type { Kind } from './kinds.ts';
import type { OptimizerName } from './optimizers.ts';
import { ofPreset, type PresetName, type PresetValues } from './preset-names.ts';
import type { RecipeName } from './recipes.ts';

export type CommandName = 'stylize' | 'reconstruct' | 'texture' | 'find-rate' | 'evaluate' | 'schedule';

export type StyleLossName = 'gram' | 'w2' | 'covariance';

/** Headings that a command's help gathers options under. */
export type Group = 'pictures' | 'what' | 'how';

/** Headings that the page gathers its controls under; `own`: it has a place of its own there. */
export type Fieldset = 'own' | 'painted' | 'optimised' | 'compared';

/** What a usual value, and whether a setting counts at all, may depend on. */
export interface Basis {
  readonly preset: PresetName;
  readonly optimizer?: OptimizerName | undefined;
  readonly schedule?: RecipeName | undefined;
  readonly init?: string | undefined;
  readonly strength?: number | undefined;
  readonly styleLoss?: StyleLossName | undefined;
}

/** What differs in one place. */
export interface Form {
  readonly kind?: Kind<unknown>;
  readonly help?: string;
  /** The value where none is said. */
  readonly usual?: unknown;
}

export interface Option<Value> {
  readonly kind: Kind<Value>;
  /** The value where none is said; absent where it depends on more than the choice. */
  readonly usual: ((basis: Basis) => Value) | undefined;
  /** One sentence, for help and documents. */
  readonly help: string;
  /** The usual value in words, where it is not simply the preset's. */
  readonly usualWords?: string;
  /** The part of `Settings` that holds it; `phases`: they are made from it. Absent where it is about the pictures. */
  readonly part?: 'objective' | 'fit' | 'start' | 'lbfgs' | 'phases';
  readonly group: Group;
  /** Said as `--no-NAME`. */
  readonly isNegated?: true;
  readonly commands: readonly CommandName[];
  readonly forms?: { readonly [Place in CommandName | 'page']?: Form };
  /** Its control on the page; absent where there is none, nor a word in a link. */
  readonly page?: { readonly label: string | ((basis: Basis) => string); readonly fieldset: Fieldset };
  /** Whether it counts beside what else is chosen; absent, always. */
  readonly applies?: (basis: Basis) => boolean;
}

/** A row of the table. */
export function option<
  Value,
  const Usual extends ((basis: Basis) => Value) | undefined,
  const Rest extends Omit<Option<Value>, 'kind' | 'usual'>,
>(kind: Kind<Value>, usual: Usual, rest: Rest): { readonly kind: Kind<Value>; readonly usual: Usual } & Rest {
  return { kind, usual, ...rest };
}

/** The same whatever else is chosen. */
export function always<const Value>(value: Value): () => Value {
  return () => value;
}

/** As the preset says, or the one that it is like. */
export function byPreset<const Value>(values: PresetValues<Value>): (basis: Basis) => Value {
  return ({ preset }) => ofPreset(values, preset);
}
