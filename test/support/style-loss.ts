/** A style loss on a device, all of it: the target from a style's map, then value and gradient at another. */

import { BufferScope, bytesPerFloat } from '../../src/core/buffers.ts';
import type { Gpu } from '../../src/core/gpu.ts';
import { backendOf } from '../../src/kernels/family.ts';
import { chooseGramVariant } from '../../src/kernels/gram.ts';
import { partialsPerTerm } from '../../src/kernels/mse.ts';
import type { MapShape, SummedLoss, TapKernels } from '../../src/losses/loss.ts';
import { LossWorkspace, WholeMapLoss } from '../../src/objective/tap-losses.ts';
import type { Loss } from '../reference/moment-losses.ts';
import { norm } from './derivatives.ts';
import { runProgram } from './gpu.ts';
import { floats, seededRandom, signed, widen } from './random.ts';

type Floats = Float32Array<ArrayBuffer>;

const kernelsOf = (gpu: Gpu, shape: MapShape): TapKernels => ({ gram: chooseGramVariant(shape, backendOf(gpu)) });

const largest = (...lists: readonly (readonly number[])[]): readonly number[] =>
  Array.from({ length: Math.max(...lists.map((list) => list.length)) }, (_, index) =>
    Math.max(...lists.map((list) => list[index] ?? 0)),
  );

/** The whole loss on the device: target of a style's map, then value and gradient at another. */
export async function lossOnDevice(
  gpu: Gpu,
  loss: SummedLoss,
  { shape, feature, style, old }: { shape: MapShape; feature: Floats; style: Floats; old?: Floats },
): Promise<Loss> {
  using scope = new BufferScope(gpu.buffers);
  const ofStyle = { positions: style.length / shape.channels, channels: shape.channels };
  const kernels = kernelsOf(gpu, shape);
  const needs = [shape, ofStyle].map((map) => loss.scratchBytes(map, kernels));
  using workspace = new LossWorkspace(gpu, [loss.sumBytes(shape), loss.coefficientBytes(shape), ...largest(...needs)]);
  const { sums, scratch } = workspace.for(loss, shape);
  const target = scope.allocate('target', loss.preparation?.bytes(shape) ?? loss.sumBytes(shape));
  const map = scope.upload('style', style);
  await runProgram(gpu, 'target', (program) => {
    const told = { label: 'target', scratch, kernels, sums };
    loss.recordSums(program, { ...told, whole: ofStyle, part: { positions: ofStyle.positions, feature: map } });
    loss.preparation?.record(program, { ...told, whole: shape, target });
  });
  const gradient = scope.upload('gradient', old ?? floats(feature.length, () => 1e30));
  const partial = scope.allocate('partials', partialsPerTerm * bytesPerFloat);
  const tap = { feature: scope.upload('feature', feature), gradient, accumulate: old !== undefined };
  await runProgram(gpu, 'loss', (program) =>
    new WholeMapLoss({ loss, layer: 'tap', whole: shape, target, partial, workspace, kernels }).record(program, tap),
  );
  const value = loss.factor(shape) * (await gpu.read(partial)).reduce((sum, one) => sum + one, 0);
  return { value, gradient: widen(await gpu.read(gradient)) };
}

/** ‖found − expected‖ / ‖expected‖ */
export const relativeError = (found: ArrayLike<number>, expected: ArrayLike<number>): number =>
  norm(Float64Array.from(found, (value, at) => value - (expected[at] ?? Number.NaN))) / norm(expected);

/** Correlated features of a map, as after a ReLU; the channels' sizes are so many powers of ten apart. */
export function features(name: string, { positions, channels }: MapShape, decades = 2): Floats {
  const random = seededRandom(name);
  const common = floats(positions, signed(random));
  const size = floats(channels, () => 10 ** (decades * (random() - 0.5)));
  return floats(positions * channels, signed(random)).map((value, at) => {
    const shared = common[Math.floor(at / channels)] ?? 0;
    return Math.max(0, value + shared + 0.3) * (size[at % channels] ?? 0);
  });
}
