/** What the learning-rate finder found: the loss against the rate. */

import { formatNumber } from './axis.ts';
import { linePlot } from './line-plot.ts';

export interface RatePlotOptions {
  readonly title: string;
  readonly points: readonly { readonly learningRate: number; readonly loss: number }[];
  /** Behind the plot; transparent where absent. */
  readonly background?: string;
}

/** The loss after each step against its rate, the lowest marked, as an SVG document. */
export function ratePlot({ points, ...options }: RatePlotOptions): string {
  const [lowest] = points.toSorted((a, b) => a.loss - b.loss);
  const at = lowest && formatNumber(Number(lowest.learningRate.toPrecision(2)));
  return linePlot({
    ...options,
    x: { label: at === undefined ? 'learning rate' : `learning rate; the loss is lowest after ${at}`, kind: 'log' },
    y: { label: 'loss after the step', kind: 'log' },
    series: [{ name: 'loss', points: points.map(({ learningRate, loss }) => [learningRate, loss] as const) }],
    borders: lowest === undefined ? [] : [lowest.learningRate],
  });
}
