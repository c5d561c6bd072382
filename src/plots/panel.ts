/** One system of axes with lines in it. */

import { line } from 'd3-shape';
import { type Axis, type AxisOptions, makeAxis } from './axis.ts';
import { element, group, text } from './svg.ts';

export type Point = readonly [x: number, y: number];

export interface Series {
  readonly name: string;
  /** In the order in which they are joined; a point that the axes have no place for leaves a gap. */
  readonly points: readonly Point[];
  /** Which of the colours; the place among the series where absent. */
  readonly colour?: number;
}

/** A word at a point. */
export interface Mark {
  readonly point: Point;
  readonly label: string;
}

export interface PanelOptions {
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  readonly series: readonly Series[];
  /** Dashed vertical lines, as borders between phases. */
  readonly borders?: readonly number[];
  readonly marks?: readonly Mark[];
  /** The rectangle of the axes, in pixels. */
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** False leaves out the numbers and the label along x, for a panel above another. */
  readonly hasXLabels?: boolean;
}

/** Told apart on white and on black, and by people who see fewer colours (after Okabe and Ito 2008, a little darker or lighter). */
const colours = ['#2f80d0', '#d9731a', '#1f9e77', '#b565c8', '#c94257', '#8a7d2b', '#4fa8b8', '#7f7f7f'] as const;
const dashes = ['none', 'none', 'none', 'none', '6 3', '6 3', '2 3', '2 3'] as const;

/** Stroke of a series. */
export function strokeOf(colour: number): { readonly stroke: string; readonly 'stroke-dasharray': string } {
  const place = colour % colours.length;
  return { stroke: colours[place] ?? colours[0], 'stroke-dasharray': dashes[place] ?? 'none' };
}

/** The panel as SVG. */
export function panel(options: PanelOptions): string {
  const { left, top, right, bottom, series, borders = [], marks = [], hasXLabels = true } = options;
  const points = [...series.flatMap((one) => one.points), ...marks.map(({ point }) => point)];
  const xs = [...points.map(([value]) => value), ...borders];
  const x = makeAxis(options.x, xs, { range: [left, right], round: false });
  const ys = points.map(([, value]) => value);
  const y = makeAxis(options.y, ys, { range: [bottom, top], round: true });
  return [
    grid(options, x, y),
    group({ fill: 'currentColor', 'fill-opacity': 0.7 }, [
      ...(hasXLabels ? xLabels(options, x) : []),
      ...yLabels(options, y),
    ]),
    group(
      { stroke: 'currentColor', 'stroke-opacity': 0.5, 'stroke-dasharray': '3 3' },
      borders.flatMap((border) => verticalAt(x.position(border), top, bottom)),
    ),
    group(
      { fill: 'none', 'stroke-width': 1.8, 'stroke-linejoin': 'round', 'stroke-linecap': 'round' },
      series.map(({ points: own, colour }, index) => curve(own, x, y, colour ?? index)),
    ),
    group(
      {},
      marks.flatMap((mark) => markAt(mark, x, y, right)),
    ),
  ].join('');
}

function grid({ left, right, top, bottom }: PanelOptions, x: Axis, y: Axis): string {
  const horizontal = y.ticks.map(({ position }) => element('path', { d: `M${left} ${round(position)}H${right}` }));
  const vertical = x.ticks.flatMap(({ position }) => verticalAt(position, top, bottom));
  const lines = group({ stroke: 'currentColor', 'stroke-opacity': 0.12 }, [...horizontal, ...vertical]);
  const axes = element('path', {
    d: `M${left} ${top}V${bottom}H${right}`,
    fill: 'none',
    stroke: 'currentColor',
    'stroke-opacity': 0.5,
  });
  return lines + axes;
}

function verticalAt(position: number | undefined, top: number, bottom: number): readonly string[] {
  return position === undefined ? [] : [element('path', { d: `M${round(position)} ${top}V${bottom}` })];
}

function xLabels({ left, right, bottom, x: { label } }: PanelOptions, x: Axis): readonly string[] {
  return [
    ...x.ticks.map((tick) => text(tick.label, { x: tick.position, y: bottom + 17, 'text-anchor': 'middle' })),
    text(label, { x: (left + right) / 2, y: bottom + 36, 'text-anchor': 'middle' }),
  ];
}

function yLabels({ left, top, y: { label } }: PanelOptions, y: Axis): readonly string[] {
  return [
    ...y.ticks.map((tick) => text(tick.label, { x: left - 7, y: tick.position + 4, 'text-anchor': 'end' })),
    // Above the axis and level, so that it reads like the rest.
    text(label, { x: left - 7, y: top - 10, 'text-anchor': 'start' }),
  ];
}

function curve(points: readonly Point[], x: Axis, y: Axis, colour: number): string {
  const place = ([px, py]: Point): readonly [number, number] | undefined => {
    const [at, height] = [x.position(px), y.position(py)];
    return at === undefined || height === undefined ? undefined : [at, height];
  };
  const path = line<readonly [number, number] | undefined>()
    .defined((point) => point !== undefined)
    .x((point) => point?.[0] ?? 0)
    .y((point) => point?.[1] ?? 0)
    .digits(1);
  return element('path', { d: path(points.map(place)) ?? '', ...strokeOf(colour) });
}

function markAt({ point: [px, py], label }: Mark, x: Axis, y: Axis, right: number): readonly string[] {
  const [at, height] = [x.position(px), y.position(py)];
  if (at === undefined || height === undefined) return [];
  const isFarRight = at > right - 90;
  return [
    element('circle', { cx: at, cy: height, r: 3.5, fill: 'currentColor' }),
    text(label, { x: at + (isFarRight ? -8 : 8), y: height - 8, 'text-anchor': isFarRight ? 'end' : 'start' }),
  ];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
