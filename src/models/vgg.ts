/**
 * The VGG family as layer tables: pure data and the questions one asks of it.
 *
 * Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (2015),
 * configurations D (VGG16) and E (VGG19); layer names as in the style-transfer literature (`conv4_2`, `relu4_2`, `pool4`).
 * Not here: weights, buffers, kernels.
 */

import { type Layer, LayerTable } from './layers.ts';

export const vggNames = ['vgg16', 'vgg19'] as const;

export type VggName = (typeof vggNames)[number];

/** Edge of every VGG convolution's kernel. */
export const kernelSize = 3;

/** Output channels of each convolution, block by block. */
const blocks: Readonly<Record<VggName, readonly (readonly number[])[]>> = {
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

/** The layers from the picture to `pool5`: 3x3 convolutions that keep the size, pools of 2x2 that halve it, rounded down as PyTorch does. */
export function vgg(network: VggName): readonly Layer[] {
  const table = new LayerTable();
  blocks[network].forEach((widths, block) => {
    widths.forEach((outChannels, index) => {
      const suffix = `${block + 1}_${index + 1}`;
      table.conv(`conv${suffix}`, outChannels, kernelSize, { reluName: `relu${suffix}`, padding: 1 });
    });
    table.pool(`pool${block + 1}`, 2, { stride: 2 });
  });
  return table.layers;
}

/**
 * The position of each convolution in torchvision's `features` list, by layer name.
 *
 * torchvision writes conv, ReLU per layer (conv, batch norm, ReLU with batch normalisation) and one pool per block.
 */
export function torchvisionIndices(network: VggName, batchNorm: boolean): ReadonlyMap<string, number> {
  const indices = new Map<string, number>();
  let position = 0;
  for (const layer of vgg(network)) {
    if (layer.kind === 'conv') {
      indices.set(layer.name, position);
      position += batchNorm ? 3 : 2;
    } else {
      position += 1;
    }
  }
  return indices;
}
