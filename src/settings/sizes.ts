/** Longest sides of pictures in pixels: which there may be, and which are taken where none is asked for. */

/** A picture below this longest side shows nothing that a network could compare. */
export const leastSide = 16;

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
