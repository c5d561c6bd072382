/**
 * The Gram matrix of a feature map, `G = scale · FᵀF`, F being the map as [positions, channels], and its backward pass
 * `dF = F · gradGram`: the door to its variants. The sum over positions is cut into chunks (split-K) that a second pass adds in order.
 *
 * Source: Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks" (2016), eq. 3 and 6.
 */

import { ShapeError } from '../core/errors.ts';
import type { Program } from '../core/program.ts';
import { type Backend, chooseVariant, lanesOfBackend } from './family.ts';
import { gramDirect } from './gram-direct.ts';
import { gramLanes, gramTiles } from './gram-product.ts';
import type { GramBackwardOptions, GramForwardOptions, GramShape, GramVariant } from './gram-variant.ts';

export type { GramShape, GramVariant } from './gram-variant.ts';

/** Every variant, `direct` first. */
export const everyGramVariant: readonly GramVariant[] = [gramDirect, gramLanes, ...gramTiles];

/** What a table of measurements calls the Gram matrix of so many channels and its backward pass. */
export function gramOperation(channels: number): string {
  return `gram ${channels}`;
}

/** Every variant for a shape, `direct` first. `lanes` is the adapter's lane count, where it has one. */
export function gramVariants(shape: GramShape, lanes: number | undefined): readonly GramVariant[] {
  return everyGramVariant.filter(
    (variant) => (variant.family !== 'lanes' || lanes !== undefined) && variant.fits(shape),
  );
}

/** The variant on a backend. */
export function chooseGramVariant(shape: GramShape, backend: Backend): GramVariant {
  const variants = gramVariants(shape, lanesOfBackend(backend));
  const operation = gramOperation(shape.channels);
  return chooseVariant(backend, { problem: shape, positions: shape.positions, operation }, variants);
}

/** Records `output = scale · FᵀF`. @throws ShapeError where the scratch is smaller than the variant needs. */
export function recordGramForward(program: Program, variant: GramVariant, options: GramForwardOptions): void {
  const needed = variant.scratchBytes(options.shape);
  const { sizeBytes } = options.scratch;
  if (sizeBytes < needed) {
    throw new ShapeError(
      `${options.label ?? 'gram'}: ${variant.name} takes ${needed} bytes of scratch, got ${sizeBytes}`,
    );
  }
  variant.recordForward(program, options);
}

/** Records `gradFeature = old + F · gradGram`. */
export function recordGramBackward(program: Program, variant: GramVariant, options: GramBackwardOptions): void {
  variant.recordBackward(program, options);
}
