/** Makes the targets of the losses: feature maps of the content picture, Gram matrices of the style picture. */

import { BufferScope, type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import type { Gpu } from '../core/gpu.ts';
import { Program } from '../core/program.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import { recordNormaliseForward } from '../kernels/normalise.ts';
import { gramBytes, recordStyleTarget, type StyleWorkspace } from '../losses/style-loss.ts';
import type { DeviceWeights } from '../models/device-weights.ts';
import { VggExecutor } from '../models/executor.ts';
import { type FeatureMap, tapMap } from '../models/pass.ts';
import { mapBytes } from '../models/plan.ts';
import { positionsOf, targetPass } from './memory-plan.ts';
import type { ObjectiveOptions } from './options.ts';
import type { StylePicture } from './style-mix.ts';
import { networkInputOf } from './variable.ts';

interface TargetOptions {
  readonly gpu: Gpu;
  readonly weights: DeviceWeights;
  readonly options: ObjectiveOptions;
  readonly image: RgbImage;
  /** Owns the targets. */
  readonly scope: BufferScope;
}

/** The feature map of each content layer at the content picture, by layer name. */
export async function makeContentTargets(target: TargetOptions): Promise<ReadonlyMap<string, BufferSlice>> {
  return makeTargets(target, target.options.contentLayers, (layer, map, executor) => {
    const copy = target.scope.allocate(`content target ${layer}`, mapBytes(map));
    return {
      copy: { ...copy, element: map.element },
      finish: (encoder) => {
        const { buffer, offsetBytes, sizeBytes } = executor.tap(layer);
        encoder.copyBufferToBuffer(buffer, offsetBytes, copy.buffer, copy.offsetBytes, sizeBytes);
      },
    };
  });
}

/** The Gram matrix of each style layer, by layer name; of several style pictures the weighted sum, made on the host in f64. */
export async function makeStyleTargets(
  target: Omit<TargetOptions, 'image'> & {
    readonly styles: readonly StylePicture[];
    readonly workspace: StyleWorkspace;
  },
): Promise<ReadonlyMap<string, BufferSlice>> {
  const { gpu, styles } = target;
  const [first, ...others] = styles;
  if (first !== undefined && others.length === 0) return makeGrams({ ...target, image: first.picture });
  const sums = new Map<string, Float64Array>();
  for (const { picture, weight } of styles) {
    using scope = new BufferScope(gpu.buffers);
    for (const [layer, slice] of await makeGrams({ ...target, image: picture, scope })) {
      const gram = await gpu.read(slice);
      const sum = sums.get(layer) ?? new Float64Array(gram.length);
      sums.set(
        layer,
        sum.map((value, index) => value + weight * (gram[index] ?? Number.NaN)),
      );
    }
  }
  const upload = (layer: string, sum: Float64Array) =>
    target.scope.upload(`style target ${layer}`, Float32Array.from(sum));
  return new Map(Array.from(sums, ([layer, sum]) => [layer, upload(layer, sum)]));
}

/** The Gram matrix of each style layer at one picture. */
async function makeGrams(
  target: TargetOptions & { readonly workspace: StyleWorkspace },
): Promise<ReadonlyMap<string, BufferSlice>> {
  const { workspace, options } = target;
  return makeTargets(target, options.styleLayers, (layer, map, executor, program) => {
    const copy = target.scope.allocate(`style target ${layer}`, gramBytes(map.channels));
    recordStyleTarget(program, {
      label: `style target ${layer}`,
      feature: executor.tap(layer),
      shape: positionsOf(map),
      gramFactor: options.gramFactor,
      workspace,
      target: copy,
    });
    return { copy };
  });
}

type Capture = (
  layer: string,
  map: FeatureMap,
  executor: VggExecutor,
  program: Program,
) => { readonly copy: BufferSlice; readonly finish?: (encoder: GPUCommandEncoder) => void };

/** Runs the network once on a picture and captures something at each layer. */
async function makeTargets(
  target: TargetOptions,
  layers: readonly { readonly name: string }[],
  capture: Capture,
): Promise<ReadonlyMap<string, BufferSlice>> {
  const { gpu, weights, options, image } = target;
  const pass = targetPass(options, layers, image);
  if (pass === undefined) return new Map();
  const { pooling, paddingMode } = options;
  using executor = await VggExecutor.create(gpu, weights, { pass, pooling, paddingMode });
  using temporary = new BufferScope(gpu.buffers);
  using program = new Program(gpu, 'targets');
  return await gpu.checked('making the targets', async () => {
    const pixels = temporary.upload('picture', Float32Array.from(image.pixels));
    recordNormaliseForward(program, {
      input: pixels,
      output: executor.input,
      pixels: pixels.sizeBytes / bytesPerFloat / 3,
      ...networkInputOf('pixels'),
    });
    executor.record(program);
    const captured = layers.map(({ name }) => ({ name, ...capture(name, tapMap(pass, name), executor, program) }));
    await gpu.submitPaced([program], (encoder) => {
      for (const { finish } of captured) finish?.(encoder);
    });
    await gpu.idle();
    return new Map(captured.map(({ name, copy }) => [name, copy]));
  });
}
