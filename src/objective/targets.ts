/**
 * Makes the targets of the terms at taps: of pointwise losses the content picture's maps, of summed ones the style pictures' sums
 * (docs/decisions/0025-loss-terms.md).
 */

import { BufferScope, type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import type { Gpu } from '../core/gpu.ts';
import { Program } from '../core/program.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import { recordNormaliseForward } from '../kernels/normalise.ts';
import type { DeviceWeights } from '../models/device-weights.ts';
import { VggExecutor } from '../models/executor.ts';
import { type FeatureMap, tapMap } from '../models/pass.ts';
import type { ObjectiveOptions } from '../settings/settings.ts';
import { targetPass } from './memory-plan.ts';
import type { StylePicture } from './style-mix.ts';
import { type LossWorkspace, shapeOf, targetBytes } from './tap-losses.ts';
import { comparedWith, layersOfTerms, type TapTerm } from './terms.ts';
import { networkInputOf } from './variable.ts';

export interface TargetRequest {
  readonly gpu: Gpu;
  readonly weights: DeviceWeights;
  readonly options: ObjectiveOptions;
  readonly terms: readonly TapTerm[];
  readonly content: RgbImage;
  /** Their shares add up to 1. */
  readonly styles: readonly StylePicture[];
  /** Owns the targets. */
  readonly scope: BufferScope;
  readonly workspace: LossWorkspace;
}

type Targets = ReadonlyMap<TapTerm, BufferSlice>;

/** The target of each term. */
export async function makeTargets(request: TargetRequest): Promise<Targets> {
  const { content, styles } = request;
  const terms = comparedWith(request.terms);
  const ofContent = await targetsAt(content, { ...request, terms: terms.content });
  const ofStyles = await targetsOfMix(styles, { ...request, terms: terms.style });
  return new Map([...ofContent, ...ofStyles]);
}

/** Of several pictures the weighted sum, made on the host in f64. */
async function targetsOfMix(styles: readonly StylePicture[], request: TargetRequest): Promise<Targets> {
  const { gpu } = request;
  const [first, ...others] = styles;
  if (first !== undefined && others.length === 0) return targetsAt(first.picture, request);
  const sums = new Map<TapTerm, Float64Array>();
  for (const { picture, weight } of styles) {
    using scope = new BufferScope(gpu.buffers);
    for (const [term, slice] of await targetsAt(picture, { ...request, scope })) {
      const target = await gpu.read(slice);
      const sum = sums.get(term) ?? new Float64Array(target.length);
      sums.set(
        term,
        sum.map((value, index) => value + weight * (target[index] ?? Number.NaN)),
      );
    }
  }
  const upload = (term: TapTerm, sum: Float64Array) =>
    request.scope.upload(labelOfTarget(term), Float32Array.from(sum));
  return new Map(Array.from(sums, ([term, sum]) => [term, upload(term, sum)]));
}

function labelOfTarget({ kind, layer }: TapTerm): string {
  return `${kind} target ${layer}`;
}

/** The terms' targets at one picture: the network is run once on it. */
async function targetsAt(image: RgbImage, request: TargetRequest): Promise<Targets> {
  const { gpu, weights, options, terms } = request;
  const pass = targetPass(options, layersOfTerms(terms), image);
  if (pass === undefined) return new Map();
  using executor = await VggExecutor.create(gpu, weights, { pass, pooling: options.pooling });
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
    const captured = terms.map((term) => ({
      term,
      ...capture(program, executor.tap(term.layer), { ...request, term, map: tapMap(pass, term.layer) }),
    }));
    await gpu.submitPaced([program], (encoder) => {
      for (const { finish } of captured) finish?.(encoder);
    });
    await gpu.idle();
    return new Map(captured.map(({ term, target }) => [term, target]));
  });
}

/** Records what is kept of a tap's map: a copy of it, or the loss's sums. */
function capture(
  program: Program,
  feature: BufferSlice,
  { term, map, scope, workspace, weights }: TargetRequest & { readonly term: TapTerm; readonly map: FeatureMap },
): { readonly target: BufferSlice; readonly finish?: (encoder: GPUCommandEncoder) => void } {
  const label = labelOfTarget(term);
  const target = scope.allocate(label, targetBytes(term, map));
  const { loss } = term;
  if (loss.form === 'summed') {
    const whole = shapeOf(map);
    const part = { positions: whole.positions, feature };
    const kernels = weights.kernels.tap(term.layer);
    loss.recordSums(program, { ...workspace.for(loss, whole), label, whole, part, sums: target, kernels });
    return { target };
  }
  const { buffer, offsetBytes, sizeBytes } = feature;
  return {
    target: { ...target, element: map.element },
    finish: (encoder) => {
      encoder.copyBufferToBuffer(buffer, offsetBytes, target.buffer, target.offsetBytes, sizeBytes);
    },
  };
}
