/** Losses on a log axis against work, in evaluations of the result's size, live: the total and each of its terms. */

import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { bordersOf, type Trace } from '../model/trace.ts';
import { captionOf, colourNamesOf } from './terms.ts';

/** The chart is redrawn at most this often. */
const redrawEveryMs = 200;
const chartHeight = 170;
const darkScheme = '(prefers-color-scheme: dark)';

export function LossChart({ trace }: { readonly trace: Trace }) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<LiveChart>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    chart.current = new LiveChart(element);
    return () => chart.current?.dispose();
  }, []);
  useEffect(() => chart.current?.show(trace), [trace]);
  return (
    <figure class="chart" data-testid="chart">
      <div ref={place} role="img" aria-label={describe(trace)} />
      <figcaption>
        {linesOf(trace).map(({ caption, colours }) => (
          <span key={caption} class="key" style={{ '--key': colours.reduceRight(orElse, '') }}>
            {caption}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function orElse(other: string, name: string): string {
  return other === '' ? `var(${name})` : `var(${name}, ${other})`;
}

/** What is drawn, in the order of the columns. */
function linesOf({ terms }: Trace): readonly { readonly caption: string; readonly colours: readonly string[] }[] {
  const ofTerms = terms.map((term, index) => ({ caption: captionOf(term), colours: colourNamesOf(terms, index) }));
  return [{ caption: 'total', colours: ['--loss-total'] }, ...ofTerms];
}

function describe({ evaluation, total, terms, byTerm }: Trace): string {
  const last = evaluation.at(-1);
  if (last === undefined) return 'Losses: nothing is painted yet';
  const values = terms.map((term, index) => `${captionOf(term)} ${byTerm[index]?.at(-1)?.toPrecision(3)}`);
  return `Losses after ${last} evaluations, weighted: total ${total.at(-1)?.toPrecision(3)}, ${values.join(', ')}`;
}

/** The chart library's object: remade when the terms or the colour scheme change, else only given new values. */
class LiveChart {
  readonly #place: HTMLElement;
  /** Undefined until it is loaded, which the first run asks for: the page has no use for it before. */
  #library: typeof uPlot | undefined;
  readonly #resize: ResizeObserver;
  readonly #scheme = matchMedia(darkScheme);
  readonly #remake = (): void => this.#make();
  #chart: uPlot | undefined;
  #trace: Trace | undefined;
  #drawnTerms: Trace['terms'] | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDisposed = false;

  constructor(place: HTMLElement) {
    this.#place = place;
    this.#resize = new ResizeObserver(() => this.#chart?.setSize({ width: place.clientWidth, height: chartHeight }));
    this.#resize.observe(place);
    this.#scheme.addEventListener('change', this.#remake);
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

  show(trace: Trace): void {
    this.#trace = trace;
    // Not now: the page may be busy showing that a run has begun.
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#redraw();
    }, redrawEveryMs);
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    this.#scheme.removeEventListener('change', this.#remake);
    this.#resize.disconnect();
    this.#chart?.destroy();
  }

  #redraw(): void {
    if (this.#trace === undefined) return;
    if (this.#chart === undefined || this.#drawnTerms !== this.#trace.terms) this.#make();
    else this.#chart.setData(columnsOf(this.#trace));
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

  #make(): void {
    this.#chart?.destroy();
    if (this.#trace === undefined || this.#library === undefined) return;
    this.#drawnTerms = this.#trace.terms;
    const options = optionsFor(this.#trace, this.#place, {
      drawBorders: (chart) => this.#drawBorders(chart),
      range: rangeBy(this.#library),
    });
    this.#chart = new this.#library(options, columnsOf(this.#trace), this.#place);
  }
}

/** A log axis has no place for zero, a term of weight 0, nor for infinity, a trial that went too far: they are gaps. */
function columnsOf({ work, total, byTerm }: Trace): uPlot.AlignedData {
  const positive = (column: readonly number[]) =>
    column.map((value) => (value > 0 && Number.isFinite(value) ? value : null));
  return [[...work], positive(total), ...byTerm.map(positive)];
}

function optionsFor(
  trace: Trace,
  place: HTMLElement,
  { drawBorders, range }: { readonly drawBorders: (chart: uPlot) => void; readonly range: uPlot.Range.Function },
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
    hooks: { drawAxes: [drawBorders] },
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
      ...linesOf(trace).map(({ caption, colours }, index) => ({
        label: caption,
        stroke: colourOf(colours),
        width: index === 0 ? 2 : 1.25,
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
