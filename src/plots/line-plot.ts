/** Curves in one system of axes, with a legend above. */

import type { AxisOptions } from './axis.ts';
import { type Mark, panel, type Series, strokeOf } from './panel.ts';
import { element, group, svgDocument, text } from './svg.ts';

export interface LinePlotOptions {
  readonly title: string;
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  /** A legend names them where there are several. */
  readonly series: readonly Series[];
  /** Where dashed vertical lines stand. */
  readonly borders?: readonly number[];
  readonly marks?: readonly Mark[];
  /** Pixels; default 640 x 360. */
  readonly width?: number;
  readonly height?: number;
  /** Behind the plot; transparent where absent. */
  readonly background?: string;
}

/** The plot as an SVG document. Values that are not finite, or not above 0 on a logarithmic axis, leave gaps. */
export function linePlot(options: LinePlotOptions): string {
  const { title, series, width = 640, height = 360, background } = options;
  const legend =
    series.length > 1 ? makeLegend(series, { left: 64, right: width - 20, top: 18 }) : { svg: '', rows: 0 };
  const body = panel({
    ...options,
    left: 64,
    top: 32 + legend.rows * 20,
    right: width - 20,
    bottom: height - 46,
  });
  return svgDocument({ width, height, title, background, content: [legend.svg, body] });
}

/** About the width of a character of the plot's font, in pixels. */
const characterWidth = 6.6;

/** A dash and a name for each series, in as many rows as they need. */
function makeLegend(
  series: readonly Series[],
  { left, right, top }: { readonly left: number; readonly right: number; readonly top: number },
): { readonly svg: string; readonly rows: number } {
  let [x, row] = [left, 0];
  const entries = series.map(({ name, colour }, index) => {
    const entryWidth = 30 + name.length * characterWidth + 16;
    if (x > left && x + entryWidth > right) [x, row] = [left, row + 1];
    const y = top + row * 20;
    const dash = { d: `M${x} ${y - 4}h22`, fill: 'none', 'stroke-width': 2.4, ...strokeOf(colour ?? index) };
    const entry = element('path', dash) + text(name, { x: x + 28, y });
    x += entryWidth;
    return entry;
  });
  return { svg: group({}, entries), rows: row + 1 };
}
