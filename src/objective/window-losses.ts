/**
 * Losses at the positions that a window owns: what it owns of a map is copied together, strip by strip, since losses are recorded on positions
 * that follow each other (docs/decisions/0025-loss-terms.md), and gradients are put where they belong, with zeros around them.
 */

import { BufferScope, type BufferSlice, bindingAlignmentBytes, bytesPerElement } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import type { Program } from '../core/program.ts';
import { recordRectangleCrop, recordRectanglePlace } from '../kernels/rectangle.ts';
import type { MapShape, PointwiseLoss, SummedLoss } from '../losses/loss.ts';
import type { ChosenKernels } from '../models/chosen-kernels.ts';
import type { TapLoss } from '../models/executor.ts';
import type { FeatureMap } from '../models/pass.ts';
import type { Rectangle, Window } from '../models/windows.ts';
import type { ObjectiveOptions } from '../settings/settings.ts';
import { recordAddition } from './band-losses.ts';
import { LossWorkspace } from './tap-losses.ts';
import type { TapTerm } from './terms.ts';
import { windowScratchBytes } from './tiled-plan.ts';
import { positionsOf, stripsOf, type Tiling } from './tiling.ts';

/** The buffers in which one strip of one map is worked on. */
export class WindowScratch implements Disposable {
  /** Partial sums of a strip. */
  readonly partial: BufferSlice;
  readonly feature: BufferSlice;
  readonly gradient: BufferSlice;
  readonly workspace: LossWorkspace;
  readonly #scope: BufferScope;

  constructor(gpu: Gpu, options: ObjectiveOptions, tiling: Tiling, kernels: ChosenKernels) {
    const [partial, feature, gradient, ...workspace] = windowScratchBytes(options, tiling, kernels);
    this.#scope = new BufferScope(gpu.buffers);
    this.partial = this.#scope.allocate('partial sums of a part', partial);
    this.feature = this.#scope.allocate('part of a map', feature);
    this.gradient = this.#scope.allocate('gradient of a part', gradient);
    this.workspace = new LossWorkspace(gpu, workspace);
  }

  [Symbol.dispose](): void {
    this.workspace[Symbol.dispose]();
    this.#scope[Symbol.dispose]();
  }
}

/** A summed term with what it keeps over the windows. */
export interface SummedPlace {
  readonly term: TapTerm;
  readonly loss: SummedLoss;
  /** The whole map. */
  readonly whole: MapShape;
  /** The sums of all windows together. */
  readonly totals: BufferSlice;
}

interface AtWindow {
  readonly options: ObjectiveOptions;
  readonly kernels: ChosenKernels;
  readonly scratch: WindowScratch;
  /** Or any other of its kind. */
  readonly window: Window;
  /** The tap's map of the window's frame. */
  readonly map: FeatureMap;
}

/** Records the sums of a map's owned positions, added to the terms' totals. */
export function recordWindowSums(
  program: Program,
  at: AtWindow & { readonly feature: BufferSlice; readonly terms: readonly SummedPlace[] },
): void {
  const { scratch, kernels } = at;
  const isFirst = isFirstWindow(at.window);
  stripsOf(at.window, at.options, at.map).forEach((strip, index) => {
    const part = recordCrop(program, strip, at);
    for (const { term, loss, whole, totals } of at.terms) {
      const space = scratch.workspace.for(loss, whole);
      const addsNothing = isFirst && index === 0;
      const sums = addsNothing ? totals : space.sums;
      const label = `${loss.name} ${term.layer}`;
      loss.recordSums(program, { ...space, label, whole, part, sums, kernels: kernels.tap(term.layer) });
      if (!addsNothing) recordAddition(program, sums, totals);
    }
  });
}

/** A summed term of which all windows' sums are made, and its coefficients. */
export interface SeededSum extends SummedPlace {
  readonly coefficients: BufferSlice;
}

/** A pointwise term at a window. */
export interface SeededPoint {
  readonly term: TapTerm;
  readonly loss: PointwiseLoss;
  readonly whole: MapShape;
  /** At the owned positions of the window at work. */
  readonly target: BufferSlice;
  /** The term's row of partial sums, of all windows together. */
  readonly partial: BufferSlice;
}

/** All losses at a tap, at the positions that a window owns. */
export class WindowTapLoss implements TapLoss {
  readonly #at: AtWindow;
  readonly #terms: readonly (SeededSum | SeededPoint)[];

  constructor(at: AtWindow, terms: readonly (SeededSum | SeededPoint)[]) {
    this.#at = at;
    this.#terms = terms;
  }

  record(program: Program, { feature, gradient, accumulate }: Parameters<TapLoss['record']>[1]): void {
    const { window, options, map, scratch } = this.#at;
    const strips = stripsOf(window, options, map);
    let before = 0;
    strips.forEach((strip, index) => {
      const part = recordCrop(program, strip, { ...this.#at, feature });
      this.#terms.forEach((term, place) => {
        this.#recordTerm(program, term, { part, before, accumulate: place > 0 });
      });
      // Rows without a strip belong to the first or the last.
      const from = index === 0 ? 0 : strip.top;
      const to = index === strips.length - 1 ? map.height : strip.top + strip.height;
      const { width: pitch, channels } = map;
      const rows = { from, to };
      const values = scratch.gradient;
      recordRectanglePlace(program, { values, gradient, pitch, channels, rectangle: strip, accumulate, rows });
      before += part.positions;
    });
  }

  /** Leaves the gradient at a strip in the scratch. */
  #recordTerm(
    program: Program,
    seeded: SeededSum | SeededPoint,
    strip: {
      readonly part: { readonly positions: number; readonly feature: BufferSlice };
      /** Owned positions in strips before it. */
      readonly before: number;
      readonly accumulate: boolean;
    },
  ): void {
    const { scratch, kernels, window } = this.#at;
    const { part, before, accumulate } = strip;
    const { gradient } = scratch;
    const { term, whole } = seeded;
    if ('coefficients' in seeded) {
      const { loss, coefficients } = seeded;
      const space = { ...scratch.workspace.for(loss, whole), coefficients };
      const label = `${loss.name} ${term.layer}`;
      loss.recordGradient(program, {
        ...space,
        label,
        whole,
        part,
        gradient,
        accumulate,
        kernels: kernels.tap(term.layer),
      });
      return;
    }
    const target = sliceOfPositions(seeded.target, before, part.positions, whole);
    const startsSum = isFirstWindow(window) && before === 0;
    const partial = startsSum ? seeded.partial : scratch.partial;
    seeded.loss.record(program, { whole, part, target, partial, gradient, accumulate });
    if (!startsSum) recordAddition(program, partial, seeded.partial);
  }
}

/** Whether no window was before it, so that there is nothing to add to. */
function isFirstWindow({ frame, owned }: Window): boolean {
  return owned.left === frame.left && owned.top === frame.top;
}

/** Records the copy of a strip into the scratch. */
function recordCrop(
  program: Program,
  strip: Rectangle,
  { feature, map, scratch }: Pick<AtWindow, 'map' | 'scratch'> & { readonly feature: BufferSlice },
): { readonly positions: number; readonly feature: BufferSlice } {
  const { width: pitch, channels } = map;
  const positions = positionsOf(strip);
  const sizeBytes = positions * channels * bytesPerElement(map.element);
  const output = { ...scratch.feature, sizeBytes, element: map.element };
  recordRectangleCrop(program, { input: feature, output, pitch, channels, rectangle: strip });
  return { positions, feature: output };
}

/** Records the copy of everything that a window owns of a map. */
export function recordOwnedCopy(
  program: Program,
  options: {
    readonly settings: ObjectiveOptions;
    readonly window: Window;
    readonly map: FeatureMap;
    readonly feature: BufferSlice;
    readonly output: BufferSlice;
  },
): void {
  const { settings, window, map, feature, output } = options;
  const { width: pitch, channels } = map;
  let before = 0;
  for (const strip of stripsOf(window, settings, map)) {
    const positions = positionsOf(strip);
    const to = sliceOfPositions(output, before, positions, { positions, channels });
    recordRectangleCrop(program, { input: feature, output: to, pitch, channels, rectangle: strip });
    before += positions;
  }
}

/** @throws ShapeError where the positions do not begin where a binding may. */
function sliceOfPositions(map: BufferSlice, first: number, count: number, { channels }: MapShape): BufferSlice {
  const positionBytes = channels * bytesPerElement(map.element);
  const offsetBytes = map.offsetBytes + first * positionBytes;
  if (offsetBytes % bindingAlignmentBytes !== 0)
    throw new ShapeError(`position ${first} of ${channels} channels cannot begin a binding`);
  return { ...map, offsetBytes, sizeBytes: count * positionBytes };
}
