/** Losses on a log axis against work, in evaluations of the result's size, live: total, content and style; on demand each of their terms. */

import type { Signal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { bordersOf, type Trace } from '../model/trace.ts';
import { type Curve, curvesOf } from './terms.ts';

/** The chart is redrawn at most this often. */
const redrawEveryMs = 200;
const chartHeight = 170;
const darkScheme = '(prefers-color-scheme: dark)';
const forcedColours = '(forced-colors: active)';

export function LossChart({ trace, showsLayers }: { readonly trace: Trace; readonly showsLayers: Signal<boolean> }) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<LiveChart>(null);
  const withLayers = showsLayers.value;
  const curves = useMemo(() => curvesOf(trace, withLayers), [trace, withLayers]);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    chart.current = new LiveChart(element);
    return () => chart.current?.dispose();
  }, []);
  useEffect(() => chart.current?.show(trace, curves), [trace, curves]);
  return (
    <figure class="chart" data-testid="chart">
      <div ref={place} role="img" aria-label={describe(trace, curves)} />
      <figcaption>
        {curves.map((curve) => (
          <Key key={curve.caption} curve={curve} />
        ))}
        <label>
          <input
            type="checkbox"
            checked={withLayers}
            onChange={({ currentTarget }) => {
              showsLayers.value = currentTarget.checked;
            }}
          />{' '}
          Layers
        </label>
      </figcaption>
    </figure>
  );
}

/** A piece of the line, its name, and its value now. */
function Key({ curve: { caption, colours, dash, width, values } }: { readonly curve: Curve }) {
  return (
    <span class="key" style={{ '--key': colours.reduceRight(orElse, '') }}>
      <svg width="26" height="8" aria-hidden="true">
        <line x2="26" y1="4" y2="4" stroke-width={width} stroke-dasharray={dash.join(' ')} />
      </svg>
      {caption} <span class="value">{values.at(-1)?.toPrecision(3)}</span>
    </span>
  );
}

function orElse(other: string, name: string): string {
  return other === '' ? `var(${name})` : `var(${name}, ${other})`;
}

function describe({ evaluation }: Trace, curves: readonly Curve[]): string {
  const last = evaluation.at(-1);
  if (last === undefined) return 'Losses: nothing is painted yet';
  const values = curves.map(({ caption, values }) => `${caption} ${values.at(-1)?.toPrecision(3)}`);
  return `Losses after ${last} evaluations, weighted: ${values.join(', ')}`;
}

/** The chart library's object: remade when the curves or the colour scheme change, else only given new values. */
class LiveChart {
  readonly #place: HTMLElement;
  /** Undefined until it is loaded, which the first run asks for: the page has no use for it before. */
  #library: typeof uPlot | undefined;
  readonly #resize: ResizeObserver;
  readonly #schemes = [darkScheme, forcedColours].map((query) => matchMedia(query));
  readonly #remake = (): void => this.#make();
  #chart: uPlot | undefined;
  #trace: Trace | undefined;
  #curves: readonly Curve[] = [];
  #drawn: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDisposed = false;

  constructor(place: HTMLElement) {
    this.#place = place;
    this.#resize = new ResizeObserver(() => this.#chart?.setSize({ width: place.clientWidth, height: chartHeight }));
    this.#resize.observe(place);
    for (const scheme of this.#schemes) scheme.addEventListener('change', this.#remake);
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      this.#library = (await import('uplot')).default;
      if (!this.#isDisposed) this.#redraw();
    } catch {
      this.#place.textContent = 'The chart could not be loaded; the picture is painted without it.';
    }
  }

  show(trace: Trace, curves: readonly Curve[]): void {
    this.#trace = trace;
    this.#curves = curves;
    // Not now: the page may be busy showing that a run has begun.
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#redraw();
    }, redrawEveryMs);
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    for (const scheme of this.#schemes) scheme.removeEventListener('change', this.#remake);
    this.#resize.disconnect();
    this.#chart?.destroy();
  }

  #redraw(): void {
    if (this.#trace === undefined) return;
    if (this.#chart === undefined || this.#drawn !== namesOf(this.#trace, this.#curves)) this.#make();
    else this.#chart.setData(columnsOf(this.#trace, this.#curves));
  }

  /** A dashed line wherever a phase or a scale ends. */
  #drawBorders({ ctx, bbox, valToPos }: uPlot): void {
    if (this.#trace === undefined) return;
    ctx.save();
    ctx.strokeStyle = getComputedStyle(this.#place).getPropertyValue('--quiet-ink');
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    for (const border of bordersOf(this.#trace)) {
      const x = valToPos(border, 'x', true);
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
    }
    ctx.stroke();
    ctx.restore();
  }

  /** The name of each curve at its end, so that nobody needs its colour; names that would touch are moved apart. */
  #drawMarks(chart: uPlot): void {
    const { ctx, data, series, valToPos } = chart;
    const ends = this.#curves.flatMap(({ mark }, index) => {
      const last = data[index + 1]?.findLastIndex((value) => typeof value === 'number') ?? -1;
      const [x, y] = [data[0][last], data[index + 1]?.[last]];
      if (x === undefined || typeof y !== 'number') return [];
      return [{ mark, index, x: valToPos(x, 'x', true), y: valToPos(y, 'y', true) }];
    });
    ctx.save();
    ctx.font = `${10 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = 'left';
    ctx.textBaseline = 'middle';
    let free = 0;
    for (const { mark, index, x, y } of ends.sort((a, b) => a.y - b.y)) {
      const at = Math.max(y, free);
      const { stroke } = series[index + 1] ?? {};
      if (typeof stroke === 'function') ctx.fillStyle = stroke(chart, index + 1) ?? '';
      ctx.fillText(mark, x + 5 * devicePixelRatio, at);
      free = at + 10 * devicePixelRatio;
    }
    ctx.restore();
  }

  #make(): void {
    this.#chart?.destroy();
    if (this.#trace === undefined || this.#library === undefined) return;
    this.#drawn = namesOf(this.#trace, this.#curves);
    const options = optionsFor(this.#trace, this.#curves, this.#place, {
      drawBorders: (chart) => this.#drawBorders(chart),
      drawMarks: (chart) => this.#drawMarks(chart),
      range: rangeBy(this.#library),
    });
    this.#chart = new this.#library(options, columnsOf(this.#trace, this.#curves), this.#place);
  }
}

/** Which curves there are. */
function namesOf({ whole }: Trace, curves: readonly Curve[]): string {
  return [whole, ...curves.map(({ caption }) => caption)].join();
}

/** A log axis has no place for zero, a term of weight 0, nor for infinity, a trial that went too far: they are gaps. */
function columnsOf({ work }: Trace, curves: readonly Curve[]): uPlot.AlignedData {
  const positive = (column: readonly number[]) =>
    column.map((value) => (value > 0 && Number.isFinite(value) ? value : null));
  return [[...work], ...curves.map(({ values }) => positive(values))];
}

interface Drawing {
  readonly drawBorders: (chart: uPlot) => void;
  readonly drawMarks: (chart: uPlot) => void;
  readonly range: uPlot.Range.Function;
}

function optionsFor(
  trace: Trace,
  curves: readonly Curve[],
  place: HTMLElement,
  { drawBorders, drawMarks, range }: Drawing,
): uPlot.Options {
  const style = getComputedStyle(place);
  const colourOf = (names: readonly string[]): string =>
    names.map((name) => style.getPropertyValue(name)).find((colour) => colour !== '') ?? '';
  const [ink, grid] = [style.getPropertyValue('--quiet-ink'), style.getPropertyValue('--hairline')];
  const axis: uPlot.Axis = {
    stroke: ink,
    font: '11px system-ui, sans-serif',
    grid: { stroke: grid, width: 1 },
    ticks: { show: false },
  };
  return {
    width: place.clientWidth,
    height: chartHeight,
    legend: { show: false },
    cursor: { show: false },
    // Names stand right of the last points.
    padding: [null, 54, null, null],
    hooks: { drawAxes: [drawBorders], draw: [drawMarks] },
    scales: { x: { time: false, range: acrossRun(trace.whole) }, y: { distr: 3, range } },
    axes: [
      {
        ...axis,
        size: 24,
        values: (_, values) => values.map((value) => (Number.isInteger(value) ? String(value) : '')),
      },
      {
        ...axis,
        size: 52,
        grid: { stroke: grid, width: 1, filter: decadesOnly },
        values: (_, values) => values.map((value) => (value === null ? '' : shortNumber(value))),
      },
    ],
    series: [
      {},
      ...curves.map(({ caption, colours, dash, width }) => ({
        label: caption,
        stroke: colourOf(colours),
        dash: dash.map((length) => length * devicePixelRatio),
        width,
        points: { show: false },
      })),
    ],
  };
}

/** From the first evaluation to the last, so that what is left shows. */
function acrossRun(whole: number): uPlot.Range.Function {
  return (_, __, most) => [0, Math.max(whole, most ?? 1)];
}

/** Decades shown below the largest value: a term that begins at nothing would squeeze all others together. */
const mostDecades = 4;

function rangeBy({ rangeLog }: typeof uPlot): uPlot.Range.Function {
  return (_, least, most) => {
    if (least === null || most === null) return [0.1, 10];
    return rangeLog(Math.max(least, most / 10 ** mostDecades), most, 10, false);
  };
}

/** Lines at powers of ten alone, where the axis spans several. */
function decadesOnly(_: uPlot, values: number[]): (number | null)[] {
  const isNarrow = (values.at(-1) ?? 1) / (values[0] ?? 1) <= 100;
  return values.map((value) => (isNarrow || Number.isInteger(Math.log10(Number(value.toPrecision(6)))) ? value : null));
}

function shortNumber(value: number): string {
  return value >= 0.01 && value < 10_000 ? String(Number(value.toPrecision(2))) : value.toExponential(0);
}
