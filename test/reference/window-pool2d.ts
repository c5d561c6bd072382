/** Pooling over windows that may overlap, in f64, by the definition of PyTorch's `max_pool2d` and `avg_pool2d`. */

import type { Pooling } from '../../src/kernels/pool2d.ts';
import type { WindowPoolShape } from '../../src/kernels/window-pool2d.ts';

/** Windows along one side: the first cell of each, which may be in the padding before the map. */
function windowsAlong(length: number, { kernelSize, stride, padding, ceil }: WindowPoolShape): readonly number[] {
  const starts: number[] = [];
  // With `ceil` a window may end beyond the padding, but begins in the map or the padding before it.
  const fits = (start: number): boolean =>
    ceil ? start < length && start + kernelSize < length + padding + stride : start + kernelSize <= length + padding;
  for (let start = -padding; fits(start); start += stride) starts.push(start);
  return starts;
}

interface WindowOf {
  readonly output: number;
  /** Indices of its cells in the map, in scan order. */
  readonly cells: readonly number[];
  /** Cells that the average divides by. */
  readonly divisor: number;
}

function windowsOf(shape: WindowPoolShape): readonly WindowOf[] {
  const { inHeight, inWidth, channels, kernelSize, padding, countsPadding } = shape;
  const [rows, columns] = [windowsAlong(inHeight, shape), windowsAlong(inWidth, shape)];
  const inside = (start: number, from: number, to: number): readonly number[] =>
    Array.from({ length: kernelSize }, (_, cell) => start + cell).filter((at) => at >= from && at < to);
  const counted = (start: number, length: number): number =>
    countsPadding ? inside(start, -padding, length + padding).length : inside(start, 0, length).length;
  return rows.flatMap((top, y) =>
    columns.flatMap((left, x) =>
      Array.from({ length: channels }, (_, c) => ({
        output: (y * columns.length + x) * channels + c,
        cells: inside(top, 0, inHeight).flatMap((row) =>
          inside(left, 0, inWidth).map((column) => (row * inWidth + column) * channels + c),
        ),
        divisor: counted(top, inHeight) * counted(left, inWidth),
      })),
    ),
  );
}

/** The first cell that no other exceeds; the last NaN where there is one. */
function maximumOf(input: Float64Array, cells: readonly number[]): number {
  const values = cells.map((cell) => input[cell] ?? 0);
  const last = values.findLastIndex(Number.isNaN);
  return cells[last < 0 ? values.indexOf(Math.max(...values)) : last] ?? -1;
}

/** output[y,x,c] of [H, W, C]: the maximum, or the sum over `divisor`, of the window at (y·s − p, x·s − p). */
export function windowPoolForward(pooling: Pooling, shape: WindowPoolShape, input: Float64Array): Float64Array {
  const windows = windowsOf(shape);
  const output = new Float64Array(windows.length);
  for (const { output: at, cells, divisor } of windows) {
    const sum = cells.reduce((total, cell) => total + (input[cell] ?? 0), 0);
    output[at] = pooling === 'max' ? (input[maximumOf(input, cells)] ?? 0) : sum / divisor;
  }
  return output;
}

/** gradInput = mask · (old + what each window sends to its maximum, or to all its cells); mask = activation > 0, all 1 without one. */
export function windowPoolBackward(options: {
  readonly pooling: Pooling;
  readonly shape: WindowPoolShape;
  readonly input: Float64Array;
  readonly gradOutput: Float64Array;
  readonly old?: Float64Array | undefined;
  readonly mask: boolean;
}): Float64Array {
  const { pooling, shape, input, gradOutput, old, mask } = options;
  const gradInput = Float64Array.from({ length: input.length }, (_, index) => old?.[index] ?? 0);
  for (const { output, cells, divisor } of windowsOf(shape)) {
    const gradient = gradOutput[output] ?? 0;
    const receivers = pooling === 'max' ? [maximumOf(input, cells)] : cells;
    for (const cell of receivers)
      gradInput[cell] = (gradInput[cell] ?? 0) + gradient / (pooling === 'max' ? 1 : divisor);
  }
  return gradInput.map((value, index) => (mask && !((input[index] ?? 0) > 0) ? 0 : value));
}
