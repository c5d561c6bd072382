/** The main job: a photograph and a painting in, a painted photograph out. */

import { resizeImage } from '../images/resize.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import { DeviceWeights } from '../models/device-weights.ts';
import { TransferObjective } from '../objective/objective.ts';
import { enlargedWithDetail } from './between-scales.ts';
import { createPhaseOptimizer } from './phase-optimizer.ts';
import { type PreparedRun, type PreparedScale, prepareRun, type StylizeRequest } from './prepare.ts';
import { type RunHooks, type RunResult, runTransfer } from './run.ts';
import { matchedPicture } from './start.ts';

/** Runs a transfer. @throws InputError, LimitError, DeviceError; a loss that is not finite ends the run instead. */
export async function stylize(request: StylizeRequest & RunHooks): Promise<RunResult> {
  return await runPrepared(prepareRun(request), request);
}

/** Runs what {@link prepareRun} made ready, on the same adapter. @throws as {@link stylize}. */
export async function runPrepared(
  { settings, start, scales, initial }: PreparedRun,
  request: Pick<StylizeRequest, 'gpu' | 'weights'> & RunHooks,
): Promise<RunResult> {
  const { gpu } = request;
  const { objective: options, strength, detail } = settings;
  const photographAt = (scale: PreparedScale): RgbImage =>
    start.kind === 'matched' ? matchedPicture({ ...scale, strength }) : scale.content;
  const enlargedFor = (scale: PreparedScale, before: PreparedScale | undefined, picture: RgbImage): RgbImage => {
    const { width, height } = scale.content;
    if (before === undefined || detail === 0) return resizeImage(picture, width, height);
    const photographs = { smaller: photographAt(before), larger: photographAt(scale) };
    return enlargedWithDetail(picture, photographs, detail);
  };
  using weights = await DeviceWeights.create(gpu, request.weights, scales[0].kernels);
  return await runTransfer({
    ...request,
    scales,
    initial,
    createObjective: async (scale, from) => {
      const { content, style, kernels, plan } = scale;
      await weights.fit(kernels);
      const initial = enlargedFor(scale, scales[scales.indexOf(scale) - 1], from);
      return await TransferObjective.create({ gpu, weights, options, content, style, initial, tiling: plan.tiling });
    },
    createOptimizer: (objective, phase, state) => createPhaseOptimizer(gpu, objective, phase, settings, state),
  });
}
