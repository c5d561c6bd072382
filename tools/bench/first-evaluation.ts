/**
 * A fresh process that evaluates once and says when it was where: the child of `first-use.ts`.
 *
 *     node --import tsx tools/bench/first-evaluation.ts <width> <height> <kernels> [adapter]
 */

import { evaluateOnce, openObjective, uploadWeights } from '../../src/bench/network.ts';
import { Patience } from '../../src/core/patience.ts';
import { openBenchGpu, parseKernels } from './open-gpu.ts';
import { picturesAt, readBundledWeights } from './pictures.ts';
import { settings } from './settings.ts';

const [width, height, kernels, adapter] = process.argv.slice(2);
const parts: Record<string, number> = {};
// The clock starts with the process.
let lastMs = 0;
const mark = (name: string): void => {
  parts[name] = performance.now() - lastMs;
  lastMs = performance.now();
};

mark('Node and modules');
const gpu = await openBenchGpu({ adapter, kernels: parseKernels(kernels ?? 'auto') });
mark('device');
const size = { width: Number(width), height: Number(height) };
const weights = await uploadWeights(gpu, await readBundledWeights(), settings, size);
await gpu.idle();
mark('weights');
const pictures = await picturesAt(size);
const objective = await openObjective(gpu, weights, settings, pictures);
await gpu.idle();
mark('targets');
await evaluateOnce(gpu, objective, new Patience());
const [loss = Number.NaN] = await gpu.read(objective.losses.values);
mark('evaluation');
process.stdout.write(`${JSON.stringify({ loss, parts })}\n`);
process.exit(Number.isFinite(loss) ? 0 : 1);
