/**
 * Whatever a file or a link says, it is read or refused in one sentence: no hang, no other failure, no change of what all objects share.
 * IMPASTO_FUZZ_SECONDS says for how long in all, IMPASTO_FUZZ_SEED repeats a run.
 */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { exifOrientation } from '../../src/images/exif.ts';
import { assertReadableSize } from '../../src/images/file-format.ts';
import { decodePng, openPng } from '../../src/platform/node/png-codec.ts';
import { flagOf } from '../../src/settings/options.ts';
import { parsePhases } from '../../src/settings/parse-phases.ts';
import { readCheckpoint } from '../../src/transfer/checkpoint-file.ts';
import { parseLink } from '../../src/web/link.ts';
import { pageOptions } from '../../src/web/settings.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { loadNetworkWeights } from '../../src/weights/network-weights.ts';
import { encodeSafetensors } from '../../src/weights/safetensors.ts';
import { openWeightFile } from '../../src/weights/weight-formats.ts';
import { tfjsModel } from '../weights/bytes.ts';
import { changedCheckpoints, realCheckpoint } from './checkpoints.ts';
import * as hostile from './hostile.ts';

const seconds = Number(process.env['IMPASTO_FUZZ_SECONDS'] ?? 4);
const seed = Number(process.env['IMPASTO_FUZZ_SEED'] ?? 39);
/** No file of a few kilobytes takes so long, on however busy a machine. */
const longestMs = 5000;

const fixture = (path: string) => new Uint8Array(readFileSync(new URL(`../fixtures/${path}`, import.meta.url)));

const values = Float32Array.of(1, 2, 3, 4);
const written = encodeSafetensors([
  { name: 'a', dtype: 'F32', shape: [2, 2], values },
  { name: 'b', dtype: 'F16', shape: [4], values },
]);
const weightFiles = [
  'tiny.npz',
  'tiny_deflate.npz',
  'tiny_zip.pth',
  'tiny_protocol4.pth',
  'tiny_legacy.pth',
  'tiny_python2.pth',
];
const pictures = ['coffee_24x16.png', 'cicp_p3.png', 'gamma_linear.png'];
const model = tfjsModel([
  { name: 'a', shape: [2, 2], bytes: new Uint8Array(16) },
  { name: 'b', shape: [4], bytes: new Uint8Array(4), quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
]);
const realWeights = [written, model.model, ...weightFiles.map((name) => fixture(`weights/${name}`))];
const realPictures = pictures.map((name) => fixture(`images/${name}`));

const refused = async (read: () => unknown): Promise<void> => {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).toMatch(/^[^\p{Cc}\u2028\u2029]{1,1001}$/u);
  }
};

async function readWeights(bytes: Uint8Array): Promise<void> {
  const file = await openWeightFile(bytesSource('w', bytes), () => true, model.beside);
  for (const tensor of file.tensors.values()) await refused(() => tensor.read());
  await refused(() => loadNetworkWeights(bytesSource('w', bytes)));
}

const readRun = (bytes: Uint8Array) => readCheckpoint(bytesSource('c', bytes));

async function readPicture(bytes: Uint8Array): Promise<void> {
  const file = openPng('p', bytes);
  assertReadableSize('p', file.width, file.height, 1e6);
  await decodePng(file);
}

function readLink(address: string): void {
  const { problems } = parseLink(address, ['chelsea', 'coffee']);
  for (const problem of problems) {
    expect(problem).not.toMatch(/\n/);
    expect(problem.length).toBeLessThan(1100);
  }
}

const formats = [
  { name: 'weight files, changed', check: judged(hostile.mutationsOf(realWeights), readWeights) },
  { name: 'safetensors', check: judged(hostile.safetensors, readWeights) },
  { name: 'npz', check: judged(hostile.npz, readWeights) },
  { name: 'TensorFlow.js', check: judged(hostile.tfjsModels, readWeights) },
  { name: 'PyTorch zip', check: judged(hostile.pytorchZips, readWeights) },
  { name: 'PyTorch legacy', check: judged(hostile.pytorchLegacy, readWeights) },
  { name: 'checkpoints, changed', check: judged(hostile.mutationsOf([realCheckpoint]), readRun) },
  { name: 'checkpoints of other runs', check: judged(changedCheckpoints, readRun) },
  { name: 'PNGs, changed', check: judged(hostile.mutationsOf(realPictures), readPicture) },
  { name: 'PNG chunks', check: judged(hostile.pngs, readPicture) },
  { name: 'EXIF', check: judged(hostile.exifs, exifOrientation) },
  { name: 'phases', check: judged(hostile.phases, parsePhases) },
  { name: 'links', check: judged(hostile.links(pageOptions.map(flagOf)), readLink) },
];

function judged<Made>(made: fc.Arbitrary<Made>, read: (made: Made) => unknown): fc.IAsyncProperty<unknown> {
  return fc.asyncProperty(made, async (one) => {
    const startedAtMs = performance.now();
    await refused(() => read(one));
    expect(performance.now() - startedAtMs).toBeLessThan(longestMs);
  });
}

/** What every object has, and nothing may add to. */
const shared = (): readonly PropertyKey[] =>
  [Object.prototype, Array.prototype, Function.prototype].flatMap((of) => Reflect.ownKeys(of));
const before = shared();

it('what is changed below is read as it is', async () => {
  for (const bytes of realWeights) await openWeightFile(bytesSource('w', bytes), () => true, model.beside);
  for (const bytes of realPictures) await readPicture(bytes);
  expect(await readRun(realCheckpoint)).toMatchObject({ size: { width: 2, height: 2 } });
});

describe(`for ${seconds} seconds, seed ${seed}`, () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): number => unhandled.push(reason);
  process.on('unhandledRejection', note);
  afterAll(() => process.off('unhandledRejection', note));

  it.each(formats)(
    '$name',
    async ({ name, check }) => {
      const interruptAfterTimeLimit = (1000 * seconds) / formats.length;
      const details = await fc.check(check, {
        seed,
        numRuns: 1e9,
        interruptAfterTimeLimit,
        markInterruptAsFailure: false,
      });
      expect(details.failed, fc.defaultReportMessage(details)).toBe(false);
      expect(details.numRuns, name).toBeGreaterThan(0);
      expect(shared()).toEqual(before);
      expect(unhandled).toEqual([]);
      if (process.env['IMPASTO_FUZZ_SECONDS'] !== undefined)
        process.stdout.write(`${name}: ${details.numRuns} files\n`);
    },
    120_000 + 1000 * seconds,
  );
});
