/** Sections 5 and 8: content and style together; and the same with batch-normalised weights. */

import { linePlot } from '../../../src/plots/line-plot.ts';
import { resolveSettings, type SettingsOverrides } from '../../../src/settings/presets.ts';
import { formatLoss, paragraphs } from '../figures.ts';
import { ownSettings } from '../own-settings.ts';
import type { Outcome, RunSpec, Section, SectionContext } from '../section.ts';
import { lectureNoise, searched } from './experiments.ts';

/** Of the lecture's combined loss, and what it takes to balance it with plain VGG16. */
const lectureContentWeight = 1e6;
const balance = 50;

export function transferSection({ effort, pictures }: SectionContext): Section {
  const common = { experiment: 'stylize', size: effort.size } as const;
  const lecture = (name: string, start: RunSpec['start'], factor = 1): RunSpec => ({
    ...common,
    name,
    settings: resolveSettings('lecture', {
      ...searched,
      iterations: effort.transfer,
      objective: { contentWeight: lectureContentWeight * factor },
    }),
    start,
  });
  const fromNoise = lecture("the lecture's transfer, from noise", lectureNoise);
  const balanced = lecture('the same with more content', lectureNoise, balance);
  const fromContent = lecture("the lecture's transfer, from the photograph", { kind: 'content' });
  const preset: RunSpec = {
    ...common,
    name: 'averaged pools, from the photograph',
    settings: ownSettings({ iterations: effort.transfer }),
    start: { kind: 'content' },
  };
  return {
    id: 'transfer',
    title: 'Style transfer: both together',
    runs: [fromNoise, balanced, fromContent, preset],
    render: (outcome, figures) => {
      const plate = (run: RunSpec, label: string) => ({ outcome: outcome(run), label, note: termsOf(outcome(run)) });
      return [
        paragraphs(
          `Now both losses are added: the content of <code>relu4_3</code> and the style of all five layers. The gradient with respect to the
           pixels pulls towards both at once.`,
        ),
        figures.plates(
          [
            [
              { outcome: pictures.content, label: 'content' },
              { outcome: pictures.style, label: 'style' },
              plate(fromNoise, "the lecture's settings, from noise"),
            ],
            [
              plate(balanced, `${balance} times the content weight, from noise`),
              plate(fromContent, "the lecture's settings, from the photograph"),
              plate(preset, "Impasto's Gram weights, from the photograph"),
            ],
          ],
          `The photograph in the manner of the painting, ${effort.transfer} evaluations each. The lecture's constants were made for the batch-normalised
           network; with plain VGG16 the style drowns the photograph. With ${balance} times the content weight both are there, and from the
           photograph itself even the lecture's weights keep some of it. Impasto's own weights for Gram matrices go with pools by averages, let deep layers weigh
           more and add a little total variation, which leaves smooth brush strokes.`,
        ),
        figures.plots(
          [{ svg: curvesOf(outcome(balanced)) }],
          `The two losses on the way from noise, with ${balance} times the content weight, as they are added: style falls first, content needs longer.`,
        ),
      ].join('\n');
    },
  };
}

function curvesOf({ losses }: Outcome): string {
  const series = (['total', 'content', 'style'] as const).map((name) => ({
    name,
    points: losses.map((entry, index) => [index + 1, entry[name]] as const),
  }));
  return linePlot({
    title: 'Losses of the transfer',
    x: { label: 'evaluations', kind: 'linear' },
    y: { label: 'weighted loss', kind: 'log' },
    series,
  });
}

function termsOf({ losses }: Outcome): string {
  const last = losses.at(-1);
  return last === undefined ? '' : `content ${formatLoss(last.content)}, style ${formatLoss(last.style)}`;
}

export function batchNormSection({ effort, hasBatchNorm, pictures }: SectionContext): Section {
  const runOf = (name: string, overrides: SettingsOverrides, network?: 'batch-norm'): RunSpec => ({
    name,
    experiment: 'stylize',
    settings: resolveSettings('lecture', { ...searched, iterations: effort.batchNorm, ...overrides }),
    start: lectureNoise,
    size: effort.size,
    ...(network === undefined ? {} : { network }),
  });
  const plain = runOf('VGG16, the same settings', {});
  const normalised = runOf('VGG16 with batch normalisation', {}, 'batch-norm');
  const how = paragraphs(
    `The lecture's network is VGG16 <em>with batch normalisation</em>. Impasto folds the normalisation into the convolution before it when
     it converts the weights, and then runs the same kernels.`,
  );
  if (!hasBatchNorm) {
    return {
      id: 'batch-norm',
      title: 'VGG16 with batch normalisation',
      runs: [],
      render: () =>
        how +
        paragraphs(
          `These weights do not come with Impasto, so this page was made without them. With torchvision's file at hand:`,
        ) +
        `<pre>npm run convert -- vgg16_bn-6c64b313.pth -o vgg16-bn.safetensors\nnpm run lecture -- --bn vgg16-bn.safetensors</pre>`,
    };
  }
  return {
    id: 'batch-norm',
    title: 'VGG16 with batch normalisation',
    runs: [plain, normalised],
    render: (outcome, figures) =>
      [
        how,
        figures.plates(
          [
            [
              { outcome: pictures.content, label: 'content' },
              { outcome: pictures.style, label: 'style' },
              { outcome: outcome(plain), label: 'VGG16', note: termsOf(outcome(plain)) },
              { outcome: outcome(normalised), label: 'VGG16-BN', note: termsOf(outcome(normalised)) },
            ],
          ],
          `The lecture's settings with either network, ${effort.batchNorm} evaluations from the same noise. The activations of the normalised network
           are smaller, so the same constants make other sums and another balance.`,
        ),
      ].join('\n'),
  };
}
