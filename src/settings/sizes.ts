/** Longest sides of pictures in pixels: which there may be, and which are taken where none is asked for. */

import { leastSideFor, type NetworkName } from '../models/vgg.ts';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** A picture below this longest side shows nothing that a network could compare. */
export const leastSide = 16;

/** The least longest side at which no picture of these shapes is too small for the deepest of the taps; at least {@link leastSide}. */
export function leastLongestSide(
  network: NetworkName,
  taps: readonly string[],
  shapes: readonly PictureSize[],
): number {
  const aspects = shapes.map(({ width, height }) => Math.max(width, height) / Math.min(width, height));
  return Math.max(leastSide, Math.ceil(leastSideFor(network, taps) * Math.max(...aspects)));
}

/** Sides that may be asked for. */
export const sideRange = { from: leastSide, to: 16_384, whole: true } as const;

/** What a few minutes on a CPU, or a few seconds on a GPU, are enough for. */
const usualSizes = {
  run: { gpu: 512, software: 256 },
  tune: { gpu: 512, software: 128 },
} as const;

export function usualSize(of: keyof typeof usualSizes, adapter: { readonly isSoftware: boolean }): number {
  return usualSizes[of][adapter.isSoftware ? 'software' : 'gpu'];
}

/** For a help text. */
export function describeUsualSize(of: keyof typeof usualSizes): string {
  const { gpu, software } = usualSizes[of];
  return `${gpu} on a GPU, ${software} on the CPU`;
}
