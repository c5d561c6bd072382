/**
 * The activation plan: every feature map's lifetime, the buffers they share, and the byte total, known before anything is
 * allocated. Maps whose lifetimes do not meet share a buffer; maps that meet never do, so that no dispatch binds one
 * buffer both for reading and for writing, which WebGPU refuses even for disjoint ranges.
 */

import { bytesPerFloat } from '../core/buffers.ts';
import { chooseConv2dVariant, conv2dScratchBytes, type PaddingMode } from '../kernels/conv2d.ts';
import type { Backend } from '../kernels/family.ts';
import { conv2dShapeOf, type FeatureMap, mapsOf, type Schedule, type Step } from './schedule.ts';

/** A buffer of the plan and the maps that live in it, one after the other. */
export interface Slot {
  readonly sizeBytes: number;
  readonly names: readonly string[];
}

export interface ActivationPlan {
  readonly slots: readonly Slot[];
  /** Index into `slots` for each map's name. */
  readonly slotOf: ReadonlyMap<string, number>;
  readonly totalBytes: number;
}

/** The steps that may need scratch buffers. */
export type ConvStep = Extract<Step, { readonly kind: 'convForward' | 'convBackward' }>;

/** The name in the plan of a scratch buffer of a convolution's step; it lives for that step only. */
export function scratchName(step: ConvStep, index: number): string {
  return `${step.kind} ${step.layer.name} scratch ${index + 1}`;
}

interface Lifetime {
  readonly name: string;
  readonly sizeBytes: number;
  first: number;
  last: number;
}

export function mapBytes(map: FeatureMap): number {
  return map.height * map.width * map.channels * bytesPerFloat;
}

/** What besides the schedule decides which kernels an evaluation runs, and with them its weights and its memory. */
export interface ActivationOptions {
  readonly backend: Backend;
  readonly paddingMode: PaddingMode;
}

/** Plans the maps of a schedule. */
export function planActivations(schedule: Schedule, options: ActivationOptions): ActivationPlan {
  const lifetimes = lifetimesOf(schedule, (step) => scratchBytesOf(step, options));
  return assignSlots([...lifetimes.values()]);
}

function lifetimesOf(
  schedule: Schedule,
  scratchBytes: (step: ConvStep) => readonly number[],
): ReadonlyMap<string, Lifetime> {
  const lifetimes = new Map<string, Lifetime>();
  const use = (name: string, sizeBytes: number, at: number): void => {
    const known = lifetimes.get(name);
    lifetimes.set(name, {
      name,
      sizeBytes: Math.max(sizeBytes, known?.sizeBytes ?? 0),
      first: Math.min(at, known?.first ?? at),
      last: Math.max(at, known?.last ?? at),
    });
  };
  const end = schedule.steps.length;
  // The input is written before the first step; its gradient, and taps when nothing goes backward, are read after the last.
  use(schedule.input.name, mapBytes(schedule.input), -1);
  const readAfter = schedule.gradInput === undefined ? [...schedule.taps.values()] : [schedule.gradInput];
  for (const map of readAfter) {
    use(map.name, mapBytes(map), end);
  }
  schedule.steps.forEach((step, at) => {
    for (const map of mapsOf(step)) {
      use(map.name, mapBytes(map), at);
    }
    if (step.kind === 'convForward' || step.kind === 'convBackward') {
      scratchBytes(step).forEach((bytes, index) => {
        use(scratchName(step, index), bytes, at);
      });
    }
  });
  return lifetimes;
}

function scratchBytesOf(step: ConvStep, options: ActivationOptions): readonly number[] {
  const direction = step.kind === 'convForward' ? 'forward' : 'backward';
  const shape = conv2dShapeOf(step.layer, step.input, paddingModeOf(step.layer.name, options.paddingMode));
  const variant = chooseConv2dVariant(shape, direction, options.backend, step.layer.name);
  return conv2dScratchBytes(shape, direction, variant);
}

/** Only the first convolution may pad by replication; the others keep the zeros they were trained with. */
export function paddingModeOf(layerName: string, ofFirst: PaddingMode): PaddingMode {
  return layerName === 'conv1_1' ? ofFirst : 'zeros';
}

/**
 * Greedy by size: the largest map first, into the first slot whose maps it does not meet.
 *
 * Source: Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference" (2020), section 4.2
 * (shared objects).
 */
function assignSlots(lifetimes: readonly Lifetime[]): ActivationPlan {
  const slots: { sizeBytes: number; members: Lifetime[] }[] = [];
  const slotOf = new Map<string, number>();
  for (const map of lifetimes.toSorted((a, b) => b.sizeBytes - a.sizeBytes)) {
    const meets = (other: Lifetime): boolean => other.first <= map.last && map.first <= other.last;
    let index = slots.findIndex((slot) => !slot.members.some(meets));
    if (index < 0) {
      index = slots.length;
      slots.push({ sizeBytes: map.sizeBytes, members: [] });
    }
    slots[index]?.members.push(map);
    slotOf.set(map.name, index);
  }
  return {
    slots: slots.map(({ sizeBytes, members }) => ({ sizeBytes, names: members.map((member) => member.name) })),
    slotOf,
    totalBytes: slots.reduce((sum, slot) => sum + slot.sizeBytes, 0),
  };
}
