/**
 * The losses at an objective's taps on the device: what they take, and how a whole map is recorded. One map is at work at a time, so all
 * terms share one workspace.
 */

import { BufferScope, type BufferSlice } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import type { Program } from '../core/program.ts';
import type { MapLoss, MapShape, SummedLoss, TapKernels } from '../losses/loss.ts';
import { tapParts } from '../models/bands.ts';
import type { ChosenKernels } from '../models/chosen-kernels.ts';
import type { TapLoss } from '../models/executor.ts';
import { type FeatureMap, type Pass, tapMap } from '../models/pass.ts';
import { mapBytes } from '../models/plan.ts';
import type { TapTerm } from './terms.ts';

export function shapeOf({ height, width, channels }: FeatureMap): MapShape {
  return { positions: height * width, channels };
}

/** Bytes of a term's target; `map` is that of its tap. */
export function targetBytes({ loss }: TapTerm, map: FeatureMap): number {
  if (loss.form === 'pointwise') return mapBytes(map);
  return loss.preparation?.bytes(shapeOf(map)) ?? loss.sumBytes(shapeOf(map));
}

/**
 * Bytes of each buffer of the workspace, of every one the most that a term needs at a picture; none where no term has sums.
 *
 * @param passes One for each picture that goes through the network.
 */
export function workspaceBytes(
  terms: readonly TapTerm[],
  passes: readonly Pass[],
  kernels: ChosenKernels,
): readonly number[] {
  const needs = terms.flatMap(({ layer, loss }) => {
    const at = passes.filter(({ taps }) => taps.has(layer));
    // A band may want more scratch than the map: it is cut into chunks of another size.
    const maps = at.flatMap((pass) => [tapMap(pass, layer), ...tapParts(pass, layer)]);
    return loss.form === 'summed' ? maps.map((map) => needsOf(loss, shapeOf(map), kernels.tap(layer))) : [];
  });
  return mostOf(needs);
}

/** Bytes of each buffer that a term takes of the workspace at a map of this shape, or a part of one. */
export function needsOf(loss: SummedLoss, shape: MapShape, kernels: TapKernels): readonly number[] {
  return [loss.sumBytes(shape), loss.coefficientBytes(shape), ...loss.scratchBytes(shape, kernels)];
}

/** Of several needs that are met one after the other: of each buffer the most. */
export function mostOf(needs: readonly (readonly number[])[]): readonly number[] {
  const buffers = Math.max(0, ...needs.map((need) => need.length));
  return Array.from({ length: buffers }, (_, index) => Math.max(...needs.map((need) => need[index] ?? 0)));
}

/** Buffers for the sums, the coefficients and what lies between, of the one term that is at work. */
export class LossWorkspace implements Disposable {
  readonly #scope: BufferScope;
  readonly #buffers: readonly BufferSlice[];

  /** @param bytes As {@link workspaceBytes} counts them. */
  constructor(gpu: Gpu, bytes: readonly number[]) {
    this.#scope = new BufferScope(gpu.buffers);
    this.#buffers = bytes.map((sizeBytes, index) => this.#scope.allocate(`loss workspace ${index + 1}`, sizeBytes));
  }

  /** What a term at a map of this shape takes of it. @throws ShapeError when it was counted without such terms. */
  for(loss: SummedLoss, shape: MapShape) {
    const [sums, coefficients, ...scratch] = this.#buffers;
    if (sums === undefined || coefficients === undefined) {
      throw new ShapeError(`the workspace was counted without losses like ${loss.name}`);
    }
    return {
      sums: { ...sums, sizeBytes: loss.sumBytes(shape) },
      coefficients: { ...coefficients, sizeBytes: loss.coefficientBytes(shape) },
      scratch,
    };
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

export interface WholeMapOptions {
  readonly loss: MapLoss;
  readonly layer: string;
  readonly whole: MapShape;
  /** Stays the caller's, as the workspace does. */
  readonly target: BufferSlice;
  /** The term's row of partial sums. */
  readonly partial: BufferSlice;
  readonly workspace: LossWorkspace;
  readonly kernels: TapKernels;
}

/** A loss where it stands: records all three steps over the whole map, or the form it has for these. */
export class WholeMapLoss implements TapLoss {
  readonly #options: WholeMapOptions;

  constructor(options: WholeMapOptions) {
    this.#options = options;
  }

  record(program: Program, { feature, gradient, accumulate }: Parameters<TapLoss['record']>[1]): void {
    const { loss, layer, whole, workspace } = this.#options;
    const told = { ...this.#options, part: { positions: whole.positions, feature }, gradient, accumulate };
    if (loss.form === 'pointwise') {
      loss.record(program, told);
      return;
    }
    const steps = { ...told, ...workspace.for(loss, whole), label: `${loss.name} ${layer}` };
    if (loss.wholeMap?.fits(whole) === true) {
      loss.wholeMap.record(program, { ...steps, feature });
      return;
    }
    loss.recordSums(program, steps);
    loss.recordCoefficients(program, steps);
    loss.recordGradient(program, steps);
  }
}
