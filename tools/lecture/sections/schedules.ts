/** Section 1: the decays, every schedule, and the learning-rate finder. */

import { linePlot } from '../../../src/plots/line-plot.ts';
import { ratePlot } from '../../../src/plots/rate-plot.ts';
import { schedulePlot } from '../../../src/plots/schedule-plot.ts';
import { decayNames, type Phase, scheduledSteps, valueAt } from '../../../src/settings/phase.ts';
import { type RecipeBasis, rateFinder, recipes } from '../../../src/settings/recipes.ts';
import { ratePointsOf } from '../../../src/transfer/find-rate.ts';
import { type Figures, paragraphs } from '../figures.ts';
import { ownSettings } from '../own-settings.ts';
import type { Outcome, RunSpec, Section, SectionContext } from '../section.ts';

/** Every plot shows so many steps at this highest rate. */
const basis: RecipeBasis = { steps: 200, optimizer: 'adam', learningRate: 0.05 };

const shown = [
  ['Constant', recipes.constant],
  ['Step', recipes.step],
  ['Fixed, decay, fixed', recipes['fixed-decay-fixed']],
  ['To zero, and back up', recipes['zero-and-back']],
  ['Cosine to zero', recipes.cosine],
  ['Circular', recipes.circular],
  ['SGD with restarts', recipes.sgdr],
  ['One cycle', recipes['one-cycle']],
] as const;

export function schedulesSection({ effort }: SectionContext): Section {
  const steps = effort.finder;
  const finder: RunSpec = {
    name: 'learning-rate finder',
    experiment: 'stylize',
    settings: ownSettings({ phases: rateFinder({ steps, optimizer: 'adam' }) }),
    start: { kind: 'content' },
    size: effort.raceSize,
  };
  return {
    id: 'schedules',
    title: 'Learning rates that change on the way',
    runs: [finder],
    render: (outcome, figures) =>
      [
        paragraphs(
          `A run is cut into phases. A phase has a length, an optimiser and a learning rate, and over the phase the rate may go from a
           start to an end value in one of five ways. A schedule is nothing but a list of such phases, which is how Impasto keeps
           it: <code>impasto stylize --phases FILE.json</code> runs any.`,
        ),
        figures.plots(
          [{ svg: decayPlot() }],
          `The five decays from 1 to 0.1 over a hundred steps. The cosine stays long at either end; the exponential falls by the same
           <em>factor</em> each step; a polynomial of power 2 is steep first and flat last.`,
        ),
        paragraphs('The schedules that are made of them. Dashed lines are borders between phases.'),
        figures.plots(
          [
            ...shown.map(([label, recipe]) => ({ label, svg: plotOf(label, recipe(basis)) })),
            { label: 'The learning-rate finder', svg: plotOf('The learning-rate finder', rateFinder(basis), 'log') },
          ],
          `Rate against step. A high rate explores, a low one fine-tunes. SGD with restarts warms up, then falls along a cosine again and
           again, each time for longer; one cycle goes up as far as it goes down and lets the momentum do the inverse.`,
        ),
        renderFinder(outcome(finder), figures),
      ].join('\n'),
  };
}

function plotOf(title: string, phases: readonly Phase[], rateAxis: 'linear' | 'log' = 'linear'): string {
  return schedulePlot({ title, steps: scheduledSteps(phases), rateAxis });
}

function decayPlot(): string {
  const steps = 100;
  const series = decayNames.map((decay) => ({
    name: decay === 'polynomial' ? 'polynomial, power 2' : decay,
    points: Array.from({ length: steps + 1 }, (_, step): readonly [number, number] => [
      step,
      valueAt({ start: 1, end: 0.1, decay, ...(decay === 'polynomial' ? { power: 2 } : {}) }, step, steps),
    ]),
  }));
  return linePlot({
    title: 'The five decays',
    x: { label: 'step', kind: 'linear' },
    y: { label: 'rate', kind: 'linear', holds: [0] },
    series,
  });
}

function renderFinder({ losses }: Outcome, figures: Figures): string {
  const svg = ratePlot({ title: 'Loss against learning rate', points: ratePointsOf(losses) });
  return [
    paragraphs('Which rate should be the highest? The finder tries them all in one short run.'),
    figures.plots(
      [{ svg }],
      `The learning-rate finder with Adam on the transfer of this page: the rate grows exponentially from 1e-5. Below 1e-4 nothing moves; then
       the loss falls, until the rate is too high for it to get better, and at last it bursts. A good highest rate lies
       on the slope, somewhat left of the lowest point. <code>impasto find-rate</code> draws the same for any pictures.`,
    ),
  ].join('\n');
}
