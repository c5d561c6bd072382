/** What phases do to the rate and the momentum, step by step: fast.ai's `plot_lr`, with the borders of the phases. */

import type { ScheduledStep } from '../settings/phase.ts';
import type { AxisOptions } from './axis.ts';
import { type Point, panel } from './panel.ts';
import { svgDocument } from './svg.ts';

export interface SchedulePlotOptions {
  readonly title: string;
  /** One entry a step, as `scheduledSteps` of the phases gives them. */
  readonly steps: readonly ScheduledStep[];
  /** Of the rate; default linear. */
  readonly rateAxis?: AxisOptions['kind'];
  /** Pixels; default 480 x 260, and 390 high with a panel for the momentum. */
  readonly width?: number;
  readonly height?: number;
  /** Behind the plot; transparent where absent. */
  readonly background?: string;
}

/** The rate above, the momentum below where any phase has one, as an SVG document. */
export function schedulePlot(options: SchedulePlotOptions): string {
  const { title, steps, rateAxis = 'linear', width = 480, background } = options;
  const hasMomentum = steps.some(({ momentum }) => momentum !== undefined);
  const height = options.height ?? (hasMomentum ? 390 : 260);
  const borders = steps.flatMap(({ phase, step }, index) =>
    index > 0 && steps[index - 1]?.phase !== phase ? [step - 0.5] : [],
  );
  const frame = { left: 64, right: width - 20, borders };
  const x = { label: 'step', kind: 'linear', holds: [0] } as const;
  const bottom = height - 46;
  const split = hasMomentum ? 32 + (bottom - 32) * 0.6 : bottom;
  const rate = panel({
    ...frame,
    x,
    y: { label: 'learning rate', kind: rateAxis, holds: [0] },
    series: segments(steps, ({ learningRate }) => learningRate, 0),
    ...{ top: 32, bottom: split, hasXLabels: !hasMomentum },
  });
  if (!hasMomentum) return svgDocument({ width, height, title, background, content: [rate] });
  const momenta = new Set(steps.map((step) => step.momentum));
  const momentum = panel({
    ...frame,
    x,
    // One that stays is shown among all that there are.
    y: { label: 'momentum', kind: 'linear', holds: momenta.size === 1 ? [0, 1] : [] },
    series: segments(steps, (step) => step.momentum ?? Number.NaN, 1),
    ...{ top: split + 36, bottom },
  });
  return svgDocument({ width, height, title, background, content: [rate, momentum] });
}

/** The values as one line; where a phase ends at a jump, the line jumps. */
function segments(steps: readonly ScheduledStep[], value: (step: ScheduledStep) => number, colour: number) {
  const points = steps.map((step): Point => [step.step, value(step)]);
  return [{ name: '', points, colour }];
}
