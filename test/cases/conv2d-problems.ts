/** The problems of conv2d: one control, then one axis at a time, then VGG's layers on small maps. */

import type { Conv2dShape } from '../../src/kernels/conv2d.ts';

export interface ForwardProblem {
  readonly shape: Conv2dShape;
  readonly relu: boolean;
  /** Range of the bias; −1 to 1 when absent. */
  readonly bias?: readonly [number, number];
}

export interface BackwardProblem {
  readonly shape: Conv2dShape;
  readonly accumulate: boolean;
  readonly mask: boolean;
}

const control: Conv2dShape = {
  inHeight: 5,
  inWidth: 7,
  inChannels: 8,
  outChannels: 8,
  kernelHeight: 3,
  kernelWidth: 3,
  stride: 1,
  padding: 1,
  paddingMode: 'zeros',
};

const square = (kernelSize: number): Partial<Conv2dShape> => ({ kernelHeight: kernelSize, kernelWidth: kernelSize });

const map = (inHeight: number, inWidth: number): Partial<Conv2dShape> => ({ inHeight, inWidth });

const channels = (inChannels: number, outChannels: number): Partial<Conv2dShape> => ({ inChannels, outChannels });

/** Each differs from the control in one respect (or in two that belong together). */
const axes: readonly Partial<Conv2dShape>[] = [
  {},
  ...[1, 3, 4, 5, 64].map((count) => channels(count, 8)),
  ...[1, 3, 4, 5, 64].map((count) => channels(8, count)),
  channels(3, 5),
  map(1, 1),
  map(1, 7),
  map(5, 1),
  map(2, 2),
  map(8, 12),
  map(13, 9),
  // Kernels: a point, even, larger than the map without its padding, rectangular as in Inception.
  { ...square(1), padding: 0 },
  { ...square(1), padding: 2 },
  { ...square(2), padding: 0 },
  { ...square(2) },
  { ...square(5), padding: 2 },
  { ...square(7), padding: 3, ...map(3, 4) },
  { kernelHeight: 1, kernelWidth: 7, padding: 0, ...map(5, 9) },
  { kernelHeight: 1, kernelWidth: 7, padding: 3 },
  { kernelHeight: 7, kernelWidth: 1, padding: 3 },
  { kernelHeight: 1, kernelWidth: 7, padding: [0, 3] },
  { kernelHeight: 7, kernelWidth: 1, padding: [3, 0], ...map(2, 3) },
  { kernelHeight: 3, kernelWidth: 5, padding: [2, 1], stride: 2, ...map(9, 8) },
  // Padding: none, more than one, so much that whole taps see nothing.
  { padding: 0 },
  { padding: 2 },
  { padding: 4 },
  // Strides: rows and columns left over at the far edge, larger than the kernel, inputs that no output reads.
  { stride: 2 },
  { stride: 2, padding: 0, ...map(6, 8) },
  { stride: 3, ...map(11, 10) },
  { stride: 3, ...square(1), padding: 0 },
  { stride: 2, ...square(5), padding: 2, ...map(9, 6), ...channels(3, 5) },
  // Replicated edges: corners, a map of one pixel, wider than the map.
  { paddingMode: 'replicate' },
  { paddingMode: 'replicate', ...map(1, 1) },
  { paddingMode: 'replicate', ...map(1, 6) },
  { paddingMode: 'replicate', padding: 3 },
  { paddingMode: 'replicate', padding: 5, ...map(2, 3) },
  { paddingMode: 'replicate', stride: 2, ...channels(3, 5) },
  { paddingMode: 'replicate', stride: 3, padding: 2 },
  { paddingMode: 'replicate', ...square(1), padding: 2 },
  { paddingMode: 'replicate', kernelHeight: 1, kernelWidth: 7, padding: 3 },
];

/** Some channels of a map that has more: the first, some between, the last; under kernels of every kind. */
const places: readonly Partial<Conv2dShape>[] = [
  { place: { first: 0, of: 24 } },
  { place: { first: 12, of: 24 } },
  { ...square(1), padding: 0, ...channels(24, 16), place: { first: 16, of: 32 } },
  { ...square(1), padding: 0, ...channels(24, 80), ...map(9, 6), place: { first: 48, of: 176 } },
  { ...channels(8, 72), ...map(9, 6), place: { first: 64, of: 160 } },
  { kernelHeight: 7, kernelWidth: 1, padding: [3, 0], ...channels(16, 24), place: { first: 8, of: 40 } },
  { stride: 2, padding: 0, ...map(9, 8), ...channels(12, 16), place: { first: 4, of: 20 } },
];

/** Layers of networks with branches: channels that fill no whole block of a product, points, rows and columns, strides. */
const branchLayers: readonly Partial<Conv2dShape>[] = [
  { ...square(1), padding: 0, ...channels(192, 48), ...map(6, 5) },
  { ...square(1), padding: 0, ...channels(64, 80), ...map(17, 13) },
  { ...square(3), padding: 0, ...channels(80, 192), ...map(7, 6) },
  { ...square(3), padding: [2, 0], ...channels(16, 64), ...map(9, 6), place: { first: 64, of: 144 } },
  { ...square(3), padding: 0, stride: 2, ...channels(96, 96), ...map(8, 7) },
  { ...square(5), padding: 2, ...channels(48, 64), ...map(7, 6) },
  { kernelHeight: 1, kernelWidth: 7, padding: [0, 3], ...channels(128, 192), ...map(5, 6) },
  { ...square(7), padding: 3, stride: 2, ...channels(3, 64), ...map(12, 9) },
];

/** The control and its variations, for tests with measures of their own. */
export const axisShapes: readonly Conv2dShape[] = axes.map((change) => ({ ...control, ...change }));

/** Sizes on both sides of Winograd's tile of 4, one to several tile rows. */
const winogradMaps: readonly Partial<Conv2dShape>[] = [
  map(1, 1),
  map(1, 5),
  map(2, 2),
  map(3, 3),
  map(4, 4),
  map(4, 5),
  map(5, 4),
  map(7, 8),
  map(8, 7),
  map(9, 1),
  map(9, 13),
  map(17, 6),
  map(21, 3),
];

/** VGG's layers on the maps of a small picture, and on the smallest maps that a network may meet. */
const vggLayers: readonly Partial<Conv2dShape>[] = [
  { ...channels(3, 64), ...map(32, 24) },
  { ...channels(64, 64), ...map(32, 24) },
  { ...channels(128, 256), ...map(16, 12) },
  { ...channels(512, 512), ...map(8, 6) },
  { ...channels(512, 512), ...map(2, 3) },
  { ...channels(512, 512), ...map(1, 1) },
];

const shapeOf = (change: Partial<Conv2dShape>): Conv2dShape => ({ ...control, ...change });

export const forwardProblems: readonly ForwardProblem[] = [
  ...axes.map((change) => ({ shape: shapeOf(change), relu: false })),
  { shape: control, relu: true },
  { shape: shapeOf({ ...channels(3, 5), paddingMode: 'replicate' }), relu: true },
  // Nothing survives the ReLU; everything does.
  { shape: control, relu: true, bias: [-200, -100] },
  { shape: control, relu: true, bias: [100, 200] },
  // A NaN goes through the ReLU, so that a picture that has left the finite numbers shows in the loss.
  { shape: shapeOf(channels(8, 64)), relu: true, bias: [Number.NaN, Number.NaN] },
  // Fewer input channels than the matrix product's block is deep, one more than its smaller block, three blocks.
  ...[8, 72, 264].map((depth) => ({ shape: shapeOf({ ...channels(depth, 64), ...map(6, 5) }), relu: true })),
  { shape: shapeOf({ ...channels(8, 192), ...map(6, 5) }), relu: false },
  ...winogradMaps.map((change) => ({ shape: shapeOf({ ...channels(8, 64), ...change }), relu: true })),
  { shape: shapeOf({ ...channels(8, 64), ...map(9, 13) }), relu: false },
  ...vggLayers.map((change) => ({ shape: shapeOf(change), relu: true })),
  ...[...places, ...branchLayers].map((change) => ({ shape: shapeOf(change), relu: true })),
];

export const backwardProblems: readonly BackwardProblem[] = [
  ...axes.map((change) => ({ shape: shapeOf(change), accumulate: false, mask: false })),
  ...places.map((change) => ({ shape: shapeOf(change), accumulate: true, mask: true })),
  ...branchLayers.map((change) => ({ shape: shapeOf(change), accumulate: true, mask: false })),
  { shape: control, accumulate: true, mask: false },
  { shape: control, accumulate: false, mask: true },
  { shape: control, accumulate: true, mask: true },
  { shape: shapeOf({ ...channels(3, 5), paddingMode: 'replicate' }), accumulate: true, mask: true },
  { shape: shapeOf({ ...channels(3, 5), stride: 2 }), accumulate: true, mask: true },
  ...[8, 72, 264].map((depth) => ({
    shape: shapeOf({ ...channels(64, depth), ...map(6, 5) }),
    accumulate: false,
    mask: false,
  })),
  ...winogradMaps.map((change) => ({
    shape: shapeOf({ ...channels(64, 8), ...change }),
    accumulate: true,
    mask: true,
  })),
  { shape: shapeOf({ ...channels(64, 8), ...map(9, 13) }), accumulate: true, mask: false },
  { shape: shapeOf({ ...channels(64, 8), ...map(9, 13) }), accumulate: false, mask: true },
  ...vggLayers.map((change) => ({ shape: shapeOf(change), accumulate: true, mask: true })),
];

/** Above 65535 workgroups along x, where the grid folds into y: every value of the picture is checked. Slow, hence apart. */
export const foldedForward: ForwardProblem = {
  shape: shapeOf({ ...channels(1, 1), ...map(64, 64), ...square(1), padding: 993, paddingMode: 'replicate' }),
  relu: false,
};

export const foldedBackward: BackwardProblem = {
  shape: shapeOf({ ...channels(1, 1), ...map(2050, 2050), ...square(1), padding: 0, stride: 1024 }),
  accumulate: true,
  mask: false,
};
