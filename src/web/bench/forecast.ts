/** What measured evaluations say of a picture: how long one would take with the usual settings. Pure. */

import type { EvaluationRow } from '../../bench/report.ts';
import { presetSettings } from '../../settings/presets.ts';
import { atScalesOf } from '../../settings/scales.ts';
import { budgetOf, pixelsOf, type ScaleWork, workOf } from '../../transfer/work.ts';

export interface PictureForecast {
  /** Longest side of the picture. */
  readonly side: number;
  readonly seconds: number;
  /** Evaluations of all scales. */
  readonly steps: number;
  /** Longest sides of the scales, in order. */
  readonly scales: readonly number[];
  /** Evaluations whose times it is made of. */
  readonly from: readonly string[];
}

/** A square picture of this side by the usual preset; undefined before anything was measured. */
export function forecastPicture(side: number, evaluations: readonly EvaluationRow[]): PictureForecast | undefined {
  if (evaluations.length === 0) return undefined;
  const scales = usualScales(side);
  const rows = scales.map((scale) => nearest(pixelsOf(scale), evaluations));
  const nanoseconds = scales.map((scale, index) => workOf([scale]) * (rows[index]?.nsPerPixel ?? Number.NaN));
  return {
    side,
    seconds: nanoseconds.reduce((sum, each) => sum + each, 0) / 1e9,
    steps: budgetOf(scales),
    scales: scales.map(({ width }) => width),
    from: [...new Set(rows.flatMap((row) => row?.name ?? []))],
  };
}

/** The scales that the usual preset has for a square picture. */
function usualScales(side: number): readonly ScaleWork[] {
  const size = { width: side, height: side };
  const preset = presetSettings('default');
  const { settings } = atScalesOf(preset, {}, 'default', { content: size, styles: [size], size: side });
  return settings.scales.map(({ longestSide = side, phases }) => ({
    width: longestSide,
    height: longestSide,
    phases: phases.map(({ steps }) => steps),
  }));
}

/** The row whose size is nearest in proportion: small pictures take more time a pixel. */
function nearest(pixels: number, rows: readonly EvaluationRow[]): EvaluationRow | undefined {
  const distance = (row: EvaluationRow): number => Math.abs(Math.log(row.pixels / pixels));
  return rows.toSorted((a, b) => distance(a) - distance(b))[0];
}
