/** What `--trace` writes: the losses of every evaluation, and now and then the measures of the picture. */

import type { Gpu } from '../core/gpu.ts';
import { type MeasureRequest, type Measures, PictureMeasures, planMeasures } from '../measures/picture-measures.ts';
import { leadOf } from '../objective/style-mix.ts';
import { numbersByKind } from '../objective/term-sums.ts';
import type { EvaluationReport } from '../transfer/evaluator.ts';
import type { TransferPictures } from '../transfer/experiments.ts';
import type { PreparedRun } from '../transfer/prepare.ts';
import type { Snapshots } from '../transfer/run.ts';
import type { Job, Picture } from './job.ts';
import { type MeasureRow, measuresOfTable } from './measure-table.ts';
import { loadMeasureWeights } from './weights.ts';

/** The picture's measures after so many evaluations, at the size that it then had. */
type Row = { readonly evaluation: number; readonly scale: number } & Measures;

/** Measures pictures of a run as they come. What they are compared with is made once a size. */
export class TraceMeasures implements Snapshots, Disposable {
  readonly every: number;
  readonly rows: MeasureRow[];
  #request: Omit<MeasureRequest, 'size'>;
  #at: { readonly size: string; readonly measures: PictureMeasures } | undefined;

  /** @param before Rows of the run that is taken up. */
  constructor(every: number, request: Omit<MeasureRequest, 'size'>, before: readonly MeasureRow[]) {
    this.every = every;
    this.rows = [...before];
    this.#request = request;
  }

  /** Measures a picture. @throws DeviceError. */
  readonly save = async (picture: Picture, evaluation: number): Promise<void> => {
    const { width, height } = picture;
    const size = `${width}x${height}`;
    if (this.#at?.size !== size) {
      this.#at?.measures[Symbol.dispose]();
      this.#at = undefined;
      this.#at = { size, measures: await PictureMeasures.create({ ...this.#request, size: picture }) };
    }
    const measures = await this.#at.measures.measure(picture);
    const row: Row = { evaluation, scale: Math.max(width, height), ...measures };
    this.rows.push(row);
  };

  /** Goes on with another device, after an evaluation: what was measured later will be again. */
  moveTo(gpu: Gpu, evaluation: number): void {
    this[Symbol.dispose]();
    this.#request = { ...this.#request, gpu };
    const isVoid = (row: MeasureRow): boolean => 'evaluation' in row && Number(row.evaluation) > evaluation;
    const kept = this.rows.filter((row) => !isVoid(row));
    this.rows.splice(0, this.rows.length, ...kept);
  }

  [Symbol.dispose](): void {
    this.#at?.measures[Symbol.dispose]();
    this.#at = undefined;
  }
}

/**
 * What measures a run for its trace; undefined where nothing is to be measured. Of a mix of styles the strongest counts. The weights are the
 * bundled ones, whatever the run computes with, so that traces can be compared.
 *
 * @throws InputError where a picture of the run is too small to be measured; LimitError where it is too large.
 */
export async function measureTrace(
  { given: { traceMeasures }, resumed }: Pick<Job, 'given' | 'resumed'>,
  { content, style }: TransferPictures,
  run: PreparedRun,
  gpu: Gpu,
): Promise<TraceMeasures | undefined> {
  if (traceMeasures === undefined) return undefined;
  const painting = leadOf(style);
  for (const scale of run.scales) planMeasures(gpu, scale.content, painting);
  const { weights, heads } = await loadMeasureWeights(undefined);
  const before = resumed === undefined ? [] : measuresOfTable(resumed.file.measures);
  return new TraceMeasures(traceMeasures, { gpu, weights, heads, content, style: painting }, before);
}

/** The trace as JSON, all digits kept. */
export function traceOf(reports: readonly EvaluationReport[], measures: TraceMeasures | undefined): string {
  const evaluations = reports.map((report) => {
    const { evaluation, phase, scale, learningRate, total } = report;
    return { evaluation, phase, scale, learningRate, total, ...numbersByKind((kind) => report[kind]) };
  });
  const trace = measures === undefined ? { evaluations } : { evaluations, measures: measures.rows };
  return `${JSON.stringify(trace, undefined, 1)}\n`;
}
