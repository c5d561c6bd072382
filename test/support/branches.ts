/** Runs the rows of a table on a device with given weights: the maps of taps, and the gradient of a sum over them. */

import { BufferScope, type BufferSlice } from '../../src/core/buffers.ts';
import type { Gpu } from '../../src/core/gpu.ts';
import { Program } from '../../src/core/program.ts';
import { backendOf } from '../../src/kernels/family.ts';
import { recordVectorCopy } from '../../src/kernels/vector-copy.ts';
import { passThrough } from '../../src/models/build-pass.ts';
import { chooseKernels } from '../../src/models/chosen-kernels.ts';
import { type ConvWeights, DeviceWeights } from '../../src/models/device-weights.ts';
import { NetworkExecutor } from '../../src/models/executor.ts';
import { convolutionsIn, type Layer } from '../../src/models/layers.ts';
import { tapMap } from '../../src/models/pass.ts';
import { mapBytes, mapValues } from '../../src/models/plan.ts';
import { openFile } from '../../src/platform/node/byte-source.ts';
import { foldBatchNorm } from '../../src/weights/batch-norm.ts';
import { readSafetensorsHeader, readTensor } from '../../src/weights/safetensors.ts';

/** Every tensor of floats in a file, by name. */
export async function readTensors(path: string): Promise<ReadonlyMap<string, Float32Array>> {
  await using source = await openFile(path);
  const { tensors } = await readSafetensorsHeader(source);
  const values = new Map<string, Float32Array>();
  for (const [name, entry] of tensors)
    if (entry.dtype !== 'U8') values.set(name, Float32Array.from(await readTensor(source, entry)));
  return values;
}

/** [C, H, W] as [H, W, C], and back. */
export function toPixels(values: Float32Array, channels: number): Float32Array<ArrayBuffer> {
  return transposed(values, channels, values.length / channels);
}

export function toPlanes(values: Float32Array, channels: number): Float32Array<ArrayBuffer> {
  return transposed(values, values.length / channels, channels);
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(values, (_, at) => values[(at % rows) * columns + Math.floor(at / rows)] ?? Number.NaN);
}

/** |a − b| / |b|, Euclidean. */
export function relativeDistance(actual: Float32Array, expected: Float32Array): number {
  let [difference, norm] = [0, 0];
  expected.forEach((value, index) => {
    difference += ((actual[index] ?? Number.NaN) - value) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(difference / norm);
}

export interface BranchRun {
  readonly layers: readonly Layer[];
  readonly weights: ReadonlyMap<string, ConvWeights>;
  readonly height: number;
  readonly width: number;
  /** [height, width, channels], channels a multiple of 4. */
  readonly input: Float32Array<ArrayBuffer>;
  /** By tap, the gradient of the sum with respect to its map, of the map itself; [h, w, C]. */
  readonly seeds: ReadonlyMap<string, (map: Float32Array) => Float32Array<ArrayBuffer>>;
  readonly averageCountsPadding?: boolean;
}

export interface BranchResult {
  readonly maps: ReadonlyMap<string, Float32Array>;
  readonly gradInput: Float32Array;
}

/** Forward once for the maps, then forward and back with the gradients that `seeds` make of them. */
export async function runBranches(gpu: Gpu, run: BranchRun): Promise<BranchResult> {
  const { layers, height, width, seeds } = run;
  const pass = passThrough(layers, { height, width, taps: [...seeds.keys()], backward: true });
  const kernels = chooseKernels(pass, backendOf(gpu));
  const { weights: layerWeights, averageCountsPadding } = run;
  using weights = await DeviceWeights.create(gpu, { layers: layerWeights, averageCountsPadding }, kernels);
  using executor = await NetworkExecutor.create(gpu, weights, {
    pass,
    pooling: 'max',
  });
  using scope = new BufferScope(gpu.buffers);
  const source = scope.upload('input', run.input);
  const taps = [...seeds.keys()].map((tap) => {
    const map = tapMap(pass, tap);
    return {
      tap,
      feature: scope.allocate(`${tap}, kept`, mapBytes(map)),
      seed: scope.allocate(`${tap}, seed`, mapBytes(map)),
      words: mapValues(map),
    };
  });
  using program = new Program(gpu, 'branches');
  const copy = (input: BufferSlice, output: BufferSlice, words: number): void =>
    recordVectorCopy(program, { label: 'copy', input, output, words });
  copy(source, executor.input, run.input.length);
  const losses = taps.map(({ tap, feature, seed, words }) => {
    const record = (_: Program, maps: { readonly feature: BufferSlice; readonly gradient: BufferSlice }): void => {
      copy(maps.feature, feature, words);
      copy(seed, maps.gradient, words);
    };
    return [tap, [{ record }]] as const;
  });
  await gpu.checked('recording', () => executor.record(program, new Map(losses)));
  gpu.submit([program]);
  const maps = new Map<string, Float32Array>();
  for (const { tap, feature, seed } of taps) {
    const map = await gpu.read(feature);
    maps.set(tap, map);
    gpu.device.queue.writeBuffer(seed.buffer, seed.offsetBytes, seeds.get(tap)?.(map) ?? new Float32Array());
  }
  gpu.submit([program]);
  return { maps, gradInput: await gpu.read(executor.gradInput) };
}

/**
 * Weights that a formula gives for every convolution of a table, batch norm folded in: of convolution k
 * `p(i; scale, offset, seed) = (((37 i + 101 seed) mod 251) − 125) / 125 · scale + offset`, as `test/fixtures/inception/make.py` has them.
 */
export function patternWeights(layers: readonly Layer[]): ReadonlyMap<string, ConvWeights> {
  const pattern = (length: number, scale: number, offset: number, seed: number): Float32Array =>
    Float32Array.from({ length }, (_, i) => ((((i * 37 + seed * 101) % 251) - 125) / 125) * scale + offset);
  return new Map(
    convolutionsIn(layers).map(({ name, inChannels, outChannels, kernel: [height, width] }, k) => {
      const fanIn = inChannels * height * width;
      const weight = pattern(outChannels * fanIn, Math.sqrt(6 / fanIn), 0, k);
      const folded = foldBatchNorm(weight, new Float32Array(outChannels), {
        gamma: pattern(outChannels, 0.3, 1, k),
        beta: pattern(outChannels, 0.2, 0, k + 1),
        mean: pattern(outChannels, 0.1, 0, k + 2),
        variance: pattern(outChannels, 0.4, 1, k + 3),
        epsilon: 1e-3,
      });
      return [name, folded];
    }),
  );
}
