/** Blocks with branches against PyTorch in float64 (test/fixtures/inception/make.py), in every family of kernels. */

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ConvWeights } from '../../src/models/device-weights.ts';
import { inceptionBlock } from '../../src/models/inception.ts';
import {
  type ConvLayer,
  channelsOf,
  convolutionsIn,
  type Layer,
  LayerTable,
  outputOf,
} from '../../src/models/layers.ts';
import { layersOf } from '../../src/models/networks.ts';
import { foldBatchNorm } from '../../src/weights/batch-norm.ts';
import { patternWeights, readTensors, relativeDistance, runBranches, toPixels, toPlanes } from '../support/branches.ts';
import { useGpu, withKernels } from '../support/gpu.ts';
import { padChannels } from '../support/layout.ts';

const folder = new URL('../fixtures/inception/blocks/', import.meta.url).pathname;
const gpu = useGpu();

/** What `inceptionBlock` calls a kind of the fixtures. */
const kinds = {
  googlenet_inception: 'googlenet',
  inception_a: 'a',
  inception_b: 'b',
  inception_c: 'c',
  inception_d: 'd',
  inception_e: 'e',
} as const;

/** `<name>_<height>x<width>.safetensors` */
const fixtures = readdirSync(folder).map((file) => {
  const [, name = '', height, width] = /^(.+)_(\d+)x(\d+)\./.exec(file) ?? [];
  return { file, name, height: Number(height), width: Number(width) };
});
const blocks = fixtures.filter(({ name }) => name in kinds);

function isKind(kind: string): kind is keyof typeof kinds {
  return kind in kinds;
}

/** The parameters of a block are in the file of its larger fixture. */
async function readBlock(file: string) {
  const tensors = await readTensors(`${folder}${file}`);
  const hasOwn = [...tensors.keys()].some((name) => name.startsWith('params.'));
  const larger = file.replace(/\d+x\d+\.safetensors$/, '17x13.safetensors');
  const params = hasOwn || !file.includes('inception') ? tensors : await readTensors(`${folder}${larger}`);
  const named = (from: ReadonlyMap<string, Float32Array>, name: string): Float32Array => {
    const values = from.get(name);
    if (values === undefined) throw new Error(`${file} has no ${name}`);
    return values;
  };
  return { tensor: (name: string) => named(tensors, name), param: (name: string) => named(params, `params.${name}`) };
}

/** The convolutions of a table with the batch norms of a fixture folded in; `stemOf` says what it calls one. */
function foldedWeights(
  layers: readonly Layer[],
  param: (name: string) => Float32Array,
  stemOf: (layer: ConvLayer) => string,
): ReadonlyMap<string, ConvWeights> {
  return new Map(
    convolutionsIn(layers).map((layer) => {
      const of = (part: string): Float32Array => param([stemOf(layer), part].filter((word) => word !== '').join('.'));
      const [gamma, beta] = [of('bn.weight'), of('bn.bias')];
      const [mean, variance] = [of('bn.running_mean'), of('bn.running_var')];
      const norm = { gamma, beta, mean, variance, epsilon: 1e-3 };
      return [layer.name, foldBatchNorm(of('conv.weight'), new Float32Array(layer.outChannels), norm)];
    }),
  );
}

/** The geometries of one convolution or pool, as the fixtures name them. */
const rows: Readonly<Record<string, (table: LayerTable, outChannels: number) => void>> = {
  ...Object.fromEntries(
    (
      [
        ['conv1x1', 1, {}],
        ['conv1x3_p0_1', [1, 3], { padding: [0, 1] }],
        ['conv1x7_p0_3', [1, 7], { padding: [0, 3] }],
        ['conv3x1_p1_0', [3, 1], { padding: [1, 0] }],
        ['conv7x1_p3_0', [7, 1], { padding: [3, 0] }],
        ['conv3x3_s1_valid', 3, {}],
        ['conv3x3_s2_valid', 3, { stride: 2 }],
        ['conv5x5_p2', 5, { padding: 2 }],
        ['conv7x7_s2_p3', 7, { stride: 2, padding: 3 }],
      ] as const
    ).map(([name, kernel, told]) => [
      name,
      (table: LayerTable, outChannels: number) =>
        table.conv('conv', outChannels, kernel, { reluName: 'block', ...told }),
    ]),
  ),
  ...Object.fromEntries(
    (
      [
        ['avg_s1_p1_3x3_exclude_pad', 3, { stride: 1, padding: 1, pooling: 'average' }],
        ['avg_s1_p1_3x3_include_pad', 3, { stride: 1, padding: 1, pooling: 'average' }],
        ['max_s1_p1_3x3', 3, { stride: 1, padding: 1, ceil: true, pooling: 'max' }],
        ['max_s2_3x3', 3, { stride: 2, pooling: 'max' }],
        ['max_s2_3x3_relu', 3, { stride: 2, pooling: 'max' }],
        ['max_s2_ceil_2x2', 2, { stride: 2, ceil: true, pooling: 'max' }],
        ['max_s2_ceil_3x3', 3, { stride: 2, ceil: true, pooling: 'max' }],
      ] as const
    ).map(([name, kernelSize, told]) => [name, (table: LayerTable) => table.pool('block', kernelSize, told)]),
  ),
};

it('has a row for every fixture that is no block', () => {
  const named = fixtures.map(({ name }) => name).filter((name) => !(name in kinds));
  expect([...new Set(named)].sort()).toEqual(Object.keys(rows).sort());
});

describe.each(['direct', 'lanes', 'tiles'] as const)('in the kernels of the family %s', (family) => {
  it.each(blocks)('$file: output and gradient', async ({ file, name, height, width }) => {
    if (!isKind(name)) throw new Error(name);
    const { tensor, param } = await readBlock(file);
    const input = tensor('input');
    const channels = input.length / (height * width);
    const layers = inceptionBlock(kinds[name], { channels, share: 1 / 8 });
    const weights = foldedWeights(layers, param, (layer) => layer.reluName.replace(/^block\./, ''));
    const outChannels = layers.flatMap((layer) => (layer.kind === 'concat' ? [layer.channels] : []))[0] ?? 0;
    const { maps, gradInput } = await runBranches(withKernels(gpu(), family), {
      layers,
      weights,
      height,
      width,
      input: toPixels(input, channels),
      seeds: new Map([['block', () => toPixels(tensor('w'), outChannels)]]),
    });
    const output = maps.get('block') ?? new Float32Array();
    expect(relativeDistance(toPlanes(output, outChannels), tensor('output'))).toBeLessThan(1e-5);
    // The input comes from a ReLU, which masks; a pool that ends a branch is masked with the branches beside it, where all that it saw was 0.
    const masked = (gradient: Float32Array) => gradient.map((value, at) => ((input[at] ?? 0) > 0 ? value : 0));
    const actual = masked(toPlanes(gradInput, channels));
    expect(relativeDistance(actual, masked(tensor('grad_input')))).toBeLessThan(1e-5);
  });
});

describe.each(['direct', 'lanes', 'tiles'] as const)('one row in the kernels of the family %s', (family) => {
  it.each(fixtures.filter(({ name }) => name in rows))(
    '$file: output and gradient',
    async ({ file, name, height, width }) => {
      const { tensor, param } = await readBlock(file);
      const [input, output] = [tensor('input'), tensor('output')];
      const channels = input.length / (height * width);
      const padded = 4 * Math.ceil(channels / 4);
      const table = new LayerTable(channels);
      // A pool keeps the channels; a convolution has a batch norm for each of its filters.
      const outChannels = name.startsWith('conv') ? param('bn.bias').length : channels;
      rows[name]?.(table, outChannels);
      const { maps, gradInput } = await runBranches(withKernels(gpu(), family), {
        layers: table.layers,
        weights: foldedWeights(table.layers, param, () => ''),
        height,
        width,
        input: padChannels(toPixels(input, channels), channels, padded),
        seeds: new Map([['block', () => toPixels(tensor('w'), outChannels)]]),
        averageCountsPadding: !name.includes('exclude'),
      });
      expect(relativeDistance(toPlanes(maps.get('block') ?? new Float32Array(), outChannels), output)).toBeLessThan(
        1e-6,
      );
      const gradient = toPlanes(gradInput, padded).subarray(0, input.length);
      expect(relativeDistance(gradient, tensor('grad_input'))).toBeLessThan(1e-6);
    },
  );
});

describe.each([
  { network: 'googlenet', whole: ['inception3a', 'inception4d'] },
  { network: 'inception_v3', whole: ['Mixed_5b', 'Mixed_6b'] },
] as const)('$network with pattern weights at 96x80', ({ network, whole }) => {
  const [width, height] = [96, 80];
  const layers = layersOf(network);
  /** The loss is the sum over the blocks of mean(map²). */
  const blocksOf = layers.flatMap((layer) => (layer.kind === 'concat' ? [layer.name] : []));
  const stem = layers.slice(0, 5).map(outputOf);

  it('gives the statistics of every tap, two taps whole, and the gradient', async () => {
    const tensors = await readTensors(`${folder}../${network}_pattern_96x80.safetensors`);
    const tensor = (name: string): Float32Array => {
      const values = tensors.get(name);
      if (values === undefined) throw new Error(`the fixture has no ${name}`);
      return values;
    };
    const input = padChannels(toPixels(tensor('input'), 3), 3, 4);
    const zeros = (map: Float32Array) => new Float32Array(map.length);
    const squares = (map: Float32Array) => Float32Array.from(map, (value) => (2 * value) / map.length);
    const seeds = new Map([
      ...stem.map((tap) => [tap, zeros] as const),
      ...blocksOf.map((tap) => [tap, squares] as const),
    ]);
    const { maps, gradInput } = await runBranches(gpu(), {
      layers,
      weights: patternWeights(layers),
      height,
      width,
      input,
      seeds,
    });
    const channels = new Map(layers.map((layer) => [outputOf(layer), channelsOf(layer)]));
    let loss = 0;
    for (const [tap, map] of maps) {
      const planes = toPlanes(map, channels.get(tap) ?? 0);
      const mean = planes.reduce((sum, value) => sum + value, 0) / planes.length;
      const meanSquare = planes.reduce((sum, value) => sum + value ** 2, 0) / planes.length;
      const std = Math.sqrt(meanSquare - mean ** 2);
      expect(Math.abs(mean / (tensor(`taps.${tap}.mean`)[0] ?? 0) - 1), `${tap}: mean`).toBeLessThan(1e-4);
      expect(Math.abs(std / (tensor(`taps.${tap}.std`)[0] ?? 0) - 1), `${tap}: deviation`).toBeLessThan(1e-4);
      expect(
        relativeDistance(planes.subarray(0, 64), tensor(`taps.${tap}.first64`)),
        `${tap}: first values`,
      ).toBeLessThan(1e-4);
      if (blocksOf.includes(tap)) loss += meanSquare;
    }
    for (const tap of whole) {
      const planes = toPlanes(maps.get(tap) ?? new Float32Array(), channels.get(tap) ?? 0);
      expect(relativeDistance(planes, tensor(`taps.${tap}`)), tap).toBeLessThan(1e-5);
    }
    expect(Math.abs(loss / (tensor('loss')[0] ?? 0) - 1)).toBeLessThan(1e-5);
    const gradient = toPlanes(gradInput, 4).subarray(0, tensor('grad_input').length);
    expect(relativeDistance(gradient, tensor('grad_input'))).toBeLessThan(1e-4);
  });
});
