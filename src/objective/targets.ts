/**
 * Makes the targets of the terms at taps: of pointwise losses the content picture's maps, of summed ones the style pictures' sums
 * (docs/decisions/0025-loss-terms.md).
 */

import { BufferScope, type BufferSlice } from '../core/buffers.ts';
import type { Gpu } from '../core/gpu.ts';
import { Program } from '../core/program.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import type { SummedLoss } from '../losses/loss.ts';
import { tapParts } from '../models/bands.ts';
import type { DeviceWeights } from '../models/device-weights.ts';
import { NetworkExecutor } from '../models/executor.ts';
import { type Pass, tapMap } from '../models/pass.ts';
import type { ObjectiveOptions } from '../settings/settings.ts';
import { type BandSum, recordPartSums } from './band-losses.ts';
import { cutTargetPass, targetPass } from './memory-plan.ts';
import { recordNetworkInput } from './network-input.ts';
import type { StylePicture } from './style-mix.ts';
import { type LossWorkspace, shapeOf, targetBytes } from './tap-losses.ts';
import { comparedWith, layersOfTerms, type TapTerm } from './terms.ts';
import { networkInputOf } from './variable.ts';

/** What a target is made with, where its sums are known. */
export interface SumsRequest {
  readonly gpu: Gpu;
  readonly weights: DeviceWeights;
  /** The pass that the targets are for: its maps decide what is made of sums. */
  readonly pass: Pass;
  /** Owns the targets. */
  readonly scope: BufferScope;
  readonly workspace: LossWorkspace;
}

export interface TargetRequest extends SumsRequest {
  readonly options: ObjectiveOptions;
  readonly terms: readonly TapTerm[];
  readonly content: RgbImage;
  /** Their shares add up to 1. */
  readonly styles: readonly StylePicture[];
  readonly bandSum: BandSum;
  /** The picture is one of a mix: its sums are kept as they are. */
  readonly isShare?: true;
}

/** Of each term one, or of a pointwise loss at a map that is cut one for each band, at its own rows. */
export type Targets = ReadonlyMap<TapTerm, readonly BufferSlice[]>;

/** The target of each term. */
export async function makeTargets(request: TargetRequest): Promise<Targets> {
  const { content, styles } = request;
  const terms = comparedWith(request.terms);
  const ofContent = await targetsAt(content, { ...request, terms: terms.content });
  const ofStyles = await targetsOfMix(styles, { ...request, terms: terms.style });
  return new Map([...ofContent, ...ofStyles]);
}

/** Of several pictures the weighted sum of what is captured, made on the host in f64, and what is made of it. */
async function targetsOfMix(styles: readonly StylePicture[], request: TargetRequest): Promise<Targets> {
  const { gpu } = request;
  const [first, ...others] = styles;
  if (first !== undefined && others.length === 0) return targetsAt(first.picture, request);
  const sums = new Map<TapTerm, Float64Array>();
  for (const { picture, weight } of styles) {
    using scope = new BufferScope(gpu.buffers);
    for (const [term, [slice]] of await targetsAt(picture, { ...request, scope, isShare: true })) {
      if (slice === undefined) continue;
      const target = await gpu.read(slice);
      const sum = sums.get(term) ?? new Float64Array(target.length);
      sums.set(
        term,
        sum.map((value, index) => value + weight * (target[index] ?? Number.NaN)),
      );
    }
  }
  const targets = new Map<TapTerm, readonly BufferSlice[]>();
  for (const [term, sum] of sums) targets.set(term, [await targetOfSums(term, Float32Array.from(sum), request)]);
  return targets;
}

/** A term's target from the sums of a mix. */
export async function targetOfSums(
  term: TapTerm,
  values: Float32Array<ArrayBuffer>,
  request: SumsRequest,
): Promise<BufferSlice> {
  const { gpu, scope, pass, workspace } = request;
  const { loss } = term;
  const label = labelOfTarget(term);
  const map = tapMap(pass, term.layer);
  if (loss.form === 'pointwise' || loss.preparation === undefined) return scope.upload(label, values);
  const target = scope.allocate(label, targetBytes(term, map));
  const { sums } = workspace.for(loss, shapeOf(map));
  gpu.device.queue.writeBuffer(sums.buffer, sums.offsetBytes, values);
  using program = new Program(gpu, 'targets');
  await gpu.checked('making the targets', async () => {
    recordPreparation(program, { ...request, term, loss, sums, target });
    gpu.submit([program]);
    await gpu.idle();
  });
  return target;
}

/** Records what a loss makes of its style's sums. */
function recordPreparation(
  program: Program,
  {
    term,
    loss,
    sums,
    target,
    pass,
    workspace,
    weights,
  }: SumsRequest & {
    readonly term: TapTerm;
    readonly loss: SummedLoss;
    readonly sums: BufferSlice;
    readonly target: BufferSlice;
  },
): void {
  const label = labelOfTarget(term);
  const whole = shapeOf(tapMap(pass, term.layer));
  const { scratch } = workspace.for(loss, whole);
  loss.preparation?.record(program, { label, whole, scratch, sums, target, kernels: weights.kernels.tap(term.layer) });
}

function labelOfTarget({ kind, layer }: TapTerm): string {
  return `${kind} target ${layer}`;
}

/** The terms' targets at one picture: the network is run once on it. */
async function targetsAt(image: RgbImage, request: TargetRequest): Promise<Targets> {
  const { gpu, weights, options, terms } = request;
  const wholePass = targetPass(options, layersOfTerms(terms), image);
  if (wholePass === undefined) return new Map();
  const pass = cutTargetPass(wholePass, { like: request.pass, kernels: weights.kernels, limits: gpu.limits });
  using executor = await NetworkExecutor.create(gpu, weights, { pass, pooling: options.pooling });
  using temporary = new BufferScope(gpu.buffers);
  using program = new Program(gpu, 'targets');
  return await gpu.checked('making the targets', async () => {
    const pixels = temporary.upload('picture', Float32Array.from(image.pixels));
    recordNetworkInput(program, executor, pass, { variable: pixels, ...networkInputOf('pixels') });
    executor.record(program);
    const captured = terms.map((term) => ({
      term,
      ...capture(program, executor, { ...request, term, taken: pass }),
    }));
    await gpu.submitPaced([program], (encoder) => {
      for (const { finish } of captured) finish?.(encoder);
    });
    await gpu.idle();
    return new Map(captured.map(({ term, targets }) => [term, targets]));
  });
}

/** Records what is kept of a tap's map: a copy of it, or the target of the loss's sums, or a mix's share of these. */
function capture(
  program: Program,
  executor: NetworkExecutor,
  request: TargetRequest & { readonly term: TapTerm; readonly taken: Pass },
): { readonly targets: readonly BufferSlice[]; readonly finish?: (encoder: GPUCommandEncoder) => void } {
  const { term, taken, scope, workspace, weights, bandSum, isShare = false } = request;
  const label = labelOfTarget(term);
  const { loss } = term;
  const maps = tapParts(taken, term.layer);
  const parts = maps.map((map) => ({ positions: shapeOf(map).positions, feature: executor.slice(map) }));
  if (loss.form === 'summed') {
    const whole = shapeOf(tapMap(taken, term.layer));
    const at = workspace.for(loss, whole);
    const isMadeOf = loss.preparation !== undefined && !isShare;
    const target = scope.allocate(
      label,
      isShare ? loss.sumBytes(whole) : targetBytes(term, tapMap(request.pass, term.layer)),
    );
    const sums = isMadeOf ? at.sums : target;
    const kernels = weights.kernels.tap(term.layer);
    recordPartSums(program, loss, { ...at, label, whole, parts, bandSum, sums, kernels });
    if (isMadeOf) recordPreparation(program, { ...request, loss, sums, target });
    return { targets: [target] };
  }
  const targets = parts.map(({ feature: { sizeBytes, element } }) => {
    return { ...scope.allocate(label, sizeBytes), ...(element === undefined ? {} : { element }) };
  });
  return {
    targets,
    finish: (encoder) => {
      parts.forEach(({ feature: { buffer, offsetBytes, sizeBytes } }, index) => {
        const target = targets[index];
        if (target !== undefined) encoder.copyBufferToBuffer(buffer, offsetBytes, target.buffer, 0, sizeBytes);
      });
    },
  };
}
