/** Memory refused at every allocation in turn: each ends in one sentence, and nothing is left allocated. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceError, OutOfMemoryError } from '../../src/core/errors.ts';
import type { Gpu } from '../../src/core/gpu.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import { PictureMeasures } from '../../src/measures/picture-measures.ts';
import type { HostWeights } from '../../src/models/device-weights.ts';
import { openGpu } from '../../src/platform/node/gpu.ts';
import type { ListedPhase as Phase } from '../../src/settings/phase.ts';
import { resolveSettings } from '../../src/settings/presets.ts';
import { stylize } from '../../src/transfer/stylize.ts';
import { FailingDevice } from '../support/failing-device.ts';
import { bundledHeads, readBundledWeights, readFixturePictures } from '../support/network.ts';

/** Of so many allocations in a row one is refused; IMPASTO_ALLOCATIONS=1 refuses each in its turn, which takes minutes. */
const stride = Number(process.env['IMPASTO_ALLOCATIONS'] ?? 17);

/** It hears of invalid buffers, so it is not healthy afterwards. */
let gpu: Gpu;
let weights: HostWeights;
let pictures: { readonly content: RgbImage; readonly style: RgbImage };
beforeAll(async () => {
  gpu = await openGpu();
  weights = await readBundledWeights();
  pictures = await readFixturePictures('wave_cat_64x48');
});

afterAll(() => gpu[Symbol.dispose]());

async function paint(on: Gpu, phases: readonly Phase[], lineSearch: 'none' | 'strong-wolfe'): Promise<void> {
  const objective = {
    contentLayers: [{ name: 'relu2_1', weight: 1 }],
    styleLayers: [{ name: 'relu1_1', weight: 1 }],
  } as const;
  const settings = resolveSettings('gram', { phases, objective, lineSearch });
  // Two styles: their targets are mixed on the host.
  const style = [pictures.style, pictures.content].map((picture) => ({ picture, weight: 1 }));
  const start = { kind: 'content' } as const;
  // By evaluations: how many there are by time depends on the machine, and with them what is asked for.
  const checkpoints = { every: 1, keep: () => {} };
  const { content } = pictures;
  await stylize({ gpu: on, weights, content, style, settings, start, size: 24, checkpoints });
}

async function measure(on: Gpu): Promise<void> {
  const heads = await bundledHeads();
  const { content, style } = pictures;
  using measures = await PictureMeasures.create({ gpu: on, weights, heads, content, style, size: content });
  await measures.measure(content);
}

/** What is asked for where nothing is refused. */
async function sitesOf(work: (on: Gpu) => Promise<void>): Promise<readonly string[]> {
  using whole = new FailingDevice(gpu, Number.POSITIVE_INFINITY);
  await work(whole.gpu);
  expect(whole.gpu.buffers.count).toBe(0);
  return whole.asked;
}

const adam: Phase = { steps: 2, optimizer: 'adam', learningRate: 0.02, scale: 20 };
const lbfgs: Phase = { steps: 3, optimizer: 'lbfgs', learningRate: 1 };

describe.each([
  ['adam at one scale, then L-BFGS at another', 1, (on: Gpu) => paint(on, [adam, lbfgs], 'none')],
  ['L-BFGS with a line search', 2, (on: Gpu) => paint(on, [lbfgs], 'strong-wolfe')],
  ['measures', 6, measure],
] as const)('%s', (_what, cheaper, work) => {
  it('end in one sentence when memory is refused, with an empty pool', async () => {
    const sites = await sitesOf(work);
    let refusals = 0;
    for (let site = 0; site < sites.length; site += stride === 1 ? 1 : stride * cheaper) {
      using refusing = new FailingDevice(gpu, site);
      const outcome: unknown = await work(refusing.gpu).catch((error: unknown) => error);
      const where = `site ${site} of ${sites.length}, ${sites[site]}`;
      expect(refusing.hasFailed, where).toBe(true);
      refusals += 1;
      expect(outcome, where).toBeInstanceOf(OutOfMemoryError);
      if (!(outcome instanceof DeviceError)) continue;
      expect(outcome.message, where).toMatch(/^[^\n]* than the adapter gives: refused \d+ bytes$/);
      expect(refusing.gpu.buffers.count, where).toBe(0);
    }
    if (process.env['IMPASTO_ALLOCATIONS'] !== undefined)
      process.stdout.write(`${refusals} of ${sites.length} allocations were refused\n`);
  });
});
