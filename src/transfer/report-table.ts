/** Reports of evaluations as a table of numbers, a row each, and back. */

import { InputError, ShapeError } from '../core/errors.ts';
import { kindNames, numbersByKind } from '../objective/term-sums.ts';
import type { EvaluationReport } from './evaluator.ts';

/** Columns before those of the kinds of terms and of the terms. */
const ownColumns = ['phase', 'step', 'scale', 'learningRate', 'isTrial', 'total'] as const;

export interface ReportTable {
  /** Names of the columns but for the terms', which come last. */
  readonly columns: readonly string[];
  /** [evaluations, columns and terms]; f64, as the host has them. */
  readonly values: Float64Array;
  readonly width: number;
}

/** Evaluations are counted from 1, so the rows need not say which they are. */
export function tableOf(reports: readonly EvaluationReport[]): ReportTable {
  const columns = [...ownColumns, ...kindNames];
  const width = columns.length + (reports[0]?.terms.length ?? 0);
  const values = new Float64Array(reports.length * width);
  for (const [index, report] of reports.entries()) {
    const row = [...ownColumns.map((name) => Number(report[name])), ...kindNames.map((kind) => report[kind])];
    values.set([...row, ...report.terms], index * width);
  }
  return { columns, values, width };
}

/** @throws InputError where the columns are others than {@link tableOf} writes, or a place in the run cannot be. */
export function reportsOf({ columns, values, width }: ReportTable): readonly EvaluationReport[] {
  const known = [...ownColumns, ...kindNames];
  if (columns.join() !== known.join() || width < known.length) {
    throw new InputError(
      `the columns of the losses are ${columns.join(', ')}; expected ${known.join(', ')} and the terms`,
    );
  }
  return Array.from({ length: values.length / width }, (_, index) => {
    const row = values.subarray(index * width, (index + 1) * width);
    return reportOf(index + 1, columns, row);
  });
}

function reportOf(evaluation: number, columns: readonly string[], row: Float64Array): EvaluationReport {
  const numberOf = (name: string): number => {
    const value = row[columns.indexOf(name)];
    if (value === undefined) throw new ShapeError(`a report has no ${name}`);
    return value;
  };
  const countOf = (name: 'phase' | 'step' | 'scale'): number => {
    const value = numberOf(name);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new InputError(`${name} of evaluation ${evaluation} is ${value}; expected a whole number of at least 1`);
  };
  return {
    evaluation,
    phase: countOf('phase'),
    step: countOf('step'),
    scale: countOf('scale'),
    learningRate: numberOf('learningRate'),
    isTrial: numberOf('isTrial') === 1,
    total: numberOf('total'),
    ...numbersByKind(numberOf),
    terms: Array.from(row.subarray(columns.length)),
  };
}
