/** Devices that are lost in the middle of a run: it goes on from the last state, and the picture is the same to the bit. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceError, OutOfMemoryError } from '../../src/core/errors.ts';
import type { Gpu } from '../../src/core/gpu.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import type { HostWeights } from '../../src/models/device-weights.ts';
import { openGpu } from '../../src/platform/node/gpu.ts';
import type { ListedPhase as Phase } from '../../src/settings/phase.ts';
import { resolveSettings, type SettingsOverrides } from '../../src/settings/presets.ts';
import { BrokenOffError, type LastingRequest, runLasting } from '../../src/transfer/lasting-run.ts';
import { prepareRun } from '../../src/transfer/prepare.ts';
import type { RunResult } from '../../src/transfer/run.ts';
import { FailingDevice } from '../support/failing-device.ts';
import { readBundledWeights, readFixturePictures } from '../support/network.ts';
import { seededRandom } from '../support/random.ts';

/** Devices that are lost; IMPASTO_LOSSES=200 takes a while. */
const losses = Number(process.env['IMPASTO_LOSSES'] ?? 3);

let weights: HostWeights;
let pictures: { readonly content: RgbImage; readonly style: RgbImage };
const opened: Gpu[] = [];
const open = async (): Promise<Gpu> => {
  const gpu = await openGpu();
  opened.push(gpu);
  return gpu;
};
beforeAll(async () => {
  weights = await readBundledWeights();
  pictures = await readFixturePictures('wave_cat_64x48');
});
afterAll(() => {
  for (const gpu of opened) gpu[Symbol.dispose]();
});

function prepare(gpu: Gpu, phases: readonly Phase[], overrides: SettingsOverrides = {}) {
  const objective = {
    contentLayers: [{ name: 'relu2_1', weight: 1 }],
    styleLayers: [{ name: 'relu1_1', weight: 1 }],
  } as const;
  const settings = resolveSettings('gram', { phases, objective, ...overrides });
  return { gpu, run: prepareRun({ gpu, ...pictures, settings, start: { kind: 'content' }, size: 24 }) };
}

const never: LastingRequest['replace'] = async () => undefined;

const lbfgs = (steps: number, learningRate = 1): Phase => ({ steps, optimizer: 'lbfgs', learningRate });
const adam = (steps: number, scale?: number): Phase => ({
  steps,
  optimizer: 'adam',
  learningRate: 0.02,
  ...(scale === undefined ? {} : { scale }),
});

const kinds: readonly (readonly [name: string, phases: readonly Phase[], overrides: SettingsOverrides])[] = [
  ['adam at two scales, then L-BFGS', [adam(4, 16), adam(4), lbfgs(4)], {}],
  ['L-BFGS with a line search', [lbfgs(16)], { lineSearch: 'strong-wolfe' }],
  ['L-BFGS that has to be rescued', [lbfgs(16, 3)], {}],
];

describe(`${losses} devices are lost`, () => {
  const random = seededRandom('lost devices');
  it.each(kinds)(
    '%s: the run ends with the same losses and picture',
    async (_name, phases, overrides) => {
      const hooks = { weights, checkpoints: { every: 1, keep: () => {} }, onRescue: () => {}, onReplaced: () => {} };
      const whole = await runLasting({ ...hooks, first: prepare(await open(), phases, overrides), replace: never });
      const share = Math.ceil(losses / kinds.length);
      for (let loss = 0; loss < share; loss++) {
        const first = prepare(await open(), phases, overrides);
        const at = Math.floor(random() * whole.evaluations.length);
        const delayMs = random() < 0.5 ? 0 : 20 * random();
        const destroy = (): unknown => setTimeout(() => first.gpu.device.destroy(), delayMs);
        let [replaced, isLost] = [Number.NaN, false];
        if (at === 0) destroy();
        const result = await runLasting({
          ...hooks,
          first,
          onEvaluation: ({ evaluation }) => {
            if (evaluation !== at || isLost) return;
            isLost = true;
            destroy();
          },
          replace: async () => prepare(await open(), phases, overrides),
          onReplaced: (reason, evaluation) => {
            expect(reason).toBe('the graphics device was lost');
            replaced = evaluation;
          },
        });
        const where = `lost ${delayMs.toFixed(1)} ms after evaluation ${at}, taken up after ${replaced}`;
        expect(result.end, where).toBe(whole.end);
        expect(result.evaluations, where).toEqual(whole.evaluations);
        expect(result.picture.pixels, where).toEqual(whole.picture.pixels);
        if (process.env['IMPASTO_LOSSES'] !== undefined) process.stdout.write(`${loss + 1}/${share}: ${where}\n`);
        for (const gpu of opened.splice(0)) {
          expect(gpu.buffers.count, where).toBe(0);
          gpu[Symbol.dispose]();
        }
      }
    },
    120_000 + 60_000 * losses,
  );
});

describe('a run', () => {
  const lostAt = async (evaluation: number, request: Partial<LastingRequest>): Promise<RunResult | unknown> => {
    const first = prepare(await open(), [adam(6)]);
    return await runLasting({
      weights,
      first,
      checkpoints: { every: 1, keep: () => {} },
      replace: never,
      onReplaced: () => {},
      onEvaluation: (report) => {
        if (report.evaluation === evaluation) first.gpu.device.destroy();
      },
      ...request,
    }).catch((error: unknown) => error);
  };

  it('that gets no other device gives the best picture of its last state', async () => {
    const error = await lostAt(4, {});
    expect(error).toBeInstanceOf(BrokenOffError);
    expect(error).toBeInstanceOf(DeviceError);
    if (!(error instanceof BrokenOffError)) return;
    expect(error.evaluation).toBeGreaterThanOrEqual(3);
    expect(error.picture).toMatchObject({ width: 24, height: 18 });
    expect(error.picture.pixels.every(Number.isFinite)).toBe(true);
  });

  it('whose devices are lost again and again ends', async () => {
    let replaced = 0;
    const replace = async () => {
      replaced += 1;
      const next = prepare(await open(), [adam(6)]);
      next.gpu.device.destroy();
      return next;
    };
    expect(await lostAt(2, { replace })).toBeInstanceOf(BrokenOffError);
    expect(replaced).toBe(3);
  });

  it('that is refused memory is asked for less, once', async () => {
    const refusing = new FailingDevice(await open(), 40);
    const phases = [adam(3)];
    const asked: string[] = [];
    const said: string[] = [];
    const { end } = await runLasting({
      weights,
      first: prepare(refusing.gpu, phases),
      replace: async (trouble) => {
        asked.push(trouble);
        return prepare(await open(), phases);
      },
      onReplaced: (reason, evaluation) => said.push(`${evaluation}: ${reason}`),
    });
    expect(end).toBe('complete');
    expect(asked).toEqual(['memory']);
    expect(said).toEqual([expect.stringMatching(/^0: .*more memory.* than the adapter gives: refused \d+ bytes$/)]);
    expect(refusing.gpu.buffers.count).toBe(0);
    using again = new FailingDevice(await open(), 40);
    const request = { weights, first: prepare(again.gpu, phases), replace: never, onReplaced: () => {} };
    await expect(runLasting(request)).rejects.toThrow(OutOfMemoryError);
  });
});
