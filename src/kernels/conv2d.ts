/**
 * conv2d, forward and backward-data: the door to its variants. Which ones can run a problem, which one is chosen, and recording with the
 * checks that all of them share.
 */

import { BufferScope, type BufferSlice } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { Program } from '../core/program.ts';
import { conv2dDirect } from './conv2d-direct.ts';
import type { Direction } from './conv2d-shape.ts';
import type { Conv2dOptions, Conv2dProblem, Conv2dVariant, ConvWeights } from './conv2d-variant.ts';
import { everyConv2dVariant } from './conv2d-variants.ts';
import { type Backend, chooseVariant, lanesOfBackend } from './family.ts';

export * from './conv2d-shape.ts';
export type { Conv2dOptions, Conv2dProblem, Conv2dVariant, ConvWeights, Epilogue } from './conv2d-variant.ts';

/** Every variant that can run a problem, `direct` first. `lanes` is the adapter's lane count, where it has one. */
export function conv2dVariants(problem: Conv2dProblem, lanes: number | undefined): readonly Conv2dVariant[] {
  return everyConv2dVariant.filter(
    (variant) => (variant.family !== 'lanes' || lanes !== undefined) && variant.fits(problem, lanes),
  );
}

/** What a table of measurements calls one direction of a layer; the name of a VGG layer says its shape and place. */
export function conv2dOperation(direction: Direction, layer: string): string {
  return `conv2d_${direction} ${layer}`;
}

/** Where memory is short, weights may take this much more than those of `direct`. */
const lowMemoryFactor = 2;

/** The variant of a problem on a backend; `layer` finds what was measured for it. */
export function chooseConv2dVariant(problem: Conv2dProblem, backend: Backend, layer?: string): Conv2dVariant {
  const mostBytes =
    backend.lowMemory === true ? lowMemoryFactor * conv2dDirect.weightBytes(problem) : Number.POSITIVE_INFINITY;
  const variants = conv2dVariants(problem, lanesOfBackend(backend)).filter(
    (variant) => variant.weightBytes(problem) <= mostBytes,
  );
  const operation = layer === undefined ? undefined : conv2dOperation(problem.direction, layer);
  const positions = problem.shape.inHeight * problem.shape.inWidth;
  return chooseVariant(backend, { problem, positions, operation }, variants);
}

/** Uploads weights in the form that a variant reads; `scope` owns them. */
export function uploadConv2dWeights(
  gpu: Gpu,
  scope: BufferScope,
  options: {
    readonly label: string;
    readonly variant: Conv2dVariant;
    readonly problem: Conv2dProblem;
    readonly weights: ConvWeights;
  },
): BufferSlice {
  const { label, variant, problem, weights } = options;
  const { values, transform } = variant.packWeights(problem, weights);
  if (transform === undefined) return scope.upload(label, values);
  // The untransformed copy lives only until the submit.
  using temporary = new BufferScope(gpu.buffers);
  using program = new Program(gpu, label);
  const uploaded = temporary.upload(`${label}, untransformed`, values);
  const weight = scope.allocate(label, variant.weightBytes(problem));
  transform(program, uploaded, weight);
  gpu.submit([program]);
  return weight;
}

/**
 * Records `output = act(conv(source) + bias)`, or backward `output = mask · (old + convᵀ(source))`.
 *
 * @throws ShapeError where weights or scratch are smaller than the variant needs.
 */
export function recordConv2d(program: Program, variant: Conv2dVariant, options: Conv2dOptions): void {
  const { label, shape, epilogue, weight, scratch } = options;
  const problem = { shape, direction: epilogue.direction };
  const weightBytes = variant.weightBytes(problem);
  if (weight.sizeBytes < weightBytes) {
    throw new ShapeError(`${label}: ${variant.name} reads ${weightBytes} bytes of weights, got ${weight.sizeBytes}`);
  }
  variant.scratchBytes(problem).forEach((bytes, index) => {
    if ((scratch[index]?.sizeBytes ?? -1) >= bytes) return;
    throw new ShapeError(`${label}: ${variant.name} lacks scratch buffer ${index + 1} of ${bytes} bytes`);
  });
  variant.record(program, options);
}
