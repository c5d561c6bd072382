/** One evaluation of the objective at a picture: how anyone compares this engine with another. */

import { InputError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { Patience } from '../core/patience.ts';
import { toPlanar } from '../images/planar.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import { DeviceWeights, type HostWeights } from '../models/device-weights.ts';
import { TransferObjective } from '../objective/objective.ts';
import { reportTerms, type TermReport } from '../objective/term-sums.ts';
import type { Tile } from '../objective/tiled-plan.ts';
import { channelOf, pixelsPerUnit } from '../objective/variable.ts';
import type { Settings } from '../settings/settings.ts';
import { planStylize } from './prepare.ts';

export interface EvaluateRequest {
  readonly gpu: Gpu;
  readonly weights: HostWeights;
  readonly content: RgbImage;
  readonly style: RgbImage;
  readonly image: RgbImage;
  readonly settings: Settings;
  /** Timed evaluations; one more, untimed, comes first and compiles the kernels. */
  readonly repeat: number;
  /** Whether evaluations are cut into windows; `auto` when absent. */
  readonly tile?: Tile | undefined;
}

/** The loss, the sum of each kind of its terms (of the style each layer's term), weighted, and what they took. */
export interface Evaluation extends TermReport {
  readonly total: number;
  readonly evaluationMs: {
    readonly median: number;
    readonly min: number;
    readonly max: number;
    readonly count: number;
  };
  /** Milliseconds of the first evaluation, which compiles the kernels. */
  readonly firstMs: number;
  readonly adapter: string;
  readonly peakBytes: number;
  /** What was done to make it fit, a line each. */
  readonly remarks: readonly string[];
  /** [3, H, W]: gradient of the total with respect to the picture in 0..1. */
  readonly gradient: Float32Array;
}

/** One evaluation of the objective at a picture, timed. @throws InputError when the pictures' sizes differ. */
export async function evaluate(request: EvaluateRequest): Promise<Evaluation> {
  const { gpu, settings, content, image, style } = request;
  const sizes = new Set([image, content, style].map(({ width, height }) => `${width}x${height}`));
  if (sizes.size > 1) {
    throw new InputError(
      `image, content and style are ${[...sizes].join(', ')}; evaluate compares pictures of one size`,
    );
  }
  const { kernels, remarks, tiling } = planStylize({ content, style }, settings, gpu, request);
  using meter = gpu.buffers.meter();
  using weights = await DeviceWeights.create(gpu, request.weights, kernels);
  using objective = await TransferObjective.create({
    gpu,
    weights,
    options: settings.objective,
    content,
    style,
    initial: image,
    tiling,
  });
  const patience = new Patience();
  const firstMs = await timeEvaluation(gpu, objective, patience);
  // Untimed: the first one to teach how long the others are to be waited for.
  await timeEvaluation(gpu, objective, patience);
  const times: number[] = [];
  while (times.length < request.repeat) times.push(await timeEvaluation(gpu, objective, patience));
  const [total = Number.NaN, ...terms] = await gpu.read(objective.losses.values);
  const sorted = times.toSorted((a, b) => a - b);
  const units = pixelsPerUnit(settings.objective.variable);
  const gradient = (await gpu.read(objective.pictureGradient)).map((value, index) => value / channelOf(units, index));
  return {
    total,
    ...reportTerms(objective.terms, terms),
    evaluationMs: {
      median: medianOf(sorted),
      min: sorted[0] ?? Number.NaN,
      max: sorted.at(-1) ?? Number.NaN,
      count: sorted.length,
    },
    firstMs,
    adapter: gpu.profile.description,
    peakBytes: meter.peakBytes,
    remarks,
    gradient: toPlanar(gradient, image.width, image.height),
  };
}

/** Of sorted values; the mean of the middle two where their number is even. */
function medianOf(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** Milliseconds of one evaluation; measures again where the wait was longer than the work. */
async function timeEvaluation(gpu: Gpu, objective: TransferObjective, patience: Patience): Promise<number> {
  for (;;) {
    const startedAtMs = performance.now();
    for (const program of objective.programs) gpu.submit([program]);
    const { elapsedMs, overslept } = await patience.wait(gpu, startedAtMs, () => gpu.idle());
    if (!overslept) return elapsedMs;
  }
}
