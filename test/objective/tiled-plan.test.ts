/** Memory of a run in windows, and which windows are chosen: pure, at the limits that WebGPU promises. */

import { describe, expect, it } from 'vitest';
import { describeTiling, largestFrame, type Tiling } from '../../src/objective/tiling.ts';
import { resolveSettings } from '../../src/settings/presets.ts';
import { type FitRequest, fitTransfer } from '../../src/transfer/fit.ts';

const limits = { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 };
const adam = resolveSettings('default', { optimizer: 'adam' });

/** With Adam, unless told otherwise. */
function squareOf(side: number, told: Partial<FitRequest> = {}): FitRequest {
  const size = { width: side, height: side };
  const backend = { family: 'lanes', lanes: 8 } as const;
  return { settings: adam, size, styleSizes: [size], backend, limits, memoryBytes: 2 ** 45, tile: 'auto', ...told };
}

const tilingAt = (side: number, told: Partial<FitRequest>): Tiling => {
  const { tiling } = fitTransfer(squareOf(side, told));
  if (tiling === undefined) throw new Error('the plan has no windows');
  return tiling;
};

describe('a plan', () => {
  it('has no windows where maps fit as a whole, or in bands', () => {
    for (const side of [512, 1024]) expect(fitTransfer(squareOf(side)).tiling).toBeUndefined();
  });

  it('has windows where bands take more memory than there is, each within the limits, which is said', () => {
    const plan = fitTransfer(squareOf(1024, { memoryBytes: 1.2 * 2 ** 30 }));
    expect(plan).toMatchObject({ way: 'tiles', bands: 1 });
    expect(plan.peakBytes).toBeLessThanOrEqual(1.2 * 2 ** 30);
    expect(plan.largest.sizeBytes).toBeLessThanOrEqual(2 ** 27);
    expect(plan.remarks).toEqual([expect.stringMatching(/goes through the network in \d+ windows of \d+x\d+ pixels/)]);
  });

  it('has windows for shallow layers, too, not so many that they take more than the whole', () => {
    const layers = [{ name: 'relu1_1', weight: 1 }];
    const settings = resolveSettings('gram', {
      optimizer: 'adam',
      objective: { contentLayers: layers, styleLayers: layers },
    });
    for (const side of [96, 300, 1000]) {
      const whole = fitTransfer(squareOf(side, { settings, tile: 'none' }));
      const plan = fitTransfer(squareOf(side, { settings, memoryBytes: 0.5 * whole.peakBytes }));
      expect(plan.way).toBe('tiles');
      expect(plan.peakBytes).toBeLessThanOrEqual(0.5 * whole.peakBytes);
      expect(plan.tiling?.windows.length).toBeLessThan(200);
    }
  });

  it('has the fewest windows of which each fits the limits', () => {
    const tiling = tilingAt(1024, { tile: 640 });
    expect(describeTiling(tiling)).toMatch(/^4 windows of /);
    expect(tiling.content).toBe('kept');
  });

  it('of 4096x4096 with Adam stays within 2 GB, the content picture being looked at anew', () => {
    const { peakBytes, tiling } = fitTransfer(squareOf(4096, { memoryBytes: 2 ** 32 }));
    expect(peakBytes).toBeLessThanOrEqual(2e9);
    expect(peakBytes).toBeGreaterThan(1.8e9);
    expect(tiling?.content).toBe('recomputed');
  });

  it('takes the step that is asked for, rounded up to the jump of the deepest layer', () => {
    const { windows } = tilingAt(400, { tile: 90 });
    expect(largestFrame(windows)).toEqual({ width: 96 + 128, height: 96 + 128 });
    expect(windows).toHaveLength(9);
  });

  it('is refused with windows that are too large', () => {
    expect(() => fitTransfer(squareOf(2048, { tile: 1024 }))).toThrow(
      /^a content picture of 1088x1088 needs 289 MiB in one buffer .*maxStorageBufferBindingSize allows 128 MiB; /,
    );
  });

  it('is refused where the picture itself is larger than a buffer, or pairs of L-BFGS are', () => {
    expect(() => fitTransfer(squareOf(5000))).toThrow(
      /^a content picture of 5000x5000 needs 286 MiB in one buffer \(the picture\), .* --size 4729$/,
    );
    expect(() => fitTransfer(squareOf(3000, { settings: resolveSettings('default') }))).toThrow(
      /use Adam or a smaller picture$/,
    );
  });
});
