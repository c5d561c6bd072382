/**
 * The kernels of a network, chosen once for a pass: of each convolution in both directions, and of the Gram matrix at each tap. Made together
 * with the weights, whose form depends on it, and handed to whoever plans, records or reports. Pure.
 */

import { ShapeError } from '../core/errors.ts';
import { type Conv2dShape, type Conv2dVariant, chooseConv2dVariant, type Direction } from '../kernels/conv2d.ts';
import type { Backend } from '../kernels/family.ts';
import { chooseGramVariant, type GramVariant } from '../kernels/gram.ts';
import type { ConvLayer } from './layers.ts';
import type { Pass } from './pass.ts';

/** A convolution with its kernels. */
export interface LayerKernels {
  readonly layer: ConvLayer;
  /** At the size that they were chosen for. They run at any other. */
  readonly shape: Conv2dShape;
  readonly variants: Readonly<Record<Direction, Conv2dVariant>>;
}

export class ChosenKernels {
  /** Those that the pass goes through. */
  readonly directions: readonly Direction[];
  readonly #layers: ReadonlyMap<string, LayerKernels>;
  readonly #grams: ReadonlyMap<string, GramVariant>;

  constructor(
    directions: readonly Direction[],
    layers: ReadonlyMap<string, LayerKernels>,
    grams: ReadonlyMap<string, GramVariant>,
  ) {
    this.directions = directions;
    this.#layers = layers;
    this.#grams = grams;
  }

  /** Every convolution of the pass, in order. */
  get layers(): readonly LayerKernels[] {
    return [...this.#layers.values()];
  }

  /** @throws ShapeError for a layer that the pass did not reach. */
  conv2d(layer: string, direction: Direction): Conv2dVariant {
    return found(this.#layers, layer).variants[direction];
  }

  /** Of the losses at a tap. @throws ShapeError for what was no tap of the pass. */
  tap(name: string): { readonly gram: GramVariant } {
    return { gram: found(this.#grams, name) };
  }
}

function found<Value>(chosen: ReadonlyMap<string, Value>, name: string): Value {
  const value = chosen.get(name);
  if (value === undefined) {
    throw new ShapeError(
      `no kernels were chosen for '${name}'; ${[...chosen.keys()].at(-1)} is the last that has some`,
    );
  }
  return value;
}

/** Chooses for the layers and taps of a pass at its size. */
export function chooseKernels(pass: Pass, backend: Backend): ChosenKernels {
  const layers = new Map<string, LayerKernels>();
  for (const step of pass.steps) {
    if (step.kind !== 'convForward') continue;
    const { layer, shape, output } = step;
    const variant = (direction: Direction) => {
      const makesHalf = direction === 'forward' && output.element === 'f16';
      return chooseConv2dVariant({ shape, direction, makesHalf }, backend, layer.name);
    };
    layers.set(layer.name, { layer, shape, variants: { forward: variant('forward'), backward: variant('backward') } });
  }
  const grams = Array.from(pass.taps, ([tap, { height, width, channels }]) => {
    return [tap, chooseGramVariant({ positions: height * width, channels }, backend)] as const;
  });
  const goesBack = pass.steps.some(({ kind }) => kind === 'convBackward');
  return new ChosenKernels(goesBack ? ['forward', 'backward'] : ['forward'], layers, new Map(grams));
}
