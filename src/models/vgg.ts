/**
 * The VGG family as layer tables: pure data and the questions one asks of it.
 *
 * Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (2015),
 * configurations D (VGG16) and E (VGG19); layer names as in the style-transfer literature (`conv4_2`, `relu4_2`, `pool4`).
 * Not here: weights, buffers, kernels.
 */

import { InputError } from '../core/errors.ts';

export type NetworkName = 'vgg16' | 'vgg19';

/** A 3x3 convolution, stride 1, zero padding 1, always followed by a ReLU. */
export interface ConvLayer {
  readonly kind: 'conv';
  /** `convX_Y`. */
  readonly name: string;
  /** `reluX_Y`, the name of the activation after it. */
  readonly reluName: string;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** A 2x2 pooling with stride 2; odd sizes are rounded down, as PyTorch does. */
export interface PoolLayer {
  readonly kind: 'pool';
  /** `poolX`. */
  readonly name: string;
  readonly channels: number;
}

export type Layer = ConvLayer | PoolLayer;

export const networkNames: readonly NetworkName[] = ['vgg16', 'vgg19'];

/** Edge of every VGG convolution's kernel. */
export const kernelSize = 3;

/** Output channels of each convolution, block by block. */
const blocks: Readonly<Record<NetworkName, readonly (readonly number[])[]>> = {
  vgg16: [
    [64, 64],
    [128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [512, 512, 512],
  ],
  vgg19: [
    [64, 64],
    [128, 128],
    [256, 256, 256, 256],
    [512, 512, 512, 512],
    [512, 512, 512, 512],
  ],
};

/** The layers of a network from the picture to `pool5`, in order. */
export function layersOf(network: NetworkName): readonly Layer[] {
  let inChannels = 3;
  return blocks[network].flatMap((widths, block): Layer[] => {
    const convolutions = widths.map((outChannels, index): ConvLayer => {
      const suffix = `${block + 1}_${index + 1}`;
      const layer: ConvLayer = {
        kind: 'conv',
        name: `conv${suffix}`,
        reluName: `relu${suffix}`,
        inChannels,
        outChannels,
      };
      inChannels = outChannels;
      return layer;
    });
    return [...convolutions, { kind: 'pool', name: `pool${block + 1}`, channels: inChannels }];
  });
}

/** The convolutions of a network, in order. */
export function convolutionsOf(network: NetworkName): readonly ConvLayer[] {
  return layersOf(network).filter((layer) => layer.kind === 'conv');
}

/** Every name that can be a tap: `convX_Y` (before the ReLU) and `reluX_Y` (after it), in order of depth. */
export function tapNamesOf(network: NetworkName): readonly string[] {
  return convolutionsOf(network).flatMap((layer) => [layer.name, layer.reluName]);
}

/**
 * The position of each convolution in torchvision's `features` list, by layer name.
 *
 * torchvision writes conv, ReLU per layer (conv, batch norm, ReLU with batch normalisation) and one pool per block.
 */
export function torchvisionIndices(network: NetworkName, batchNorm: boolean): ReadonlyMap<string, number> {
  const indices = new Map<string, number>();
  let position = 0;
  for (const layer of layersOf(network)) {
    if (layer.kind === 'conv') {
      indices.set(layer.name, position);
      position += batchNorm ? 3 : 2;
    } else {
      position += 1;
    }
  }
  return indices;
}

/** The smallest side a picture may have for a tap: each pool before it halves, and one pixel must be left. */
export function leastSideFor(network: NetworkName, taps: readonly string[]): number {
  return 2 ** layersUntil(network, taps).filter((layer) => layer.kind === 'pool').length;
}

/** The layers up to the deepest tap. @throws InputError for an unknown tap or none. */
export function layersUntil(network: NetworkName, taps: readonly string[]): readonly Layer[] {
  const known = tapNamesOf(network);
  const unknown = taps.find((tap) => !known.includes(tap));
  if (unknown !== undefined || taps.length === 0) {
    const problem = unknown === undefined ? 'no layer was named' : `${network} has no layer '${unknown}'`;
    throw new InputError(`${problem}; expected convX_Y or reluX_Y from ${known[0]} to ${known.at(-1)}`);
  }
  const layers = layersOf(network);
  const deepest = layers.findLastIndex(
    (layer) => layer.kind === 'conv' && (taps.includes(layer.name) || taps.includes(layer.reluName)),
  );
  return layers.slice(0, deepest + 1);
}
