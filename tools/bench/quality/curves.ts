/** Distances along runs: where a run comes as near as another, the table, and the curves as SVG. Pure. */

import { figure, markdownTable, names, numbers, type Table, textTable } from '../../../src/bench/table.ts';
import type { Measures } from '../../../src/measures/picture-measures.ts';
import { linePlot } from '../../../src/plots/line-plot.ts';
import { namesOf } from '../../../src/settings/names.ts';

/** A picture on the way. */
export interface CurvePoint {
  /** Evaluations so far, each counted by its pixels against the result's. */
  readonly fullSize: number;
  /** Since the run began, without what is not painting: process, weights, keeping of pictures. */
  readonly seconds: number;
  readonly measures: Omit<Measures, 'layers'>;
}

export interface Curve {
  readonly pair: string;
  readonly name: string;
  /** Options of `impasto stylize`. */
  readonly options: readonly string[];
  readonly points: readonly CurvePoint[];
  /** Of the first evaluation, to see whether two are of the same objective. */
  readonly firstLoss: number;
}

/** The measures that are drawn. */
export const drawn = { w2: 'W2 distance', gram: 'Gram distance', lpips: 'LPIPS to the photograph' } as const;
export type Drawn = keyof typeof drawn;

/** What curves are drawn against. */
export const axes = { seconds: 'seconds', fullSize: 'full-size evaluations' } as const;

/** The first point at which the run is as near as `distance`; undefined where it never is. */
export function firstWithin(curve: Curve, measure: 'w2' | 'gram', distance: number): CurvePoint | undefined {
  return curve.points.find(({ measures }) => (measures[measure] ?? Number.POSITIVE_INFINITY) <= distance);
}

/** The curve whose last distance the others are held against: the last of the pair, which is PyTorch's where it is there. */
export function yardstickOf(curves: readonly Curve[], pair: string): Curve | undefined {
  return curves.findLast((curve) => curve.pair === pair);
}

/** A row a run: how it ends, and when it was as near in W2 as the yardstick at its end. */
export function qualityTable(curves: readonly Curve[]): Table {
  return {
    columns: [
      names('pair'),
      names('run'),
      numbers('full-size evaluations'),
      numbers('seconds'),
      numbers('LPIPS'),
      numbers('W2'),
      numbers('Gram'),
      numbers('colour'),
      names('as near as'),
      numbers('after evaluations'),
      numbers('after seconds'),
      numbers('of its seconds'),
      numbers('LPIPS there'),
    ],
    rows: curves.map((curve) => rowOf(curve, yardstickOf(curves, curve.pair))),
  };
}

function rowOf(curve: Curve, yardstick: Curve | undefined): readonly string[] {
  const last = curve.points.at(-1);
  const goal = yardstick?.points.at(-1);
  const there = goal?.measures.w2 == null ? undefined : firstWithin(curve, 'w2', goal.measures.w2);
  return [
    curve.pair,
    curve.name,
    figure(last?.fullSize),
    figure(last?.seconds),
    figure(last?.measures.lpips),
    figure(last?.measures.w2 ?? undefined),
    figure(last?.measures.gram),
    figure(last?.measures.colour),
    yardstick?.name ?? '–',
    there === undefined ? 'never' : figure(there.fullSize),
    there === undefined ? 'never' : figure(there.seconds),
    there === undefined || goal === undefined ? '–' : `${figure(there.seconds / goal.seconds)}x`,
    figure(there?.measures.lpips),
  ];
}

export function qualityText(curves: readonly Curve[], { markdown }: { readonly markdown: boolean }): string {
  return markdown ? markdownTable(qualityTable(curves)) : textTable(qualityTable(curves));
}

/** The curves of a pair as SVG documents, by file name. */
export function qualityPlots(curves: readonly Curve[], pair: string): ReadonlyMap<string, string> {
  const own = curves.filter((curve) => curve.pair === pair);
  const plots = new Map<string, string>();
  for (const measure of namesOf(drawn)) {
    for (const axis of namesOf(axes)) {
      const series = own.map(({ name, points }) => ({
        name,
        points: points.map((point) => [point[axis], point.measures[measure] ?? Number.NaN] as const),
      }));
      const svg = linePlot({
        title: `${pair}: ${drawn[measure]} by ${axes[axis]}`,
        x: { label: axes[axis], kind: 'linear', holds: [0] },
        y: { label: drawn[measure], kind: 'linear', holds: [0] },
        series,
        background: '#fff',
      });
      plots.set(`${pair}-${measure}-by-${axis === 'seconds' ? 'seconds' : 'evaluations'}.svg`, svg);
    }
  }
  return plots;
}
