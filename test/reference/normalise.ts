/** The step between picture and network in f64. */

import type { ChannelTriple } from '../../src/kernels/normalise.ts';

/** output[i,c] = input[i,c] · scale_c + offset_c, output[i,3] = 0. Layout: [pixels, 3] to [pixels, 4]. */
export function normaliseForward(input: Float64Array, scale: ChannelTriple, offset: ChannelTriple): Float64Array {
  const pixels = input.length / 3;
  return Float64Array.from({ length: pixels * 4 }, (_, index) => {
    const channel = index % 4;
    const value = input[Math.floor(index / 4) * 3 + channel] ?? 0;
    return channel === 3 ? 0 : value * (scale[channel] ?? 0) + (offset[channel] ?? 0);
  });
}

/** gradInput[i,c] = gradOutput[i,c] · scale_c for c < 3. Layout: [pixels, 4] to [pixels, 3]. */
export function normaliseBackward(gradOutput: Float64Array, scale: ChannelTriple): Float64Array {
  const pixels = gradOutput.length / 4;
  return Float64Array.from({ length: pixels * 3 }, (_, index) => {
    const channel = index % 3;
    return (gradOutput[Math.floor(index / 3) * 4 + channel] ?? 0) * (scale[channel] ?? 0);
  });
}
