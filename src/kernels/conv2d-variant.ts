/**
 * What a variant of conv2d is: one value that says which problems it can run, in what form it reads the weights, what scratch it
 * takes, and how it is recorded. `conv2d-variants.ts` lists them; each family's file makes its own.
 *
 * Layout: NHWC with channels padded to a multiple of 4; host weights are PyTorch's OIHW.
 */

import type { BufferSlice } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Program } from '../core/program.ts';
import type { Conv2dShape, Direction } from './conv2d-shape.ts';
import type { Variant } from './family.ts';

/** One direction of a convolution. */
export interface Conv2dProblem {
  readonly shape: Conv2dShape;
  readonly direction: Direction;
  /** The output is stored as f16, so that no sum may rest in it. */
  readonly makesHalf?: boolean;
}

/** A convolution's weights on the host: weight [out, in, kh, kw] as PyTorch has it, bias [out]. */
export interface ConvWeights {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** Weights on their way to the device. */
export interface PackedWeights {
  /** What is uploaded. */
  readonly values: Float32Array<ArrayBuffer>;
  /** Records the making, once, of what the kernels read from what was uploaded; absent where they read it as it is. */
  readonly transform?: (program: Program, uploaded: BufferSlice, weight: BufferSlice) => void;
}

/** What follows the sum: `act(sum + bias)` forward, `mask · (old + sum)` backward. */
export type Epilogue =
  | { readonly direction: 'forward'; readonly bias: BufferSlice; readonly relu: boolean }
  | {
      readonly direction: 'backward';
      /** Adds to what a loss has written. */
      readonly accumulate: boolean;
      /** The input of the convolution where it is a ReLU's output, whose mask applies; absent for none. */
      readonly activation?: BufferSlice | undefined;
    };

export interface Conv2dOptions {
  readonly label: string;
  readonly shape: Conv2dShape;
  /** What is read: forward the layer's input, backward the gradient of its output. */
  readonly source: BufferSlice;
  /** What is made: forward the layer's output, backward the gradient of its input. */
  readonly output: BufferSlice;
  /** As the variant's `packWeights` made it. */
  readonly weight: BufferSlice;
  /** As many buffers as `scratchBytes` says, of at least those sizes. */
  readonly scratch: readonly BufferSlice[];
  readonly epilogue: Epilogue;
}

export interface Conv2dVariant extends Variant<Conv2dProblem> {
  /** Whether it can run a problem on an adapter of its family; `lanes` is the adapter's lane count, where it has one. */
  fits(problem: Conv2dProblem, lanes: number | undefined): boolean;
  /** Bytes of the weights as it reads them. */
  weightBytes(problem: Conv2dProblem): number;
  packWeights(problem: Conv2dProblem, weights: ConvWeights): PackedWeights;
  /** Bytes of each scratch buffer that it takes. */
  scratchBytes(problem: Conv2dProblem): readonly number[];
  /** Records one direction. `recordConv2d` is for callers. */
  record(program: Program, options: Conv2dOptions): void;
  /**
   * For tests, of a variant that cuts large maps into bands: the same in bands of so many rows of what it counts them in. Undefined for a map
   * that has no more than these.
   */
  inBands?(rows: number, shape: Conv2dShape): Conv2dVariant | undefined;
}

/** Members of `struct Params` for the flags of an epilogue, in the order of every shader that has them. */
export const epilogueParams = { bias: 'u32', relu: 'u32', accumulate: 'u32', mask: 'u32' } as const;

/** The flags of an epilogue, for kernels that serve both directions. */
export function epilogueFlags(epilogue: Epilogue) {
  const isForward = epilogue.direction === 'forward';
  return {
    bias: Number(isForward),
    relu: Number(isForward && epilogue.relu),
    accumulate: Number(!isForward && epilogue.accumulate),
    mask: Number(!isForward && epilogue.activation !== undefined),
  };
}

/** Its buffers. A binding cannot be left out; `standIn` takes the place of what the flags switch off, and is never read there. */
export function epilogueBindings(epilogue: Epilogue, standIn: BufferSlice) {
  if (epilogue.direction === 'forward') return { bias: epilogue.bias, activation: standIn };
  return { bias: standIn, activation: epilogue.activation ?? standIn };
}

/** A scratch buffer of a variant that takes some. @throws ShapeError where the caller brought fewer. */
export function scratchOf({ label, scratch }: Pick<Conv2dOptions, 'label' | 'scratch'>, index: number): BufferSlice {
  const slice = scratch[index];
  if (slice === undefined) throw new ShapeError(`${label}: scratch buffer ${index + 1} is missing`);
  return slice;
}
