/** Memory asked for before a run: granted by the test adapter; refused by one that is made to have little. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { LimitError } from '../../src/core/errors.ts';
import type { ListedPhase } from '../../src/settings/phase.ts';
import { presetSettings, resolveSettings } from '../../src/settings/presets.ts';
import { withPhases } from '../../src/settings/settings.ts';
import { type PreparedRun, prepareRun } from '../../src/transfer/prepare.ts';
import { assertShowable, canAllocate, grantedRun, largestScale } from '../../src/web/worker/memory.ts';
import { useGpu } from '../support/gpu.ts';

const gpu = useGpu();
afterEach(() => void vi.restoreAllMocks());

const settings = presetSettings('gram');
const picture = (width: number, height: number) => ({ width, height, pixels: new Float32Array(width * height * 3) });
const prepared = (phases?: readonly ListedPhase[], memoryBytes?: number, of = settings) =>
  prepareRun({
    memoryBytes,
    gpu: gpu(),
    content: picture(200, 120),
    style: picture(160, 160),
    settings: phases === undefined ? of : withPhases(of, phases),
    start: { kind: 'content' },
    size: undefined,
  });

/** The run that there is memory for, and what is said of it. */
async function grant(run: PreparedRun, of = settings) {
  const said: string[] = [];
  const granted = await grantedRun(
    gpu(),
    run,
    (bytes) => prepared(undefined, bytes, of),
    (sentence) => said.push(sentence),
  );
  return { granted, said };
}

/** Makes the device refuse what would take it past so many bytes. */
function limitMemory(bytes: number): void {
  const { device } = gpu();
  let held = 0;
  vi.spyOn(device, 'createBuffer').mockImplementation(({ size }) => {
    held += size;
    const made = Object.create(GPUBuffer.prototype);
    const destroy = (): void => {
      held -= size;
    };
    return Object.defineProperty(made, 'destroy', { value: destroy });
  });
  vi.spyOn(device, 'popErrorScope').mockImplementation(async () =>
    held > bytes ? new GPUOutOfMemoryError('none is left') : null,
  );
}

describe('a picture that is painted', () => {
  it('is refused where it cannot be shown meanwhile, with the largest that can', () => {
    const narrow = { limits: { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 } };
    expect(() => assertShowable(narrow, { width: 3344, height: 3344 })).not.toThrow();
    expect(() => assertShowable(narrow, { width: 3345, height: 3345 })).toThrow(
      /the largest size that fits is 3344, or paint it/,
    );
  });
});

describe('memory before a run', () => {
  it('is granted and given back where there is enough', async () => {
    expect(await canAllocate(gpu(), 3 * 2 ** 20)).toBe(true);
    const run = prepared();
    expect(await grant(run)).toEqual({ granted: run, said: [] });
  });

  it('is asked for by a plan for less, which is said, where there is too little', async () => {
    const layers = [{ name: 'relu1_1', weight: 1 }];
    const shallow = resolveSettings('gram', { objective: { contentLayers: layers, styleLayers: layers } });
    const run = prepared(undefined, undefined, shallow);
    limitMemory(0.5 * run.plan.peakBytes);
    const { granted, said } = await grant(run, shallow);
    expect(granted.plan.way).toBe('tiles');
    expect(granted.plan.peakBytes).toBeLessThanOrEqual(0.5 * run.plan.peakBytes);
    expect(said).toEqual([
      expect.stringMatching(/gives little memory; the painting takes \d+ MiB .* instead of \d+ MiB: .* in \d+ windows/),
    ]);
  });

  it('is answered with a size that fits where there is too little', async () => {
    const run = prepared();
    const needed = run.plan.peakBytes;
    limitMemory(needed - 1);
    const refusal = await grant(run).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(LimitError);
    expect(refusal).toMatchObject({ needed, largestSide: 170 });
    expect(String(refusal)).toMatch(/200x120 needs \d+ MiB, more than the graphics device gives/);
  });

  it('is that of the largest scale', async () => {
    const adam = { steps: 2, optimizer: 'adam', learningRate: 0.02 } as const;
    const run = prepared([{ ...adam, scale: 100 }, adam]);
    expect(largestScale(run.scales).content).toMatchObject({ width: 200, height: 120 });
    expect(run.plan).toEqual(prepared([adam]).plan);
    limitMemory(run.plan.peakBytes - 1);
    await expect(grant(run)).rejects.toMatchObject({ largestSide: 170 });
  });

  it('names no size where none fits', async () => {
    const run = prepared();
    limitMemory(1000);
    await expect(grant(run)).rejects.toMatchObject({ largestSide: undefined });
  });
});
