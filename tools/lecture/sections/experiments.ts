/** Sections 2 and 3: what the network keeps of a picture as content, and as style. */

import type { WeightedLayer } from '../../../src/settings/kinds.ts';
import { resolveSettings, type SettingsOverrides } from '../../../src/settings/presets.ts';
import { formatLoss, lastLoss, paragraphs } from '../figures.ts';
import { noiseSeed, type Outcome, type RunSpec, type Section, type SectionContext } from '../section.ts';

/** The ReLUs before each pool, the lecture's block ends. */
export const blockEnds = ['relu1_2', 'relu2_2', 'relu3_3', 'relu4_3', 'relu5_3'] as const;

/** From noise, one loss alone: a fixed step of L-BFGS may leap out of reach. */
export const searched: SettingsOverrides = { lineSearch: 'strong-wolfe' };

export const lectureNoise = { kind: 'lecture-noise', seed: noiseSeed } as const;

export function contentSection({ effort, pictures }: SectionContext): Section {
  const runs = blockEnds.map(
    (layer): RunSpec => ({
      name: `content from ${layer}`,
      experiment: 'reconstruct',
      settings: resolveSettings('lecture', {
        ...searched,
        iterations: effort.content,
        objective: { contentWeight: 1000, contentLayers: [{ name: layer, weight: 1 }] },
      }),
      start: lectureNoise,
      size: effort.size,
    }),
  );
  return {
    id: 'content',
    title: 'Content alone: what a layer remembers',
    runs,
    render: (outcome, figures) =>
      [
        paragraphs(
          `Start from noise and change its pixels until one layer of VGG16 answers as it does to the photograph: the loss is the mean
           square of the difference between the two feature maps, times 1000. What comes back is what that layer has kept.
           <code>impasto reconstruct</code> does this.`,
        ),
        figures.plates(
          [
            [
              { outcome: pictures.content, label: 'the photograph' },
              ...runs.map((run, index) => {
                const result = outcome(run);
                return { outcome: result, label: blockEnds[index] ?? '', note: fallOf(result) };
              }),
            ],
          ],
          `Content reconstructed from the last layer of each block, ${effort.content} evaluations of L-BFGS each, from the same noise. The first
           blocks give the photograph back almost pixel by pixel. Deeper ones keep what is there and where, and let go of exact
           colour and fine texture; what they do not care about stays the noise of the start.`,
        ),
      ].join('\n'),
  };
}

/** The weights of the taps, from the first on. */
interface Weighting {
  readonly name: string;
  readonly weights: readonly number[];
}

const equal: Weighting = { name: 'equal weights', weights: [1, 1, 1, 1, 1] };
/** From the lecture's noise to the Great Wave at 112 pixels the five terms then begin at 2.5, 4.9, 7.8, 3.6 and 0.7e8. */
const rising: Weighting = { name: 'rising weights', weights: [1, 1, 2, 64, 512] };

export function styleSection({ effort, pictures }: SectionContext): Section {
  const runOf = ({ name, weights }: Weighting, count: number): RunSpec => ({
    name: `style from ${count} ${count === 1 ? 'layer' : `layers, ${name}`}`,
    experiment: 'texture',
    settings: resolveSettings('lecture', {
      ...searched,
      iterations: effort.style,
      objective: { styleLayers: layersOf(weights.slice(0, count)) },
    }),
    start: lectureNoise,
    size: effort.size,
  });
  const equalRow = blockEnds.map((_, index) => runOf(equal, index + 1));
  // The first two layers weigh the same in both.
  const risingRow = blockEnds.map((_, index) => (index < 2 ? equalRow[index] : undefined) ?? runOf(rising, index + 1));
  return {
    id: 'style',
    title: 'Style alone: Gram matrices',
    runs: [...new Set([...equalRow, ...risingRow])],
    render: (outcome, figures) =>
      [
        paragraphs(
          `The Gram matrix of a layer says which of its channels go together, summed over all places: what there is, not where. The
           style loss compares the Gram matrices of picture and painting. Alone, from noise, it makes a texture:
           <code>impasto texture</code>.`,
        ),
        figures.plates(
          [
            [{ outcome: pictures.style, label: 'the painting' }],
            ...[equalRow, risingRow].map((row, rowIndex) =>
              row.map((run, index) => {
                const result = outcome(run);
                const layers = index === 0 ? blockEnds[0] : `… + ${blockEnds[index]}`;
                return {
                  outcome: result,
                  label: `${layers}, ${[equal, rising][rowIndex]?.name}`,
                  note: fallOf(result),
                };
              }),
            ),
          ],
          `Style reconstructed from one layer (left) up to all five (right), ${effort.style} evaluations each: the figure of the paper. One
           layer gives the colours and their grain, each further block larger forms. Above, all layers weigh the same, and the fourth and fifth
           hardly show: the Gram matrices of deep layers are small. Below, the weights rise (${rising.weights.join(', ')}), so that no layer's loss is
           lost among the others when the run begins, and whole waves come through.`,
        ),
      ].join('\n'),
  };
}

function layersOf(weights: readonly number[]): readonly WeightedLayer[] {
  return weights.flatMap((weight, index) => {
    const name = blockEnds[index];
    return name === undefined ? [] : [{ name, weight }];
  });
}

/** `loss 1200 → 0.31` */
export function fallOf(outcome: Outcome): string {
  const { losses, end } = outcome;
  const early = end === 'complete' ? '' : `, ${losses.length} evaluations (${end})`;
  return `loss ${formatLoss(losses[0]?.total ?? Number.NaN)} → ${formatLoss(lastLoss(outcome))}${early}`;
}
