/** Our own evaluation as a peer of `npm run bench:peers`: the same process protocol, so that nobody has an advantage. */

import { evaluateOnce, openObjective, uploadWeights } from '../../../src/bench/network.ts';
import { impastoVersion } from '../../../src/cli/package-info.ts';
import { Patience } from '../../../src/core/patience.ts';
import type { RgbImage } from '../../../src/images/rgb-image.ts';
import { openBenchGpu, parseKernels } from '../open-gpu.ts';
import { readBundledWeights } from '../pictures.ts';
import { settings } from '../settings.ts';
import { answerRequests, readPixels } from './child.ts';

const [kernels = 'auto', adapter] = process.argv.slice(2);
const gpu = await openBenchGpu({ adapter, kernels: parseKernels(kernels) });
const weights = await uploadWeights(gpu, await readBundledWeights(), settings, { width: 256, height: 256 });

await answerRequests(`Impasto ${impastoVersion()}`, async ({ folder, width, height }) => {
  const picture = (name: string): RgbImage => ({ width, height, pixels: readPixels(folder, name) });
  const [content, style, image] = [picture('content'), picture('style'), picture('image')];
  const objective = await openObjective(gpu, weights, settings, { content, style, image });
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
