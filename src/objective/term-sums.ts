/** Values of loss terms as reports give them: by kind, whichever kinds there are. Values come in the order of their terms. */

import { ShapeError } from '../core/errors.ts';
import { type KindWords, type TermKind, type TermLabel, termKinds } from './terms.ts';

const isKind = (name: string): name is TermKind => name in termKinds;

/** The kinds, in their order. */
export const kindNames: readonly TermKind[] = Object.keys(termKinds).filter(isKind);

export function wordsOf(kind: TermKind): KindWords {
  return termKinds[kind];
}

/** One number a kind. */
export type NumbersByKind = Readonly<Record<TermKind, number>>;

export function numbersByKind(numberOf: (kind: TermKind) => number): NumbersByKind {
  const numbers: Partial<NumbersByKind> = Object.fromEntries(kindNames.map((kind) => [kind, numberOf(kind)]));
  if (!isComplete(numbers)) throw new ShapeError('a kind of loss terms was given no number');
  return numbers;
}

const isComplete = (numbers: Partial<NumbersByKind>): numbers is NumbersByKind =>
  kindNames.every((kind) => numbers[kind] !== undefined);

/** Adds up by kind; 0 for a kind without terms. */
export function sumsByKind(terms: readonly TermLabel[], values: readonly number[]): NumbersByKind {
  return numbersByKind((kind) => sum(valuesOf(kind, terms, values)));
}

/** One evaluation: the sum of each kind, or each of its terms where they are given apart. */
export type TermReport = {
  readonly [Kind in TermKind]: (typeof termKinds)[Kind] extends { readonly apart: true } ? readonly number[] : number;
} & {
  /** The layers of those that are given apart. */
  readonly taps: readonly string[];
};

export function reportTerms(terms: readonly TermLabel[], values: readonly number[]): TermReport {
  const report: UnfinishedReport = {};
  for (const kind of kindNames) {
    const ofKind = valuesOf(kind, terms, values);
    if (wordsOf(kind).apart === true) {
      report[kind] = ofKind;
      report.taps = terms.flatMap((term) => (term.kind === kind ? (term.layer ?? []) : []));
    } else {
      report[kind] = sum(ofKind);
    }
  }
  if (!isFinished(report)) throw new ShapeError('a kind of loss terms is missing from the report');
  return report;
}

type UnfinishedReport = { [Kind in TermKind]?: number | readonly number[] } & { taps?: readonly string[] };

const isFinished = (report: UnfinishedReport): report is TermReport =>
  kindNames.every((kind) => Array.isArray(report[kind]) === (wordsOf(kind).apart === true));

/** How errors call the first term of a report that is not finite; undefined where all are. */
export function nonFiniteTerm(report: TermReport): string | undefined {
  for (const kind of kindNames) {
    const { name } = wordsOf(kind);
    const value: number | readonly number[] = report[kind];
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) return name;
      continue;
    }
    const index = value.findIndex((one) => !Number.isFinite(one));
    if (index >= 0) return `${name} ${report.taps[index]}`;
  }
  return undefined;
}

function valuesOf(kind: TermKind, terms: readonly TermLabel[], values: readonly number[]): readonly number[] {
  return values.filter((_, index) => terms[index]?.kind === kind);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
