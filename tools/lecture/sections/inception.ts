/** Section 2 of the lecture: blocks with branches, and large filters taken apart. */

import { figure } from '../../../src/bench/table.ts';
import { channelsOf, inputsOf, type Layer, outputOf } from '../../../src/models/layers.ts';
import { layersOf } from '../../../src/models/networks.ts';
import { type GraphNode, graphPlot } from '../../../src/plots/graph-plot.ts';
import { escapeXml } from '../../../src/plots/svg.ts';
import { resolveSettings } from '../../../src/settings/presets.ts';
import { comparisons, type Measured, mapSide } from '../factorisations.ts';
import { type Figures, paragraphs } from '../figures.ts';
import type { RunSpec, Section, SectionContext } from '../section.ts';
import { fallOf, lectureNoise, searched } from './experiments.ts';

/** Where a picture is brought back from: the stem, and blocks of each size. */
const reconstructed = ['Conv2d_2b_3x3', 'Mixed_5b', 'Mixed_5d', 'Mixed_6b'] as const;

const drawn = ['Mixed_5b', 'Mixed_6b'] as const;

export function inceptionSection({ effort, hasInception, factorisations, pictures }: SectionContext): Section {
  const runs = hasInception ? reconstructed.map((layer) => runOf(layer, effort)) : [];
  return {
    id: 'inception',
    title: 'Inception: branches, and large filters in parts',
    runs,
    render: (outcome, figures) =>
      [
        paragraphs(
          `A layer of VGG is one size of filter, and which size is best nobody knows beforehand. An Inception block has several beside each other
           on the same input and lays their channels side by side. One branch is a 1x1 convolution, which mixes channels and sees no
           neighbours; the others begin with one that narrows, since what comes behind costs as much as there are channels.`,
        ),
        figures.plots(
          drawn.map((block) => ({ label: block, svg: blockPlot(block) })),
          `Two blocks of Inception v3, drawn from the tables that Impasto runs: each box is a convolution with its ReLU, or a pool, and the number of its channels. On
           top the branches lie side by side. On the left large filters are two 3x3 in a row, on the right a 7x7 is a row and a column.`,
        ),
        paragraphs(
          `A 7x7 filter is 49 multiplications for each pair of channels, a 1x7 and a 7x1 after it are 14 and see as far. What is lost is freedom: each pair of
           channels is then a sum of products of a column and a row. What is won by count is not always won in time: small products keep a device less busy.`,
        ),
        factorisations.map((rows, index) => table(comparisons[index]?.title ?? '', rows)).join('\n'),
        ...reconstructions(runs, { outcome, figures, pictures, effort }),
      ].join('\n'),
  };
}

function runOf(layer: string, effort: SectionContext['effort']): RunSpec {
  return {
    name: `content from ${layer}`,
    experiment: 'reconstruct',
    settings: resolveSettings('lecture', {
      ...searched,
      network: 'inception_v3',
      iterations: effort.content,
      objective: { contentWeight: 1000, contentLayers: [{ name: layer, weight: 1 }], styleLayers: [], styleWeight: 0 },
    }),
    start: lectureNoise,
    size: effort.size,
    network: 'inception',
  };
}

function reconstructions(
  runs: readonly RunSpec[],
  from: {
    readonly outcome: Parameters<Section['render']>[0];
    readonly figures: Figures;
    readonly pictures: SectionContext['pictures'];
    readonly effort: SectionContext['effort'];
  },
): readonly string[] {
  const { outcome, figures, pictures, effort } = from;
  if (runs.length === 0) {
    return [
      paragraphs(
        'With weights of Inception v3, <code>npm run lecture -- --inception FILE</code> shows here what its layers remember of the photograph.',
      ),
    ];
  }
  const plates = runs.map((run, index) => {
    const result = outcome(run);
    return { outcome: result, label: reconstructed[index] ?? '', note: fallOf(result) };
  });
  return [
    figures.plates(
      [[{ outcome: pictures.content, label: 'the photograph' }, ...plates]],
      `Content reconstructed from layers of Inception v3, ${effort.content} evaluations each, as from those of VGG16 further down. The first convolution takes every other
       pixel, and its pattern stays on everything that is made through it.`,
    ),
  ];
}

/** A block of Inception v3 from its rows. */
export function blockPlot(block: string): string {
  const rows = layersOf('inception_v3').filter(({ name }) => name === block || name.startsWith(`${block}.`));
  const own = new Set(rows.map(outputOf));
  const [input = ''] = rows.flatMap(inputsOf).filter((name) => !own.has(name));
  const before = layersOf('inception_v3').find((layer) => outputOf(layer) === input);
  const first: GraphNode = {
    name: input,
    lines: [`${input}, ${before === undefined ? 0 : channelsOf(before)} channels`],
    inputs: [],
  };
  const nodes = rows.map((layer) => ({ name: outputOf(layer), lines: wordsOf(layer), inputs: inputsOf(layer) }));
  return graphPlot({ title: `The block ${block} of Inception v3`, nodes: [first, ...nodes] });
}

function wordsOf(layer: Layer): readonly string[] {
  if (layer.kind === 'concat') return [`${layer.name}, ${layer.channels} channels`];
  if (layer.kind === 'pool')
    return [`${layer.pooling ?? ''} ${layer.kernelSize}x${layer.kernelSize}`, String(layer.channels)];
  const [height, width] = layer.kernel;
  return [`${height}x${width}${layer.stride === 1 ? '' : `, stride ${layer.stride}`}`, String(layer.outChannels)];
}

function table(title: string, rows: readonly Measured[]): string {
  const [whole] = rows;
  const lines = rows.map(({ name, multiplications, parameters, field, milliseconds: { min, median, max } }) => {
    const times = (factor: number): string => (name === whole?.name ? '–' : `${factor.toFixed(1)} times`);
    const cells = [
      name,
      `${Math.round(multiplications / 1000)} k`,
      `${Math.round(parameters / 1000)} k`,
      `${field[1]}x${field[0]}`,
      times((whole?.multiplications ?? 0) / multiplications),
      `${figure(median)} (${figure(min)} to ${figure(max)})`,
      times((whole?.milliseconds.median ?? 0) / median),
    ];
    return `<tr>${cells.map((cell) => `<td>${escapeXml(cell)}</td>`).join('')}</tr>`;
  });
  const head = [
    'filters',
    'multiplications a position',
    'parameters',
    'sees',
    'fewer',
    `ms forward, ${mapSide}x${mapSide}`,
    'faster',
  ];
  return `<table><caption>${escapeXml(title)}</caption><thead><tr>${head.map((cell) => `<th>${cell}</th>`).join('')}</tr></thead><tbody>${lines.join('')}</tbody></table>`;
}
