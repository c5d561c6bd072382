/**
 * Style loss at a tap: `weight · mean((G − G*)²)` over the C² entries of the Gram matrices
 * `G = gramFactor / (C · positions) · FᵀF`.
 *
 * Source: Gatys et al. (2016), eq. 4. Opposed to the paper, G is divided by the number of elements of the map and the mean replaces
 * the sum over 4 C² N²; a uniform weight here is Gatys' released code with its 1 / C² (there G is divided by N only).
 */

import { BufferScope, type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import type { Gpu } from '../core/gpu.ts';
import type { Program } from '../core/program.ts';
import { type Backend, backendOf } from '../kernels/family.ts';
import {
  chooseGramVariant,
  type GramShape,
  gramScratchBytes,
  recordGramBackward,
  recordGramForward,
} from '../kernels/gram.ts';
import { recordMse } from '../kernels/mse.ts';

/** Factor of the Gram matrix: `gramFactor / (channels · positions)`. */
export function gramScale({ positions, channels }: GramShape, gramFactor: number): number {
  return gramFactor / (positions * channels);
}

/** Factor from `Σ (G − G*)²` to the weighted loss. */
export function styleLossScale(options: { readonly channels: number; readonly weight: number }): number {
  return options.weight / options.channels ** 2;
}

/** Bytes of a Gram matrix. */
export function gramBytes(channels: number): number {
  return channels ** 2 * bytesPerFloat;
}

/** Bytes of the workspace for these taps. */
export function styleWorkspaceBytes(shapes: readonly GramShape[], backend: Backend): number {
  return partialsBytes(shapes, backend) + 2 * largestGramBytes(shapes);
}

function partialsBytes(shapes: readonly GramShape[], backend: Backend): number {
  return Math.max(4, ...shapes.map((shape) => gramScratchBytes(shape, chooseGramVariant(shape.channels, backend))));
}

function largestGramBytes(shapes: readonly GramShape[]): number {
  return Math.max(4, ...shapes.map((shape) => gramBytes(shape.channels)));
}

/** What the style losses of an evaluation share, since they run one after the other. */
export class StyleWorkspace implements Disposable {
  /** Partial sums of a Gram matrix. */
  readonly partials: BufferSlice;
  /** G of the tap at work. */
  readonly gram: BufferSlice;
  /** Its gradient with all factors. */
  readonly gradGram: BufferSlice;
  readonly #scope: BufferScope;

  constructor(gpu: Gpu, shapes: readonly GramShape[]) {
    const largest = largestGramBytes(shapes);
    this.#scope = new BufferScope(gpu.buffers);
    this.partials = this.#scope.allocate('gram partials', partialsBytes(shapes, backendOf(gpu)));
    this.gram = this.#scope.allocate('gram', largest);
    this.gradGram = this.#scope.allocate('gram gradient', largest);
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

/** Records the Gram matrix of a style picture's feature map into `target`, [C, C]. */
export function recordStyleTarget(
  program: Program,
  options: {
    readonly label: string;
    readonly feature: BufferSlice;
    readonly shape: GramShape;
    readonly gramFactor: number;
    readonly workspace: StyleWorkspace;
    readonly target: BufferSlice;
  },
): void {
  const { label, feature, shape, workspace } = options;
  recordGramForward(program, {
    variant: chooseGramVariant(shape.channels, backendOf(program.gpu)),
    shape,
    feature,
    scratch: workspace.partials,
    output: options.target,
    scale: gramScale(shape, options.gramFactor),
    label,
  });
}

export interface StyleLossOptions {
  readonly label: string;
  readonly shape: GramShape;
  /** G*, [C, C]; stays the caller's. */
  readonly target: BufferSlice;
  readonly weight: number;
  readonly gramFactor: number;
  readonly workspace: StyleWorkspace;
  /** This term's row of partial sums. */
  readonly partial: BufferSlice;
}

export class StyleLoss {
  readonly #options: StyleLossOptions;

  constructor(options: StyleLossOptions) {
    this.#options = options;
  }

  /**
   * Records the partial sums of the value and `gradient = old + 4 · weight · s / C² · F (G − G*)`, s being the Gram's factor
   * (Gatys et al. 2016, eq. 6; the map is post-ReLU already).
   */
  record(
    program: Program,
    { feature, gradient, accumulate }: { feature: BufferSlice; gradient: BufferSlice; accumulate: boolean },
  ): void {
    const { label, shape, target, workspace, partial, gramFactor } = this.#options;
    const { gram, gradGram } = workspace;
    const { channels } = shape;
    recordStyleTarget(program, { label, feature, shape, gramFactor, workspace, target: gram });
    const matrix = { sizeBytes: gramBytes(channels), offsetBytes: 0 };
    recordMse(program, {
      input: { ...matrix, buffer: gram.buffer },
      reference: target,
      gradient: { ...matrix, buffer: gradGram.buffer },
      partial,
      values: channels ** 2,
      // 2 · scale of the loss from the square, 2 · scale of the Gram from FᵀF.
      scale: 4 * styleLossScale({ channels, weight: this.#options.weight }) * gramScale(shape, gramFactor),
      accumulate: false,
    });
    const variant = chooseGramVariant(channels, backendOf(program.gpu));
    recordGramBackward(program, { variant, shape, feature, gradGram, gradFeature: gradient, accumulate, label });
  }
}
