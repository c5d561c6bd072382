/**
 * Device memory of a transfer, known before anything is allocated: what each part takes, whether the adapter's limits
 * allow it, and the largest picture that would fit. Pure: sizes and limits in, bytes out.
 */

import { bytesPerFloat } from '../core/buffers.ts';
import { LimitError } from '../core/errors.ts';
import type { Backend } from '../kernels/family.ts';
import type { GramShape } from '../kernels/gram.ts';
import { lossTermsBytes } from '../losses/loss-terms.ts';
import { gramBytes, styleWorkspaceBytes } from '../losses/style-loss.ts';
import { deviceWeightBytes } from '../models/device-weights.ts';
import { mapBytes, planActivations } from '../models/plan.ts';
import { buildSchedule, type FeatureMap, layersUntil, type Schedule } from '../models/schedule.ts';
import type { ObjectiveOptions } from './options.ts';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Everything that decides how much memory a transfer takes. */
export interface PlanRequest {
  readonly options: ObjectiveOptions;
  readonly size: PictureSize;
  readonly styleSize: PictureSize;
  /** Bytes the optimiser takes for a variable of so many values. */
  readonly optimizerBytes: (values: number) => number;
  readonly backend: Backend;
}

export interface TransferPlan {
  readonly weightBytes: number;
  readonly activationBytes: number;
  /** Targets, Gram workspace, loss table. */
  readonly lossBytes: number;
  /** The picture, its gradient, its best version. */
  readonly pictureBytes: number;
  readonly optimizerBytes: number;
  /** Bytes while the targets are made, which happens before the rest exists. */
  readonly targetPhaseBytes: number;
  /** The most bytes at any time. */
  readonly peakBytes: number;
  /** The largest single buffer, which the adapter's binding limit must allow. */
  readonly largest: { readonly name: string; readonly sizeBytes: number };
}

/** The names of all taps in use, without repetition. */
export function tapsOf(options: ObjectiveOptions): readonly string[] {
  return [...new Set([...options.contentLayers, ...options.styleLayers].map((layer) => layer.name))];
}

export function positionsOf(map: FeatureMap): GramShape {
  return { positions: map.height * map.width, channels: map.channels };
}

/** The schedule of an objective at a picture's size. @throws InputError for unknown layers or too small a picture. */
export function objectiveSchedule(options: ObjectiveOptions, size: PictureSize): Schedule {
  return buildSchedule({ network: options.network, ...size, taps: tapsOf(options), backward: true });
}

/** A forward-only schedule to the given layers, for making targets; undefined when there are none. */
export function targetSchedule(
  options: ObjectiveOptions,
  layers: readonly { readonly name: string }[],
  size: PictureSize,
): Schedule | undefined {
  if (layers.length === 0) return undefined;
  const taps = layers.map((layer) => layer.name);
  return buildSchedule({ network: options.network, ...size, taps, backward: false });
}

/** Counts the bytes of every part. */
export function planTransfer(request: PlanRequest): TransferPlan {
  const { options, size, styleSize, backend } = request;
  const { paddingMode } = options;
  const schedule = objectiveSchedule(options, size);
  const activations = planActivations(schedule, { backend, paddingMode });
  const values = size.width * size.height * 3;
  const mapsOfLayers = (layers: readonly { readonly name: string }[], from: Schedule): readonly FeatureMap[] =>
    layers.flatMap((layer) => from.taps.get(layer.name) ?? []);

  const contentSchedule = targetSchedule(options, options.contentLayers, size);
  const styleSchedule = targetSchedule(options, options.styleLayers, styleSize);
  const contentTargetBytes = sum(mapsOfLayers(options.contentLayers, schedule).map(mapBytes));
  const styleMaps = mapsOfLayers(options.styleLayers, schedule).map(positionsOf);
  const styleTargetMaps =
    styleSchedule === undefined ? [] : mapsOfLayers(options.styleLayers, styleSchedule).map(positionsOf);
  const styleTargetBytes = sum(styleMaps.map((shape) => gramBytes(shape.channels)));
  const workspaceBytes = styleMaps.length === 0 ? 0 : styleWorkspaceBytes([...styleMaps, ...styleTargetMaps], backend);
  const terms = options.contentLayers.length + options.styleLayers.length + (options.tvWeight > 0 ? 1 : 0);

  const layers = layersUntil(options.network, tapsOf(options)).filter((layer) => layer.kind === 'conv');
  const weightBytes = deviceWeightBytes(layers, backend);
  const lossBytes = contentTargetBytes + styleTargetBytes + workspaceBytes + lossTermsBytes(terms);
  const pictureBytes = 3 * values * bytesPerFloat;
  const optimizerBytes = request.optimizerBytes(values);
  const forwardBytes = (one: Schedule | undefined): number =>
    one === undefined
      ? 0
      : planActivations(one, { backend, paddingMode }).totalBytes + one.input.height * one.input.width * 12;
  const targetPhaseBytes =
    weightBytes + lossBytes + Math.max(forwardBytes(contentSchedule), forwardBytes(styleSchedule));
  const runBytes = weightBytes + activations.totalBytes + lossBytes + pictureBytes + optimizerBytes;
  const largestSlot = activations.slots.reduce((a, b) => (b.sizeBytes > a.sizeBytes ? b : a));
  return {
    weightBytes,
    activationBytes: activations.totalBytes,
    lossBytes,
    pictureBytes,
    optimizerBytes,
    targetPhaseBytes,
    peakBytes: Math.max(targetPhaseBytes, runBytes),
    largest: { name: largestSlot.names[0] ?? 'feature map', sizeBytes: largestSlot.sizeBytes },
  };
}

/** The limits a plan is held against. */
export type BufferLimits = Pick<GPUSupportedLimits, 'maxStorageBufferBindingSize' | 'maxBufferSize'>;

/**
 * Holds a plan against the adapter's limits.
 *
 * @throws LimitError naming the limit, the need, and the largest size of the same shape that fits.
 */
export function checkLimits(request: PlanRequest, limits: BufferLimits): TransferPlan {
  // Feature maps pass a limit long before the optimiser's vectors do, which would report it less helpfully.
  const mapsOnly = { ...request, optimizerBytes: () => 0 };
  const plan = planTransfer(mapsOnly);
  const exceeded = exceededLimit(plan, limits);
  if (exceeded === undefined) {
    return planTransfer(request);
  }
  const { width, height } = request.size;
  const longest = Math.max(width, height);
  const fits = (side: number): boolean => {
    const size = scaleTo(request.size, side);
    return exceededLimit(planTransfer({ ...mapsOnly, size }), limits) === undefined;
  };
  const side = largestFitting(16, longest, fits);
  throw new LimitError({
    ...exceeded,
    needed: plan.largest.sizeBytes,
    message:
      `a picture of ${width}x${height} needs ${megabytes(plan.largest.sizeBytes)} in one buffer (${plan.largest.name}), the ` +
      `adapter's ${exceeded.limit} allows ${megabytes(exceeded.available)}; the largest size that fits is --size ${side}`,
  });
}

function exceededLimit(
  plan: TransferPlan,
  limits: BufferLimits,
): { readonly limit: string; readonly available: number } | undefined {
  for (const limit of ['maxStorageBufferBindingSize', 'maxBufferSize'] as const) {
    if (plan.largest.sizeBytes > limits[limit]) return { limit, available: limits[limit] };
  }
  return undefined;
}

/** The size with the longest side `side` and the same shape. */
export function scaleTo(size: PictureSize, side: number): PictureSize {
  const factor = side / Math.max(size.width, size.height);
  return {
    width: Math.max(1, Math.round(size.width * factor)),
    height: Math.max(1, Math.round(size.height * factor)),
  };
}

/** The largest side in low..high that fits, by bisection; `low` when nothing does. A size too small to plan does not fit. */
function largestFitting(low: number, high: number, fits: (side: number) => boolean): number {
  let [fitting, failing] = [low, high];
  while (failing - fitting > 1) {
    const middle = Math.floor((fitting + failing) / 2);
    if (fits(middle)) fitting = middle;
    else failing = middle;
  }
  return fitting;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Bytes as a person reads them. */
export function megabytes(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(2)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;
}
