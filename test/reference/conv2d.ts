/** conv2d in f64, by its definition: the meaning every kernel is held to. */

import type { Conv2dShape } from '../../src/kernels/conv2d.ts';

/** Where output position `out` and tap `tap` read along an axis of `size`; undefined where that is padding by zeros. */
function readPosition(
  { stride, paddingMode }: Conv2dShape,
  { out, tap, size, padding }: { out: number; tap: number; size: number; padding: number },
): number | undefined {
  const position = out * stride + tap - padding;
  if (position >= 0 && position < size) return position;
  return paddingMode === 'replicate' ? Math.min(Math.max(position, 0), size - 1) : undefined;
}

/** Height and width of the output, of each ⌊(size + 2·padding − kernel) / stride⌋ + 1. */
function outputSize(shape: Conv2dShape): readonly [height: number, width: number] {
  const [rows, columns] = paddingOf(shape);
  const along = (size: number, kernel: number, padding: number): number =>
    Math.floor((size + 2 * padding - kernel) / shape.stride) + 1;
  return [along(shape.inHeight, shape.kernelHeight, rows), along(shape.inWidth, shape.kernelWidth, columns)];
}

/** Rows and columns of padding. */
function paddingOf({ padding }: Conv2dShape): readonly [rows: number, columns: number] {
  return typeof padding === 'number' ? [padding, padding] : padding;
}

/** Calls `visit` for every product of the convolution, with the offsets of its input pixel, output pixel and tap. */
function forEachTap(
  shape: Conv2dShape,
  visit: (inPixel: number, outPixel: number, ky: number, kx: number) => void,
): void {
  const [outHeight, outWidth] = outputSize(shape);
  const [rows, columns] = paddingOf(shape);
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      for (let ky = 0; ky < shape.kernelHeight; ky++) {
        for (let kx = 0; kx < shape.kernelWidth; kx++) {
          const inY = readPosition(shape, { out: y, tap: ky, size: shape.inHeight, padding: rows });
          const inX = readPosition(shape, { out: x, tap: kx, size: shape.inWidth, padding: columns });
          if (inY !== undefined && inX !== undefined) {
            visit(inY * shape.inWidth + inX, y * outWidth + x, ky, kx);
          }
        }
      }
    }
  }
}

/**
 * output[y,x,o] = act(bias[o] + Σ_{ky,kx,c} input[y·s+ky−p, x·s+kx−p, c] · weight[o,c,ky,kx])
 *
 * Layout: input [H, W, C] and output [H', W', O] without padding channels, weight as PyTorch's [O, C, kh, kw]. Outside the
 * picture the input is 0, or its nearest edge value where the padding replicates. act is ReLU or the identity.
 */
export function conv2dForward(options: {
  readonly shape: Conv2dShape;
  readonly input: Float64Array;
  readonly weight: Float64Array;
  readonly bias: Float64Array;
  readonly relu: boolean;
}): Float64Array {
  const { shape, input, weight, bias, relu } = options;
  const { inChannels, outChannels, kernelHeight, kernelWidth } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const pixels = outHeight * outWidth;
  const output = Float64Array.from({ length: pixels * outChannels }, (_, index) => bias[index % outChannels] ?? 0);
  forEachTap(shape, (inPixel, outPixel, ky, kx) => {
    for (let o = 0; o < outChannels; o++) {
      let sum = 0;
      for (let c = 0; c < inChannels; c++) {
        const w = ((o * inChannels + c) * kernelHeight + ky) * kernelWidth + kx;
        sum += (input[inPixel * inChannels + c] ?? 0) * (weight[w] ?? 0);
      }
      output[outPixel * outChannels + o] = (output[outPixel * outChannels + o] ?? 0) + sum;
    }
  });
  return relu ? output.map((value) => Math.max(value, 0)) : output;
}

/**
 * gradInput = mask · (old + convᵀ(gradOutput)): every product of the forward pass sends gradOutput · weight back to the
 * input value it read, edge values that stood for padding included.
 *
 * Layout as forward; `old` (0 when absent) and `activation` are [H, W, C]. mask is 1 where activation > 0, else 0; all 1
 * without an activation.
 */
export function conv2dBackward(options: {
  readonly shape: Conv2dShape;
  readonly gradOutput: Float64Array;
  readonly weight: Float64Array;
  readonly old?: Float64Array | undefined;
  readonly activation?: Float64Array | undefined;
}): Float64Array {
  const { shape, gradOutput, weight, old, activation } = options;
  const { inChannels, outChannels, kernelHeight, kernelWidth } = shape;
  const gradInput = new Float64Array(shape.inHeight * shape.inWidth * inChannels);
  forEachTap(shape, (inPixel, outPixel, ky, kx) => {
    for (let o = 0; o < outChannels; o++) {
      const gradient = gradOutput[outPixel * outChannels + o] ?? 0;
      for (let c = 0; c < inChannels; c++) {
        const w = ((o * inChannels + c) * kernelHeight + ky) * kernelWidth + kx;
        const at = inPixel * inChannels + c;
        gradInput[at] = (gradInput[at] ?? 0) + gradient * (weight[w] ?? 0);
      }
    }
  });
  return gradInput.map((value, index) => {
    const isMasked = activation !== undefined && !((activation[index] ?? 0) > 0);
    return isMasked ? 0 : value + (old?.[index] ?? 0);
  });
}
