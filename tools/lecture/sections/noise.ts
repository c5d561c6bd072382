/** Section 4: the noise a run starts from, with and without the median filter, and what each leads to. */

import { linePlot } from '../../../src/plots/line-plot.ts';
import { resolveSettings } from '../../../src/settings/presets.ts';
import { formatLoss, lastLoss, paragraphs } from '../figures.ts';
import { noiseSeed, type Outcome, type RunSpec, type Section, type SectionContext } from '../section.ts';
import { fallOf, lectureNoise, searched } from './experiments.ts';

const starts = [
  { label: 'halved noise', still: 'noise', start: { kind: 'unfiltered-noise', seed: noiseSeed } },
  { label: 'median-filtered first', still: 'filteredNoise', start: lectureNoise },
] as const;

const layer = 'relu4_3';

export function noiseSection({ effort, pictures }: SectionContext): Section {
  const runs = starts.map(({ label, still, start }) => {
    const common = { start, size: effort.size } as const;
    const content: RunSpec = {
      ...common,
      name: `content, from ${label}`,
      experiment: 'reconstruct',
      settings: resolveSettings('lecture', {
        ...searched,
        iterations: effort.noise,
        objective: { contentWeight: 1000, contentLayers: [{ name: layer, weight: 1 }] },
      }),
    };
    const style: RunSpec = {
      ...common,
      name: `style, from ${label}`,
      experiment: 'texture',
      settings: resolveSettings('lecture', { ...searched, iterations: effort.noise }),
    };
    return { label, still: pictures[still], content, style };
  });
  return {
    id: 'noise',
    title: 'The noise to start from',
    runs: runs.flatMap(({ content, style }) => [content, style]),
    render: (outcome, figures) => {
      const rows = runs.map(({ label, still, content, style }) => [
        { outcome: still, label },
        { outcome: outcome(content), label: `content of ${layer}`, note: fallOf(outcome(content)) },
        { outcome: outcome(style), label: 'style of five layers', note: fallOf(outcome(style)) },
      ]);
      return [
        paragraphs(
          `Pure noise is unlike anything the network has been trained on, and gives poor gradients. The lecture therefore blurs it
           with a median filter of 8x8 pixels; and halves it, so that its deviation is like a picture's.`,
        ),
        figures.plates(
          rows,
          `Left, the noise; then what ${effort.noise} evaluations of L-BFGS make of it for content, and for style. From unfiltered noise (above)
           the grain of the start is still there: no layer sees it well enough to remove it. From the filtered noise (below) both
           are far calmer.`,
        ),
        figures.plots(
          (['content', 'style'] as const).map((kind) => ({
            label: kind,
            svg: linePlot({
              title: `Loss of the ${kind} from either noise`,
              width: 480,
              height: 320,
              x: { label: 'evaluations', kind: 'linear' },
              y: { label: 'loss', kind: 'log' },
              series: runs.map(({ label, ...run }) => ({
                name: label,
                points: outcome(run[kind]).losses.map(({ total }, index) => [index + 1, total] as const),
              })),
            }),
          })),
          describeLead(runs.map(({ content }) => outcome(content))),
        ),
      ].join('\n');
    },
  };
}

function describeLead([unfiltered, filtered]: readonly Outcome[]): string {
  if (unfiltered === undefined || filtered === undefined) return '';
  return `The losses on the way. After the last evaluation the content loss is ${formatLoss(lastLoss(filtered))} from filtered noise, ${formatLoss(lastLoss(unfiltered))} from
    unfiltered.`;
}
