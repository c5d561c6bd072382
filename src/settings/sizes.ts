/** Longest sides of pictures in pixels: which there may be, and which are taken where none is asked for. */

import { leastSideFor, type NetworkName } from '../models/networks.ts';

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

/** Where none is asked for: what a few minutes on a CPU, or a few seconds on a GPU, are enough for. */
const usualSizes = { gpu: 512, software: 256 } as const;

/** What is measured: usual runs as far as a few minutes allow, and where runs over several scales spend most evaluations. */
const measuredSizes = { gpu: [128, 512], software: [64, 128] } as const;

interface Adapter {
  readonly isSoftware: boolean;
}

export function usualSize({ isSoftware }: Adapter): number {
  return usualSizes[isSoftware ? 'software' : 'gpu'];
}

/** Sides of the squares that `tune` measures for, in order. */
export function tuneSizes({ isSoftware }: Adapter): readonly number[] {
  return measuredSizes[isSoftware ? 'software' : 'gpu'];
}

/** For a help text. */
export function describeUsualSize(): string {
  return `${usualSizes.gpu} on a GPU, ${usualSizes.software} on the CPU`;
}

/** For a help text. */
export function describeTuneSizes(): string {
  const { gpu, software } = measuredSizes;
  return `${gpu.join(', then ')} on a GPU; ${software.join(', then ')} on the CPU`;
}
