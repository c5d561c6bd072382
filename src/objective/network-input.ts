/** Between the variable, [H, W, 3], and the network's input, [H, W, 4], band by band where maps are cut. */

import type { BufferSlice } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Program } from '../core/program.ts';
import { coverOf } from '../core/ranges.ts';
import { type ChannelTriple, recordNormaliseBackward, recordNormaliseForward } from '../kernels/normalise.ts';
import type { NetworkExecutor } from '../models/executor.ts';
import { bandsOf, type FeatureMap, type Pass } from '../models/pass.ts';

const pixelsOf = ({ height, width }: FeatureMap): number => height * width;

/** Records the network's input from the variable; a band gets its neighbours' rows, too. */
export function recordNetworkInput(
  program: Program,
  executor: NetworkExecutor,
  pass: Pass,
  told: { readonly variable: BufferSlice; readonly scale: ChannelTriple; readonly offset: ChannelTriple },
): void {
  const { variable, scale, offset } = told;
  for (const { map, own, firstRow } of bandsOf(pass, pass.input)) {
    const pixels = pixelsOf(map);
    const top = firstRow - (own.firstRow ?? 0);
    const { slice, first } = coverOf(variable, { first: 3 * top * map.width, count: 3 * pixels });
    recordNormaliseForward(program, { input: slice, output: executor.slice(map), pixels, scale, offset, first });
  }
}

/** Records the variable's gradient from that of the network's input. */
export function recordVariableGradient(
  program: Program,
  executor: NetworkExecutor,
  pass: Pass,
  told: { readonly gradient: BufferSlice; readonly scale: ChannelTriple },
): void {
  const { gradient, scale } = told;
  if (pass.gradInput === undefined) throw new ShapeError('the pass goes forward only, so nothing has a gradient');
  for (const { map, own, firstRow } of bandsOf(pass, pass.gradInput)) {
    const pixels = pixelsOf(own);
    const { slice, first } = coverOf(gradient, { first: 3 * firstRow * map.width, count: 3 * pixels });
    const firstPixel = (own.firstRow ?? 0) * map.width;
    const gradOutput = executor.slice(map);
    recordNormaliseBackward(program, { gradOutput, gradInput: slice, pixels, scale, firstPixel, first });
  }
}
