/**
 * The activation plan: every feature map's lifetime, its place in a buffer, and the byte total, known before anything is
 * allocated. Maps share a range of a buffer one after the other, and a buffer side by side; but never two maps of one step, so
 * that no dispatch binds one buffer both for reading and for writing, which WebGPU refuses even for disjoint ranges.
 */

import { bindingAlignmentBytes, bytesPerElement, defaultBindingBytes, roundUp } from '../core/buffers.ts';
import type { Direction } from '../kernels/conv2d-shape.ts';
import type { ChosenKernels } from './chosen-kernels.ts';
import { bandsOf, type FeatureMap, isGradient, mapsOf, type Pass, type Step } from './pass.ts';

/** What memory is for. */
export type MapUse = 'activation' | 'gradient' | 'scratch';

/** A buffer of the plan and the maps that live in it. */
export interface Slot {
  readonly sizeBytes: number;
  /** The largest first. */
  readonly names: readonly string[];
  /** Of the largest. */
  readonly use: MapUse;
}

/** Where a map lives. */
export interface Place {
  /** Index into the plan's slots. */
  readonly slot: number;
  /** A multiple of `bindingAlignmentBytes`. */
  readonly offsetBytes: number;
}

export interface ActivationPlan {
  readonly slots: readonly Slot[];
  /** By the map's name. */
  readonly places: ReadonlyMap<string, Place>;
  readonly totalBytes: number;
  /** The largest range that is bound at once; of scratch only what is more than any adapter gives. */
  readonly largest: { readonly name: string; readonly sizeBytes: number };
}

/** The steps that may need scratch buffers. */
export type ConvStep = Extract<Step, { readonly kind: 'convForward' | 'convBackward' }>;

export function directionOf(step: ConvStep): Direction {
  return step.kind === 'convForward' ? 'forward' : 'backward';
}

/** The name in the plan of a scratch buffer of a convolution's step; it lives for that step only. */
export function scratchName(step: ConvStep, index: number): string {
  return `${step.kind} ${step.layer.name} scratch ${index + 1}`;
}

interface Lifetime {
  readonly name: string;
  readonly use: MapUse;
  readonly sizeBytes: number;
  /** The steps that touch it; −1 stands for what comes before the first, their number for what comes after the last. */
  readonly steps: ReadonlySet<number>;
  readonly first: number;
  readonly last: number;
}

export function mapValues(map: FeatureMap): number {
  return map.height * map.width * map.channels;
}

export function mapBytes(map: FeatureMap): number {
  return mapValues(map) * bytesPerElement(map.element);
}

/** Bytes of a map that lie before these rows of it. */
export function bytesBefore(map: FeatureMap): number {
  return mapBytes({ ...map, height: map.firstRow ?? 0 });
}

/** Plans the maps of a pass, and the scratch of the kernels that will run it. */
export function planActivations(pass: Pass, kernels: ChosenKernels): ActivationPlan {
  const lifetimes = lifetimesOf(pass, (step) => {
    const direction = directionOf(step);
    return kernels.conv2d(step.layer.name, direction).scratchBytes({ shape: step.shape, direction });
  });
  return assignPlaces([...lifetimes.values()]);
}

function lifetimesOf(pass: Pass, scratchBytes: (step: ConvStep) => readonly number[]): ReadonlyMap<string, Lifetime> {
  const lifetimes = new Map<string, Lifetime>();
  const useMap = (map: FeatureMap, at: number): void => {
    take(map.name, isGradient(map) ? 'gradient' : 'activation', bytesBefore(map) + mapBytes(map), at);
  };
  const take = (name: string, use: MapUse, sizeBytes: number, at: number): void => {
    const known = lifetimes.get(name);
    lifetimes.set(name, {
      name,
      use,
      sizeBytes: Math.max(sizeBytes, known?.sizeBytes ?? 0),
      steps: new Set([...(known?.steps ?? []), at]),
      first: Math.min(at, known?.first ?? at),
      last: Math.max(at, known?.last ?? at),
    });
  };
  const end = pass.steps.length;
  // The input is written before the first step; its gradient, and taps when nothing goes backward, are read after the last.
  const useBands = (map: FeatureMap, at: number): void => {
    for (const band of bandsOf(pass, map)) useMap(band.map, at);
  };
  useBands(pass.input, -1);
  const readAfter = pass.gradInput === undefined ? [...pass.taps.values()] : [pass.gradInput];
  for (const map of readAfter) useBands(map, end);
  pass.steps.forEach((step, at) => {
    for (const map of mapsOf(step)) useMap(map, at);
    if (step.kind === 'convForward' || step.kind === 'convBackward') {
      scratchBytes(step).forEach((bytes, index) => {
        take(scratchName(step, index), 'scratch', bytes, at);
      });
    }
  });
  return lifetimes;
}

/** A buffer being filled. */
interface OpenSlot {
  readonly sizeBytes: number;
  readonly members: { readonly map: Lifetime; readonly offsetBytes: number }[];
}

/**
 * Greedy by size: the largest map first, at the lowest free range of the first buffer that has one and holds no map of the
 * same step.
 *
 * Source: Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference" (2020), sections 4.2 (shared
 * objects) and 5.2 (offsets), put together.
 */
function assignPlaces(lifetimes: readonly Lifetime[]): ActivationPlan {
  const slots: OpenSlot[] = [];
  const places = new Map<string, Place>();
  for (const map of lifetimes.toSorted((a, b) => b.sizeBytes - a.sizeBytes)) {
    const offsets = slots.map((slot) => freeOffset(slot, map));
    let slot = offsets.findIndex((offset) => offset !== undefined);
    if (slot < 0) slot = slots.push({ sizeBytes: map.sizeBytes, members: [] }) - 1;
    const place = { slot, offsetBytes: offsets[slot] ?? 0 };
    slots[slot]?.members.push({ map, offsetBytes: place.offsetBytes });
    places.set(map.name, place);
  }
  return {
    slots: slots.map(({ sizeBytes, members }) => {
      const [first] = members;
      return { sizeBytes, names: members.map(({ map }) => map.name), use: first?.map.use ?? 'activation' };
    }),
    places,
    totalBytes: slots.reduce((sum, slot) => sum + slot.sizeBytes, 0),
    largest: lifetimes
      .filter(({ use, sizeBytes }) => use !== 'scratch' || sizeBytes > defaultBindingBytes)
      .reduce((a, b) => (b.sizeBytes > a.sizeBytes ? b : a)),
  };
}

/** The lowest offset at which a map may live in a slot, if there is one. */
function freeOffset({ sizeBytes, members }: OpenSlot, map: Lifetime): number | undefined {
  if (members.some((member) => [...map.steps].some((step) => member.map.steps.has(step)))) return undefined;
  const alive = members
    .filter((member) => member.map.first <= map.last && map.first <= member.map.last)
    .sort((a, b) => a.offsetBytes - b.offsetBytes);
  let offset = 0;
  for (const member of alive) {
    if (offset + map.sizeBytes <= member.offsetBytes) break;
    offset = Math.max(offset, roundUp(member.offsetBytes + member.map.sizeBytes, bindingAlignmentBytes));
  }
  return offset + map.sizeBytes <= sizeBytes ? offset : undefined;
}
