/** The losses of a run as columns, growing while it goes on, and cut back when a lost device made the last ones void. */

import type { TermLabel } from '../../objective/terms.ts';
import type { EvaluationReport } from '../../transfer/evaluator.ts';
import { fullSizeEvaluations, type ScaleWork, workOf, workUntil } from '../../transfer/work.ts';

/** Columns of equal length; `evaluation` ascends. */
export interface Trace {
  readonly terms: readonly TermLabel[];
  /** Work of the whole run, as `work`; 0 where it is not known. */
  readonly whole: number;
  readonly evaluation: readonly number[];
  /** Work until then, in evaluations of the result's size: what the time goes with. */
  readonly work: readonly number[];
  readonly total: readonly number[];
  /** The phase of each evaluation, counted from 1 over all scales. */
  readonly phase: readonly number[];
  /** One column a term, weighted, in the order of `terms`. */
  readonly byTerm: readonly (readonly number[])[];
}

export const emptyTrace: Trace = { terms: [], whole: 0, evaluation: [], work: [], total: [], phase: [], byTerm: [] };

export function startTrace(terms: readonly TermLabel[], scales: readonly ScaleWork[]): Trace {
  return { ...emptyTrace, terms, whole: fullSizeEvaluations(scales, workOf(scales)), byTerm: terms.map(() => []) };
}

export function extendTrace(trace: Trace, reports: readonly EvaluationReport[], scales: readonly ScaleWork[]): Trace {
  const workAt = ({ phase, step }: EvaluationReport) => fullSizeEvaluations(scales, workUntil(scales, phase, step));
  return {
    ...trace,
    evaluation: [...trace.evaluation, ...reports.map(({ evaluation }) => evaluation)],
    work: [...trace.work, ...reports.map(workAt)],
    phase: [...trace.phase, ...reports.map(({ phase }) => phase)],
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
    work: trace.work.slice(0, length),
    phase: trace.phase.slice(0, length),
    total: trace.total.slice(0, length),
    byTerm: trace.byTerm.map((column) => column.slice(0, length)),
  };
}

/** Where a phase or a scale ended, in work, as the middle of the evaluations beside it. */
export function bordersOf({ work, phase }: Trace): readonly number[] {
  return work.flatMap((at, index) =>
    index > 0 && phase[index] !== phase[index - 1] ? [(at + (work[index - 1] ?? at)) / 2] : [],
  );
}
