/** The losses of a run as columns, growing while it goes on, and cut back when a lost device made the last ones void. */

import type { EvaluationReport } from '../../transfer/evaluator.ts';
import type { LossTerm } from '../../transfer/objective.ts';

/** Columns of equal length; `evaluation` ascends. */
export interface Trace {
  readonly terms: readonly LossTerm[];
  readonly evaluation: readonly number[];
  readonly total: readonly number[];
  /** One column a term, weighted, in the order of `terms`. */
  readonly byTerm: readonly (readonly number[])[];
}

export const emptyTrace: Trace = { terms: [], evaluation: [], total: [], byTerm: [] };

export function startTrace(terms: readonly LossTerm[]): Trace {
  return { ...emptyTrace, terms, byTerm: terms.map(() => []) };
}

export function extendTrace(trace: Trace, reports: readonly EvaluationReport[]): Trace {
  return {
    ...trace,
    evaluation: [...trace.evaluation, ...reports.map(({ evaluation }) => evaluation)],
    total: [...trace.total, ...reports.map(({ total }) => total)],
    byTerm: trace.byTerm.map((column, index) => [...column, ...reports.map(({ terms }) => terms[index] ?? Number.NaN)]),
  };
}

/** Without what came after `evaluation`. */
export function cutTrace(trace: Trace, evaluation: number): Trace {
  const length = trace.evaluation.filter((one) => one <= evaluation).length;
  return {
    ...trace,
    evaluation: trace.evaluation.slice(0, length),
    total: trace.total.slice(0, length),
    byTerm: trace.byTerm.map((column) => column.slice(0, length)),
  };
}
