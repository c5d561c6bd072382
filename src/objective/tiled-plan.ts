/**
 * Device memory of a transfer that is evaluated in windows, and the choice of the windows: as large as fit, since what lies around them is
 * computed more than once (docs/decisions/0038-exact-tiling.md). Pure.
 */

import { bindingAlignmentBytes, bytesPerFloat } from '../core/buffers.ts';
import type { BufferLimits } from '../core/gpu.ts';
import { parameterPageBytes } from '../core/program.ts';
import { partialsPerTerm } from '../kernels/mse.ts';
import { lossTableBytes } from '../losses/loss-table.ts';
import { type ChosenKernels, chooseKernels } from '../models/chosen-kernels.ts';
import { deviceWeightBytes } from '../models/device-weights.ts';
import { type Pass, tapMap } from '../models/pass.ts';
import { type ActivationPlan, type MapUse, planActivations } from '../models/plan.ts';
import { variableBuffers, variableBytes } from './fourier-sizes.ts';
import {
  type LargestBuffer,
  largestBuffer,
  objectivePass,
  type PlanRequest,
  type TransferPlan,
} from './memory-plan.ts';
import { mostOf, needsOf, shapeOf, targetBytes } from './tap-losses.ts';
import { termsOf } from './terms.ts';
import {
  kindsOf,
  largestFrame,
  mostOwnedValues,
  partsOf,
  programsOfWindow,
  roundedStep,
  stepsOf,
  type Tiling,
  tapTermsInWindows,
  windowPasses,
  windowsOfStep,
} from './tiling.ts';

/** Whether a picture is cut into windows: where it does not fit otherwise, never, or in steps of at most so many pixels. */
export type Tile = 'auto' | 'none' | number;

/** What a transfer in windows takes where it can. */
const usualBytes = 2e9;

/** What windows may take where the picture's own vectors leave nothing of that. */
const leastWindowBytes = 2 ** 28;

/**
 * The memory of a transfer in windows, as large as fit; where none do, in the smallest that there are.
 *
 * @param bounds.most Bytes that all of it may take, `beside` among them, which are the optimiser's.
 */
export function planInWindows(
  request: PlanRequest,
  bounds: {
    readonly limits: BufferLimits;
    readonly most: number;
    readonly beside: number;
    readonly tile: Exclude<Tile, 'none'>;
  },
): TransferPlan {
  const { size, options } = request;
  const { limits, most, beside, tile } = bounds;
  const steps = tile === 'auto' ? stepsOf(size, options) : [roundedStep(options, tile)];
  const mostBuffer = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  const isBindable = (plan: TransferPlan): boolean => plan.largest.sizeBytes <= mostBuffer;
  // Memory beyond the usual is the caller's affair where the caller says the step.
  const sums = [Math.min(most, usualBytes) - beside, ...(tile === 'auto' ? [] : [Number.POSITIVE_INFINITY])];
  for (const bound of sums) {
    const plan = chosen(choices(request, steps, (one) => isBindable(one) && one.peakBytes <= bound));
    if (plan !== undefined) return plan;
  }
  const least = (plan: TransferPlan): boolean => isBindable(plan) && plan.activationBytes <= leastWindowBytes;
  const plan = chosen(choices(request, steps, least));
  return plan ?? planTiled(request, tilingOf(request, steps.at(-1) ?? 1, 'recomputed'));
}

interface Choice {
  readonly plan: TransferPlan;
  /** Multiplications of an evaluation's convolutions. */
  readonly work: number;
}

/** The one with the least work. */
function chosen(from: readonly Choice[]): TransferPlan | undefined {
  return from.toSorted((a, b) => a.work - b.work)[0]?.plan;
}

/** With the content's maps kept and made anew: each with the largest step that fits, by bisection over steps that go down. */
function choices(
  request: PlanRequest,
  steps: readonly number[],
  fits: (plan: TransferPlan) => boolean,
): readonly Choice[] {
  return (['kept', 'recomputed'] as const).flatMap((content) => {
    const planAt = (index: number): TransferPlan => planTiled(request, tilingOf(request, steps[index] ?? 1, content));
    let failing = -1;
    let fitting = steps.length - 1;
    if (!fits(planAt(fitting))) return [];
    while (fitting - failing > 1) {
      const middle = Math.floor((failing + fitting) / 2);
      if (fits(planAt(middle))) fitting = middle;
      else failing = middle;
    }
    const plan = planAt(fitting);
    return plan.tiling === undefined ? [] : [{ plan, work: workOf(request, plan.tiling) }];
  });
}

function tilingOf({ options, size, styleSizes }: PlanRequest, step: number, content: Tiling['content']): Tiling {
  const windows = windowsOfStep(size, options, step);
  return { windows, content, styles: styleSizes.map((style) => windowsOfStep(style, options, step)) };
}

/** Counts the bytes of every part of a transfer in these windows. */
export function planTiled(request: PlanRequest, tiling: Tiling): TransferPlan {
  const { options, size, styleSizes, backend } = request;
  const largest = largestFrame(tiling.windows);
  const kernels = chooseKernels(objectivePass(options, largest), backend);
  const kinds = kindsOf(tiling);
  const slots = sharedSlots(windowPasses(options, kinds).map(({ pass }) => planActivations(pass, kernels)));
  const values = size.width * size.height * 3;
  const pictures = tiling.content === 'recomputed' ? 4 : 3;

  const weightBytes = deviceWeightBytes(kernels);
  const activationBytes = sum(slots.map(({ sizeBytes }) => sizeBytes));
  const targets = targetBytesOf(request, tiling);
  const lossBytes = targets + lossScratchBytes(request, tiling, kernels);
  const pictureBytes = pictures * values * bytesPerFloat + variableBytes(options, size);
  const optimizerBytes = request.optimizerBytes(values);
  const targetValues = Math.max(values, ...styleSizes.map(({ width, height }) => width * height * 3));
  const targetPhaseBytes = weightBytes + activationBytes + lossBytes + targetValues * bytesPerFloat;
  const runBytes = weightBytes + activationBytes + lossBytes + pictureBytes + optimizerBytes;
  return {
    kernels,
    bands: 1,
    weightBytes,
    activationBytes,
    mapsByUse: bytesByUse(slots),
    targetBytes: targets,
    lossBytes,
    pictureBytes,
    optimizerBytes,
    targetPhaseBytes,
    runBytes,
    peakBytes: Math.max(targetPhaseBytes, runBytes),
    largest: largestBuffer([largestOf(slots, largest), ...variableBuffers(options, size)]),
    tiling,
  };
}

/** A buffer that serves several plans one after the other. */
interface SharedSlot {
  readonly name: string;
  readonly use: MapUse;
  readonly sizeBytes: number;
}

/** The buffers that serve several plans one after the other. */
export function sharedSlots(plans: readonly ActivationPlan[]): readonly SharedSlot[] {
  const most = mostOf(plans.map(({ slots }) => slots.map(({ sizeBytes }) => sizeBytes)));
  return most.map((sizeBytes, index) => {
    const slot = plans.map(({ slots }) => slots[index]).find((one) => one?.sizeBytes === sizeBytes);
    return { name: slot?.names.join(', ') ?? 'feature map', use: slot?.use ?? 'activation', sizeBytes };
  });
}

function bytesByUse(slots: readonly SharedSlot[]): TransferPlan['mapsByUse'] {
  const of = (use: MapUse): number => sum(slots.filter((slot) => slot.use === use).map(({ sizeBytes }) => sizeBytes));
  return { activation: of('activation'), gradient: of('gradient'), scratch: of('scratch') };
}

/** What every term compares with; of the content's maps only those that are kept. */
function targetBytesOf({ options, size }: PlanRequest, { content }: Tiling): number {
  const whole = objectivePass(options, size);
  const kept = tapTermsInWindows(options).filter(({ loss }) => loss.form === 'summed' || content === 'kept');
  return sum(kept.map((term) => targetBytes(term, tapMap(whole, term.layer))));
}

/** Sums and coefficients of every term, the content's maps of the window at work, workspace, parts of maps, loss table, parameters. */
function lossScratchBytes({ options, size }: PlanRequest, tiling: Tiling, kernels: ChosenKernels): number {
  const whole = objectivePass(options, size);
  const kinds = kindsOf(tiling);
  const ofTerms = tapTermsInWindows(options).map((term) => {
    const { loss } = term;
    const map = tapMap(whole, term.layer);
    const shape = shapeOf(map);
    if (loss.form === 'summed') return loss.sumBytes(shape) + loss.coefficientBytes(shape);
    const share = mostOwnedValues(options, term, kinds.windows) / (shape.positions * shape.channels);
    return share * targetBytes(term, map);
  });
  return sum([
    ...ofTerms,
    ...windowScratchBytes(options, tiling, kernels),
    lossTableBytes(termsOf(options).length),
    parameterBytes(options, tiling),
  ]);
}

/** About as many dispatches as a step of a pass has. */
const dispatchesOfStep = 3;

/** Parameters of the programs, of which there are many here: in pages, of which each program has one at least. */
function parameterBytes(options: PlanRequest['options'], tiling: Tiling): number {
  const ofKinds = windowPasses(options, { windows: tiling.windows, styles: [] }).map(({ size, pass }) => {
    const kinds = kindsOf(tiling).windows.filter(
      ({ frame }) => frame.width === size.width && frame.height === size.height,
    );
    return (
      kinds.length * Math.ceil((dispatchesOfStep * pass.steps.length * bindingAlignmentBytes) / parameterPageBytes)
    );
  });
  return (programsOfWindow * tiling.windows.length + sum(ofKinds)) * parameterPageBytes;
}

/** Bytes of the buffers that all windows and terms share: the partial sums of a part, a part's features and gradient, the workspace. */
export function windowScratchBytes(
  options: PlanRequest['options'],
  tiling: Pick<Tiling, 'windows' | 'styles'>,
  kernels: ChosenKernels,
): readonly [partial: number, part: number, partGradient: number, ...workspace: number[]] {
  const parts = partsOf(options, kindsOf(tiling));
  const partBytes = Math.max(0, ...parts.map(({ positions, channels }) => positions * channels)) * bytesPerFloat;
  const needs = parts.flatMap(({ term: { loss, layer }, positions, channels }) =>
    loss.form === 'summed' ? [needsOf(loss, { positions, channels }, kernels.tap(layer))] : [],
  );
  return [partialsPerTerm * bytesPerFloat, partBytes, partBytes, ...mostOf(needs)];
}

function largestOf(slots: readonly SharedSlot[], size: PlanRequest['size']): LargestBuffer {
  const { name, sizeBytes } = slots.reduce((a, b) => (b.sizeBytes > a.sizeBytes ? b : a));
  return { name, sizeBytes, picture: 'content', size };
}

function workOf({ options }: PlanRequest, { windows, content }: Tiling): number {
  const passes = windowPasses(options, { windows, styles: [] });
  const each = passes.map(({ kind, size, pass }) => {
    if (kind === 'content' && content === 'kept') return 0;
    const alike = windows.filter(({ frame }) => frame.width === size.width && frame.height === size.height);
    return alike.length * multiplicationsOf(pass);
  });
  return sum(each);
}

function multiplicationsOf({ steps }: Pass): number {
  const each = steps.map((step) => {
    if (step.kind !== 'convForward' && step.kind !== 'convBackward') return 0;
    const { inHeight, inWidth, inChannels, outChannels } = step.shape;
    return inHeight * inWidth * inChannels * outChannels;
  });
  return sum(each);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
