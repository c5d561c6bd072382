/** Our own evaluation as a peer of `npm run bench:peers`: the same process protocol, so that nobody has an advantage. */

import { evaluateOnce, settings, uploadWeights } from '../../../src/bench/network.ts';
import { impastoVersion } from '../../../src/cli/package-info.ts';
import { Patience } from '../../../src/core/patience.ts';
import type { RgbImage } from '../../../src/images/rgb-image.ts';
import { TransferObjective } from '../../../src/objective/objective.ts';
import { openBenchGpu, parseKernels } from '../open-gpu.ts';
import { bundledWeightLayers } from '../pictures.ts';
import { answerRequests, readPixels } from './child.ts';

const [kernels = 'auto', adapter] = process.argv.slice(2);
const gpu = await openBenchGpu({ adapter, kernels: parseKernels(kernels) });
const weights = await uploadWeights(gpu, await bundledWeightLayers());

await answerRequests(`Impasto ${impastoVersion()}`, async ({ folder, width, height }) => {
  const picture = (name: string): RgbImage => ({ width, height, pixels: readPixels(folder, name) });
  const objective = await TransferObjective.create({
    gpu,
    weights,
    options: settings.objective,
    content: picture('content'),
    style: picture('style'),
    initial: picture('image'),
  });
  const patience = new Patience();
  return {
    evaluate: async () => {
      const ms = await evaluateOnce(gpu, objective, patience);
      const [lossTotal = Number.NaN] = await gpu.read(objective.losses.values);
      return { ms, lossTotal };
    },
    dispose: () => objective[Symbol.dispose](),
  };
});
process.exit(0);
