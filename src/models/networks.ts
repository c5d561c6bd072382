/** The networks by name, and what is asked of one. */

import { googlenet, inceptionV3 } from './inception.ts';
import { type ConvLayer, convolutionsIn, type Layer, layersBehind, leastSideOf, tapNamesIn } from './layers.ts';
import { vgg } from './vgg.ts';

/** Each from the picture to its last layer. */
const tables = {
  vgg16: vgg('vgg16'),
  vgg19: vgg('vgg19'),
  googlenet: googlenet(),
  inception_v3: inceptionV3(),
} satisfies Readonly<Record<string, readonly Layer[]>>;

export type NetworkName = keyof typeof tables;

export const networkNames = Object.keys(tables) as readonly NetworkName[];

/** The layers of a network from the picture to its last, in order. */
export function layersOf(network: NetworkName): readonly Layer[] {
  return tables[network];
}

/** The convolutions of a network, in order. */
export function convolutionsOf(network: NetworkName): readonly ConvLayer[] {
  return convolutionsIn(layersOf(network));
}

/** Every name that can be a tap, in order of depth. */
export function tapNamesOf(network: NetworkName): readonly string[] {
  return tapNamesIn(layersOf(network));
}

/** The layers that taps depend on, in order. @throws InputError for an unknown tap or none. */
export function layersUntil(network: NetworkName, taps: readonly string[]): readonly Layer[] {
  return layersBehind(layersOf(network), network, taps);
}

/** The smallest side a picture may have for taps. @throws InputError for an unknown tap or none. */
export function leastSideFor(network: NetworkName, taps: readonly string[]): number {
  return leastSideOf(layersUntil(network, taps));
}
