/** maxpool2d and avgpool2d in f64: windows of kernel x kernel side by side, incomplete ones at the far edges dropped. */

import type { Pool2dShape, Pooling } from '../../src/kernels/pool2d.ts';

/** Calls `visit` for every whole window and channel: the output's index, and the input's indices in scan order. */
function forEachWindow(shape: Pool2dShape, visit: (output: number, inputs: readonly number[]) => void): void {
  const { inHeight, inWidth, channels, kernelSize } = shape;
  const outHeight = Math.floor(inHeight / kernelSize);
  const outWidth = Math.floor(inWidth / kernelSize);
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      for (let c = 0; c < channels; c++) {
        const inputs: number[] = [];
        for (let ky = 0; ky < kernelSize; ky++) {
          for (let kx = 0; kx < kernelSize; kx++) {
            inputs.push(((y * kernelSize + ky) * inWidth + x * kernelSize + kx) * channels + c);
          }
        }
        visit((y * outWidth + x) * channels + c, inputs);
      }
    }
  }
}

/** The first of `positions`, in their order, whose value no other one exceeds; the last NaN where there is one, as in PyTorch. */
function firstMaximum(input: Float64Array, positions: readonly number[]): number {
  const values = positions.map((position) => input[position] ?? 0);
  const last = values.findLastIndex(Number.isNaN);
  return positions[last < 0 ? values.indexOf(Math.max(...values)) : last] ?? 0;
}

/** output[y,x,c] = max or mean of input[·,·,c] over the window at (y·k, x·k). Layout: [H, W, C] to [⌊H/k⌋, ⌊W/k⌋, C]. */
export function pool2dForward(pooling: Pooling, shape: Pool2dShape, input: Float64Array): Float64Array {
  const { inHeight, inWidth, channels, kernelSize } = shape;
  const output = new Float64Array(Math.floor(inHeight / kernelSize) * Math.floor(inWidth / kernelSize) * channels);
  forEachWindow(shape, (out, inputs) => {
    const sum = inputs.reduce((total, position) => total + (input[position] ?? 0), 0);
    output[out] = pooling === 'max' ? (input[firstMaximum(input, inputs)] ?? 0) : sum / inputs.length;
  });
  return output;
}

/**
 * gradInput = mask · (old + routed gradOutput): the maximum sends a window's gradient to its first maximum in scan order
 * (row, then column), the average a k²-th of it to every member; values outside whole windows get nothing.
 *
 * Layout as forward; mask is 1 where input > 0, else 0, and all 1 unless `mask`.
 */
export function pool2dBackward(options: {
  readonly pooling: Pooling;
  readonly shape: Pool2dShape;
  readonly input: Float64Array;
  readonly gradOutput: Float64Array;
  readonly old?: Float64Array | undefined;
  readonly mask: boolean;
}): Float64Array {
  const { pooling, shape, input, gradOutput, old, mask } = options;
  const gradInput = new Float64Array(input.length);
  forEachWindow(shape, (out, inputs) => {
    const gradient = gradOutput[out] ?? 0;
    const receivers = pooling === 'max' ? [firstMaximum(input, inputs)] : inputs;
    for (const position of receivers) {
      gradInput[position] = gradient / receivers.length;
    }
  });
  return gradInput.map((value, index) => (mask && !((input[index] ?? 0) > 0) ? 0 : value + (old?.[index] ?? 0)));
}
