/** How runs are made to fit: which way, what is said of it, and what is refused. */

import { describe, expect, it } from 'vitest';
import { LimitError } from '../../src/core/errors.ts';
import { presetSettings, resolveSettings } from '../../src/settings/presets.ts';
import { type FitRequest, fitTransfer } from '../../src/transfer/fit.ts';

/** WebGPU's default limits. */
const limits = { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 };

const settings = resolveSettings('gram', { history: 20 });
const plenty = 2 ** 45;

function requestAt(width: number, height: number, told: Partial<FitRequest> = {}): FitRequest {
  const size = { width, height };
  const backend = { family: 'lanes', lanes: 8 } as const;
  return { settings, size, styleSizes: [size], backend, limits, memoryBytes: plenty, tile: 'none', ...told };
}

/** Of the run with so many curvature pairs. */
const bytesWith = (history: number, side: number): number =>
  fitTransfer(requestAt(side, side, { settings: resolveSettings('gram', { history }) })).peakBytes;

describe('a run', () => {
  it('goes as it is where there is room, and nothing is said', () => {
    expect(fitTransfer(requestAt(724, 724))).toMatchObject({ way: 'whole', bands: 1, history: 20, remarks: [] });
  });

  it('is worked on in bands where a map is larger than what the adapter binds, which is said', () => {
    const plan = fitTransfer(requestAt(1500, 1500));
    expect(plan).toMatchObject({ way: 'bands', bands: 5, history: 20 });
    expect(plan.largest.sizeBytes).toBeLessThanOrEqual(2 ** 27);
    expect(plan.remarks).toEqual([
      expect.stringMatching(
        /^relu1_1 takes 549 MiB, of which the adapter binds 128 MiB at once: .* in 5 bands of rows/,
      ),
    ]);
    // Bands cost the rows of their neighbours, and no more.
    const whole = fitTransfer(
      requestAt(1500, 1500, { limits: { ...limits, maxStorageBufferBindingSize: 2 ** 40, maxBufferSize: 2 ** 40 } }),
    );
    expect(plan.peakBytes / whole.peakBytes).toBeLessThan(1.1);
  });

  it('keeps fewer curvature pairs where memory is short, as many as there is room for, which is said', () => {
    const plan = fitTransfer(requestAt(512, 512, { memoryBytes: bytesWith(12, 512) }));
    expect(plan).toMatchObject({ way: 'whole', history: 12, peakBytes: bytesWith(12, 512) });
    expect(plan.remarks).toEqual([
      expect.stringMatching(/^L-BFGS keeps 12 curvature pairs instead of 20, so that \d+ MiB/),
    ]);
  });

  it('tries fewer pairs before bands where either is enough, and both where it takes both', () => {
    const tight = { memoryBytes: bytesWith(7, 1000) };
    const plan = fitTransfer(requestAt(1000, 1000, tight));
    expect(plan).toMatchObject({ way: 'bands', history: 7 });
    expect(plan.remarks.map((line) => line.split(' ')[0])).toEqual(['L-BFGS', 'relu1_1']);
  });

  it('is refused before it has fewer than 5 pairs, naming the largest size that fits', () => {
    const tight = { memoryBytes: bytesWith(5, 512) - 1 };
    const refusal = (): unknown => fitTransfer(requestAt(512, 512, tight));
    expect(refusal).toThrow(LimitError);
    expect(refusal).toThrow(
      /a content picture of 512x512 needs \d+ MiB of device memory, .*the largest size that fits is --size 511/,
    );
    expect(fitTransfer(requestAt(511, 511, tight)).history).toBe(5);
  });

  it('with few pairs keeps them', () => {
    const few = { settings: resolveSettings('gram', { history: 3 }) };
    expect(fitTransfer(requestAt(512, 512, few)).history).toBe(3);
    expect(() => fitTransfer(requestAt(512, 512, { ...few, memoryBytes: bytesWith(3, 512) - 1 }))).toThrow(LimitError);
  });

  it('without L-BFGS has no pairs to spare', () => {
    const adam = resolveSettings('gram', { optimizer: 'adam' });
    const { peakBytes } = fitTransfer(requestAt(256, 256, { settings: adam }));
    expect(() => fitTransfer(requestAt(256, 256, { settings: adam, memoryBytes: peakBytes - 1 }))).toThrow(
      /of device memory/,
    );
  });

  it('is refused where not even the narrowest bands can be bound, and where no size of the shape can', () => {
    const narrow = { ...limits, maxStorageBufferBindingSize: 2 ** 22 };
    const refusal = (): unknown => fitTransfer(requestAt(1000, 700, { limits: narrow }));
    expect(refusal).toThrow(
      /needs .* in one buffer \(relu1_1\), the adapter's maxStorageBufferBindingSize allows 4 MiB/,
    );
    const thin = requestAt(140_000, 20, { styleSizes: [{ width: 64, height: 64 }] });
    expect(() => fitTransfer(thin)).toThrow(/140000x20 .*no size of this shape fits/);
  });

  it('of frequencies has a spectrum, which is bound as a whole', () => {
    // Few layers, whose bands have few neighbours, so that the maps need less.
    const layers = [{ name: 'relu1_1', weight: 1 }];
    const fourier = resolveSettings('gram', {
      variable: 'fourier',
      optimizer: 'adam',
      contentLayers: layers,
      styleLayers: layers,
    });
    const narrow = { ...limits, maxStorageBufferBindingSize: 12 * 512 ** 2 };
    const planAt = (side: number) => fitTransfer(requestAt(side, side, { settings: fourier, limits: narrow }));
    expect(planAt(512)).toMatchObject({ way: 'bands', largest: { name: 'the spectrum', sizeBytes: 12 * 512 ** 2 } });
    expect(() => planAt(513)).toThrow(
      /513x513 needs 3 MiB in one buffer \(the spectrum\), .* the largest size that fits is --size 512/,
    );
  });

  it('has bands for a style picture that is larger than the content picture', () => {
    const request = requestAt(600, 400, {
      styleSizes: [{ width: 900, height: 900 }],
      settings: presetSettings('default'),
    });
    expect(fitTransfer(request)).toMatchObject({ way: 'bands', bands: 1 });
  });
});
