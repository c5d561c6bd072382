/** A painting of the page whose device refuses memory: it goes on with less, on another device, and says so. On the test adapter, without a canvas. */

import { afterAll, expect, it } from 'vitest';
import type { Gpu } from '../../src/core/gpu.ts';
import { openGpu } from '../../src/platform/node/gpu.ts';
import { resolveSettings } from '../../src/settings/presets.ts';
import { type PreparedRun, prepareRun } from '../../src/transfer/prepare.ts';
import type { RunEvent } from '../../src/web/protocol.ts';
import type { PaintingDevice } from '../../src/web/worker/device.ts';
import { Gate } from '../../src/web/worker/gate.ts';
import { Painting } from '../../src/web/worker/painting.ts';
import { FailingDevice } from '../support/failing-device.ts';
import { readBundledWeights } from '../support/network.ts';
import { seededPicture } from '../support/tiling.ts';

const opened: Gpu[] = [];
afterAll(() => {
  for (const gpu of opened) gpu[Symbol.dispose]();
});

/** Whether the devices refuse whatever is asked for. */
let isFull = false;

async function openDevice(): Promise<PaintingDevice> {
  const real = await openGpu();
  opened.push(real);
  const { gpu } = new FailingDevice(real, () => isFull);
  const preview = { show: () => {}, watch: () => {}, request: () => {} };
  return { gpu, preview, lost: new Promise<never>(() => {}) };
}

function prepareOn(gpu: Gpu, memoryBytes?: number): PreparedRun {
  const layers = [{ name: 'relu1_1', weight: 1 }];
  const settings = resolveSettings('gram', {
    objective: { contentLayers: layers, styleLayers: layers },
    history: 40,
    phases: [
      { steps: 2, optimizer: 'adam', learningRate: 0.02, scale: 24 },
      { steps: 3, optimizer: 'lbfgs', learningRate: 1 },
    ],
  });
  const pictures = { content: seededPicture(64, 48, 'content'), style: seededPicture(40, 36, 'style') };
  return prepareRun({ gpu, ...pictures, settings, start: { kind: 'content' }, size: 64, memoryBytes });
}

it('a painting that is refused memory by its second scale goes on with less, and says how', async () => {
  const told: RunEvent[] = [];
  const device = await openDevice();
  const painting = new Painting({
    device,
    run: prepareOn(device.gpu),
    prepare: (memoryBytes) => prepareOn(device.gpu, memoryBytes),
    gate: new Gate(1),
    weights: readBundledWeights(),
    reopen: async (trouble) => {
      expect(trouble).toBe('memory');
      expect(device.gpu.buffers.count).toBe(0);
      isFull = false;
      return await openDevice();
    },
    tell: (event) => {
      const isFirst = told.every(({ kind }) => kind !== 'device-lost');
      told.push(event);
      if (event.kind === 'painting' && event.scale === 2 && isFirst) isFull = true;
    },
    files: { see: () => {} },
    resume: undefined,
  });
  const { end, evaluations, picture } = await painting.run();
  expect(end).toBe('complete');
  expect(evaluations).toHaveLength(5);
  expect(picture).toMatchObject({ width: 64, height: 48 });
  const of = <Kind extends RunEvent['kind']>(kind: Kind) => told.filter((event) => event.kind === kind);
  expect(of('device-lost')).toHaveLength(1);
  expect(of('device-back')).toHaveLength(1);
  expect(of('news')).toEqual([
    {
      kind: 'news',
      sentence: expect.stringMatching(
        /^the graphics device ran out of memory; the painting goes on with \d MiB .* instead of \d MiB: L-BFGS keeps \d+ /,
      ),
    },
  ]);
});
