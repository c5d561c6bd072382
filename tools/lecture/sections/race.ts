/** Sections 6 and 7: optimisers and schedules on one problem; progressive resizing. */

import { type LinePlotOptions, linePlot } from '../../../src/plots/line-plot.ts';
import type { ListedPhase } from '../../../src/settings/phase.ts';
import { atScales, constant, recipes, scalesUpTo } from '../../../src/settings/recipes.ts';
import { formatLoss, lastLoss, type Plate, paragraphs } from '../figures.ts';
import { ownSettings } from '../own-settings.ts';
import { stepCost } from '../progress.ts';
import type { Outcome, RunSpec, Section, SectionContext } from '../section.ts';

interface Runner {
  readonly name: string;
  readonly phases: readonly ListedPhase[];
}

/**
 * Everyone spends `steps` evaluations. SGD moves by the gradient itself, and the losses are means over the picture: the more pixels, the
 * smaller each one's gradient, so its rates grow with the area. The figures are from trials at 80 and 112 pixels.
 */
function runners({ race: steps, raceSize }: SectionContext['effort']): readonly Runner[] {
  const sgd = { steps, optimizer: 'sgd', momentum: 0.9 } as const;
  const rate = (at80Pixels: number): number => Number((at80Pixels * (raceSize / 80) ** 2).toPrecision(2));
  const [fixed, top] = [rate(0.1), rate(0.15)];
  return [
    { name: 'L-BFGS', phases: constant({ steps, optimizer: 'lbfgs', learningRate: 1 }) },
    { name: 'Adam, rate 0.02', phases: constant({ steps, optimizer: 'adam', learningRate: 0.02 }) },
    { name: `SGD with momentum, rate ${fixed}`, phases: constant({ ...sgd, learningRate: fixed }) },
    { name: `one cycle of SGD up to ${top}`, phases: recipes['one-cycle']({ ...sgd, learningRate: top }) },
    { name: `SGD with restarts from ${top}`, phases: recipes.sgdr({ ...sgd, learningRate: top }) },
  ];
}

export function raceSection({ effort }: SectionContext): Section {
  const entries = runners(effort).map(({ name, phases }) => ({
    name,
    run: {
      name: `race: ${name}`,
      experiment: 'stylize',
      settings: ownSettings({ phases }),
      start: { kind: 'content' },
      size: effort.raceSize,
    } satisfies RunSpec,
  }));
  return {
    id: 'optimisers',
    title: 'Five ways down',
    runs: entries.map(({ run }) => run),
    render: (outcome, figures) => {
      const results = entries.map(({ name, run }) => ({ name, outcome: outcome(run) }));
      const curves = (x: LinePlotOptions['x'], place: (entry: Outcome['losses'][number], index: number) => number) =>
        linePlot({
          title: `Loss against ${x.label}`,
          width: 560,
          height: 400,
          x,
          y: { label: 'loss', kind: 'log' },
          series: results.map((result) => ({
            name: result.name,
            points: result.outcome.losses.map((entry, index) => [place(entry, index), entry.total] as const),
          })),
        });
      const plots = [
        {
          label: 'against evaluations',
          svg: curves({ label: 'evaluations', kind: 'linear' }, (_, index) => index + 1),
        },
        { label: 'against seconds', svg: curves({ label: 'seconds', kind: 'linear' }, ({ seconds }) => seconds) },
      ];
      return [
        paragraphs(
          `The same transfer from the same photograph, with each optimiser and schedule. An evaluation is one pass through the network
           forward and one back, which is nearly all the time there is; what optimisers do besides hardly shows.`,
        ),
        figures.plots(plots, describeRace(results)),
        figures.plates(
          [
            results.map((result) => ({
              ...result,
              label: result.name,
              note: `loss ${formatLoss(lastLoss(result.outcome))}`,
            })),
          ],
          `Where each has come to after ${effort.race} evaluations.`,
        ),
      ].join('\n');
    },
  };
}

function describeRace(results: readonly { readonly name: string; readonly outcome: Outcome }[]): string {
  const [best] = [...results].sort((a, b) => lowest(a.outcome) - lowest(b.outcome));
  if (best === undefined) return '';
  const others = results
    .filter((result) => result !== best)
    .map(({ name, outcome }) => `${name} ${formatLoss(lowest(outcome))}`)
    .join('; ');
  return `The loss on the way down, logarithmic. The lowest of all is that of ${best.name}, ${formatLoss(lowest(best.outcome))}; ${others}. One cycle and the
    restarts pay for a high rate with a rise on the way, and make up for it when the rate comes down.`;
}

function lowest({ losses }: Outcome): number {
  return Math.min(...losses.map(({ total }) => total));
}

export function resizingSection({ effort, pictures }: SectionContext): Section {
  const size = effort.largeSize;
  const scales = scalesUpTo(size, Math.max(size / 2 - 1, 32));
  const basis = { optimizer: 'adam', learningRate: 0.02, momentum: 0.9 } as const;
  // As much work as the other: small evaluations cost less, so there are more of them.
  const growingOf = (steps: number): readonly ListedPhase[] => atScales({ ...basis, steps }, scales, constant);
  const workOf = (phases: readonly ListedPhase[]): number =>
    phases.reduce((sum, phase) => sum + phase.steps * stepCost(phase.scale ?? size), 0);
  const steps = effort.resizing;
  const growingSteps = Math.round((steps * steps * stepCost(size)) / workOf(growingOf(steps)));
  const runOf = (name: string, phases: readonly ListedPhase[]): RunSpec => ({
    name,
    experiment: 'stylize',
    settings: ownSettings({ phases }),
    start: { kind: 'content' },
    size,
  });
  const whole = runOf('at full size throughout', constant({ ...basis, steps }));
  const growing = runOf('with progressive resizing', growingOf(growingSteps));
  return {
    id: 'resizing',
    title: 'Progressive resizing',
    runs: [whole, growing],
    render: (outcome, figures) => {
      const plate = (run: RunSpec): Plate => ({
        outcome: outcome(run),
        label: run.name,
        note: `${outcome(run).losses.length} evaluations, ${secondsOf(outcome(run))} s, loss ${formatLoss(lastLoss(outcome(run)))}`,
      });
      return [
        paragraphs(
          `Begin small, enlarge in steps: the picture and Adam's two moments grow with it. At a small size the layers see more of the
           scene at once, and an evaluation costs less.`,
        ),
        figures.plates(
          [[{ outcome: pictures.content, label: 'the photograph' }, plate(whole), plate(growing)]],
          `The same transfer from the photograph with Adam, about as much work for both: ${steps} evaluations at ${size} pixels, or ${growingSteps} at
           ${scales.join(', ')} in turn. The picture that has grown has larger forms, laid down while it was small; those of the other
           are finer.`,
        ),
        figures.plots(
          [
            {
              svg: linePlot({
                title: 'Loss with and without progressive resizing',
                x: { label: 'seconds', kind: 'linear' },
                y: { label: 'loss at the scale of the moment', kind: 'log' },
                series: [whole, growing].map((run) => ({
                  name: run.name,
                  points: outcome(run).losses.map(({ seconds, total }) => [seconds, total] as const),
                })),
                borders: bordersOf(outcome(growing)),
              }),
            },
          ],
          'The losses against time. Dashed lines are where the picture grows: the loss jumps, since the new scale shows detail that is not yet painted.',
        ),
      ].join('\n');
    },
  };
}

/** Seconds at which the scale changes. */
function bordersOf({ losses }: Outcome): readonly number[] {
  return losses.flatMap(({ scale, seconds }, index) => {
    const before = losses[index - 1];
    return before === undefined || before.scale === scale ? [] : [(before.seconds + seconds) / 2];
  });
}

function secondsOf({ losses }: Outcome): string {
  return (losses.at(-1)?.seconds ?? 0).toPrecision(3);
}
