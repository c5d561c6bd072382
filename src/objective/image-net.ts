/** The statistics of the pictures that the networks were trained on. */

import type { ChannelTriple } from '../kernels/normalise.ts';

/** Mean and standard deviation of ImageNet's RGB values in 0..1, as torchvision's VGG weights expect. */
export const imageNetMean: ChannelTriple = [0.485, 0.456, 0.406];
export const imageNetStd: ChannelTriple = [0.229, 0.224, 0.225];
