/**
 * Device memory of a transfer, known before anything is allocated: what each part takes. Pure: sizes and limits in, bytes out.
 */

import { bytesPerFloat } from '../core/buffers.ts';
import type { BufferLimits } from '../core/gpu.ts';
import type { Backend } from '../kernels/family.ts';
import { lossTableBytes } from '../losses/loss-table.ts';
import { cutPass, fittingPass } from '../models/bands.ts';
import { buildPass } from '../models/build-pass.ts';
import { type ChosenKernels, chooseKernels } from '../models/chosen-kernels.ts';
import { deviceWeightBytes } from '../models/device-weights.ts';
import { type Pass, tapMap } from '../models/pass.ts';
import { type ActivationPlan, type MapUse, planActivations } from '../models/plan.ts';
import type { ObjectiveOptions } from '../settings/settings.ts';
import type { PictureSize } from '../settings/sizes.ts';
import { bandSumBytes } from './band-losses.ts';
import { variableBuffers, variableBytes } from './fourier-sizes.ts';
import { targetBytes, workspaceBytes } from './tap-losses.ts';
import { comparedWith, isTapTerm, layersOfTerms, tapsOf, termsOf } from './terms.ts';
import type { Tiling } from './tiling.ts';

/** Everything that decides how much memory a transfer takes. */
export interface PlanRequest {
  readonly options: ObjectiveOptions;
  readonly size: PictureSize;
  readonly styleSizes: readonly PictureSize[];
  /** Bytes the optimiser takes for a variable of so many values. */
  readonly optimizerBytes: (values: number) => number;
  readonly backend: Backend;
}

export interface TransferPlan {
  /** What the bytes were counted for. */
  readonly kernels: ChosenKernels;
  /** Bands of the largest maps; 1 where none is cut. */
  readonly bands: number;
  readonly weightBytes: number;
  /** All maps, gradients and scratch of the network. */
  readonly activationBytes: number;
  /** The same by what the largest that lies in each buffer is: they follow each other in the same buffers. */
  readonly mapsByUse: Readonly<Record<MapUse, number>>;
  readonly targetBytes: number;
  /** Targets, workspace, loss table. */
  readonly lossBytes: number;
  /** The picture, its gradient, its best version; what makes it of frequencies. */
  readonly pictureBytes: number;
  readonly optimizerBytes: number;
  /** Bytes while the targets are made, which happens before the rest exists. */
  readonly targetPhaseBytes: number;
  /** Bytes while evaluations run. */
  readonly runBytes: number;
  /** The most bytes at any time. */
  readonly peakBytes: number;
  /** The largest single buffer, which the adapter's binding limit must allow, and the picture it is for. */
  readonly largest: LargestBuffer;
  /** How the evaluation is cut into windows; absent where it is one. */
  readonly tiling?: Tiling;
}

export interface LargestBuffer {
  readonly name: string;
  readonly sizeBytes: number;
  readonly picture: 'content' | 'style';
  readonly size: PictureSize;
}

/** The pass of an objective at a picture's size. @throws InputError for unknown layers or too small a picture. */
export function objectivePass(options: ObjectiveOptions, size: PictureSize): Pass {
  return buildPass({
    network: options.network,
    ...size,
    taps: tapsOf(options),
    backward: true,
    paddingMode: options.paddingMode,
    storage: options.storage,
  });
}

/** What decides whether the maps of a pass are cut into bands. */
export interface FitOptions {
  readonly kernels: ChosenKernels;
  readonly limits: BufferLimits;
}

/** The pass of an objective, its maps cut where they are larger than a binding may be; whole where cutting would not help. */
export function fittedObjectivePass(options: ObjectiveOptions, size: PictureSize, fit: FitOptions): Pass {
  return fitted(objectivePass(options, size), fit);
}

/** The same of a forward pass; at the size of the objective's, `like`, it is cut as that or not at all, since targets lie as maps do. */
export function cutTargetPass(pass: Pass, fit: FitOptions & { readonly like: Pass }): Pass {
  const { bands, input } = fit.like;
  if (pass.input.width !== input.width || pass.input.height !== input.height) return fitted(pass, fit);
  return bands === undefined ? pass : cutPass(pass, bands.cut);
}

function fitted(pass: Pass, { kernels, limits }: FitOptions): Pass {
  const most = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  return fittingPass(pass, kernels, most) ?? pass;
}

/** A forward-only pass to the given taps, for making targets; undefined when there are none. `picture` is for errors. */
export function targetPass(
  options: ObjectiveOptions,
  taps: readonly string[],
  size: PictureSize,
  picture = 'picture',
): Pass | undefined {
  if (taps.length === 0) return undefined;
  const { width, height } = size;
  const { network, paddingMode, storage } = options;
  return buildPass({ network, width, height, taps, backward: false, paddingMode, storage, picture });
}

/** A forward-only pass for each style picture; none where no term compares with them. */
export function styleTargetPasses(options: ObjectiveOptions, sizes: readonly PictureSize[]): readonly Pass[] {
  const taps = layersOfTerms(comparedWith(termsOf(options).filter(isTapTerm)).style);
  return sizes.flatMap((size) => targetPass(options, taps, size, 'style picture') ?? []);
}

/** Counts the bytes of every part, with maps cut where `limits` ask for it; without limits nothing is. */
export function planTransfer(request: PlanRequest, limits?: BufferLimits): TransferPlan {
  const { options, size, styleSizes, backend } = request;
  const wholePass = objectivePass(options, size);
  const kernels = chooseKernels(wholePass, backend);
  const fit = limits && { kernels, limits };
  const pass = fit === undefined ? wholePass : fitted(wholePass, fit);
  const fitTarget = (one: Pass): Pass => (fit === undefined ? one : cutTargetPass(one, { ...fit, like: pass }));
  const terms = termsOf(options);
  const tapTerms = terms.filter(isTapTerm);
  const contentPass = targetPass(options, layersOfTerms(comparedWith(tapTerms).content), size);
  const passesOfStyles = styleTargetPasses(options, styleSizes).map(fitTarget);
  const targets = sum(tapTerms.map((term) => targetBytes(term, tapMap(pass, term.layer))));
  const passes = [pass, ...passesOfStyles];
  const sharedBytes = sum(workspaceBytes(tapTerms, passes, kernels)) + bandSumBytes(tapTerms, passes);

  const values = size.width * size.height * 3;
  const weightBytes = deviceWeightBytes(kernels);
  const lossBytes = targets + sharedBytes + lossTableBytes(terms.length);
  const pictureBytes = 3 * values * bytesPerFloat + variableBytes(options, size);
  const optimizerBytes = request.optimizerBytes(values);
  const planned = plannedPass('content', pass, kernels);
  const stylePasses = passesOfStyles.map((one) => plannedPass('style', one, kernels));
  const contentPasses = contentPass === undefined ? [] : [plannedPass('content', fitTarget(contentPass), kernels)];
  const targetPasses = [...contentPasses, ...stylePasses];
  const targetPhaseBytes = weightBytes + lossBytes + Math.max(0, ...targetPasses.map(bytesOfTargetPass));
  const runBytes = weightBytes + planned.plan.totalBytes + lossBytes + pictureBytes + optimizerBytes;
  return {
    kernels,
    bands: (pass.bands?.cut.borders.length ?? 2) - 1,
    weightBytes,
    activationBytes: planned.plan.totalBytes,
    targetBytes: targets,
    lossBytes,
    pictureBytes,
    optimizerBytes,
    targetPhaseBytes,
    runBytes,
    peakBytes: Math.max(targetPhaseBytes, runBytes),
    mapsByUse: bytesByUse(planned.plan),
    largest: largestBuffer([largestOf(planned), ...stylePasses.map(largestOf), ...variableBuffers(options, size)]),
  };
}

/** What the memory of a plan is for. */
export interface MemoryPart {
  readonly part: 'weights' | 'activations' | 'gradients' | 'scratch' | 'targets' | 'picture' | 'optimiser';
  readonly bytes: number;
}

/** The parts of a plan while evaluations run; they add up to its `runBytes`. */
export function memoryParts(plan: TransferPlan): readonly MemoryPart[] {
  const { activation, gradient, scratch } = plan.mapsByUse;
  return [
    { part: 'weights', bytes: plan.weightBytes },
    { part: 'activations', bytes: activation },
    { part: 'gradients', bytes: gradient },
    { part: 'scratch', bytes: scratch + plan.lossBytes - plan.targetBytes },
    { part: 'targets', bytes: plan.targetBytes },
    { part: 'picture', bytes: plan.pictureBytes },
    { part: 'optimiser', bytes: plan.optimizerBytes },
  ];
}

/** A way through the network with the buffers it takes. */
interface PlannedPass {
  readonly picture: 'content' | 'style';
  readonly size: PictureSize;
  readonly plan: ActivationPlan;
}

function plannedPass(picture: PlannedPass['picture'], pass: Pass, kernels: ChosenKernels): PlannedPass {
  const { width, height } = pass.input;
  return { picture, size: { width, height }, plan: planActivations(pass, kernels) };
}

/** Bytes of a forward pass that makes targets: its maps and the picture. */
function bytesOfTargetPass({ plan, size }: PlannedPass): number {
  return plan.totalBytes + size.width * size.height * 3 * bytesPerFloat;
}

/** The buffers of a plan by what the largest that lies in each is. */
function bytesByUse({ slots }: ActivationPlan): TransferPlan['mapsByUse'] {
  const of = (use: MapUse): number => sum(slots.filter((slot) => slot.use === use).map(({ sizeBytes }) => sizeBytes));
  return { activation: of('activation'), gradient: of('gradient'), scratch: of('scratch') };
}

function largestOf({ picture, size, plan: { largest } }: PlannedPass): LargestBuffer {
  const { name, sizeBytes } = largest;
  return { name, sizeBytes, picture, size };
}

/** The largest of several, the first of equal ones. */
export function largestBuffer([first, ...rest]: readonly [LargestBuffer, ...LargestBuffer[]]): LargestBuffer {
  return rest.reduce((a, b) => (b.sizeBytes > a.sizeBytes ? b : a), first);
}

/** The size with the longest side `side` and the same shape. */
export function scaleTo(size: PictureSize, side: number): PictureSize {
  const factor = side / longestOf(size);
  return {
    width: Math.max(1, Math.round(size.width * factor)),
    height: Math.max(1, Math.round(size.height * factor)),
  };
}

export function longestOf({ width, height }: PictureSize): number {
  return Math.max(width, height);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Bytes as a person reads them. */
export function megabytes(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(2)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;
}
