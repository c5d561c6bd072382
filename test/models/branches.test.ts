/** Blocks with branches against PyTorch in float64 (test/fixtures/inception/make.py), in every family of kernels. */

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inceptionBlock } from '../../src/models/inception.ts';
import { channelsOf, outputOf } from '../../src/models/layers.ts';
import { layersOf } from '../../src/models/networks.ts';
import { foldBatchNorm } from '../../src/weights/batch-norm.ts';
import { patternWeights, readTensors, relativeDistance, runBranches, toPixels, toPlanes } from '../support/branches.ts';
import { useGpu, withKernels } from '../support/gpu.ts';
import { padChannels } from '../support/layout.ts';

const folder = new URL('../fixtures/inception/blocks/', import.meta.url).pathname;
const gpu = useGpu();

const blocks = readdirSync(folder).flatMap((file) => {
  const [, kind, height, width] = /^(googlenet_inception|inception_[a-e])_(\d+)x(\d+)\./.exec(file) ?? [];
  return kind === undefined ? [] : [{ file, kind, height: Number(height), width: Number(width) }];
});

/** What `inceptionBlock` calls a kind of the fixtures. */
const kinds = {
  googlenet_inception: 'googlenet',
  inception_a: 'a',
  inception_b: 'b',
  inception_c: 'c',
  inception_d: 'd',
  inception_e: 'e',
} as const;

function isKind(kind: string): kind is keyof typeof kinds {
  return kind in kinds;
}

/** The parameters of a kind's fixtures are in the larger one's file. */
async function readBlock(file: string) {
  const tensors = await readTensors(`${folder}${file}`);
  const params = await readTensors(`${folder}${file.replace(/\d+x\d+/, '17x13')}`);
  const named = (from: ReadonlyMap<string, Float32Array>, name: string): Float32Array => {
    const values = from.get(name);
    if (values === undefined) throw new Error(`${file} has no ${name}`);
    return values;
  };
  return { tensor: (name: string) => named(tensors, name), param: (name: string) => named(params, `params.${name}`) };
}

describe.each(['direct', 'lanes', 'tiles'] as const)('in the kernels of the family %s', (family) => {
  it.each(blocks)('$file: output and gradient', async ({ file, kind, height, width }) => {
    if (!isKind(kind)) throw new Error(kind);
    const { tensor, param } = await readBlock(file);
    const input = tensor('input');
    const channels = input.length / (height * width);
    const layers = inceptionBlock(kinds[kind], { channels, share: 1 / 8 });
    const weights = new Map(
      layers.flatMap((layer) => {
        if (layer.kind !== 'conv') return [];
        const stem = layer.reluName.replace(/^block\./, '');
        const [gamma, beta] = [param(`${stem}.bn.weight`), param(`${stem}.bn.bias`)];
        const [mean, variance] = [param(`${stem}.bn.running_mean`), param(`${stem}.bn.running_var`)];
        const norm = { gamma, beta, mean, variance, epsilon: 1e-3 };
        const folded = foldBatchNorm(param(`${stem}.conv.weight`), new Float32Array(layer.outChannels), norm);
        return [[layer.name, folded] as const];
      }),
    );
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
