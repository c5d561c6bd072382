/** What the benchmark page foretells: a picture's time from measured evaluations, and how long the measuring still takes. */

import { describe, expect, it } from 'vitest';
import type { EvaluationRow, KernelRow } from '../../src/bench/report.ts';
import { forecastPicture } from '../../src/web/bench/forecast.ts';
import { secondsLeft } from '../../src/web/bench/time-left.ts';

function evaluation(side: number, nsPerPixel: number): EvaluationRow {
  const median = (nsPerPixel * side ** 2) / 1e6;
  const ms = { count: 3, min: median, median, max: median };
  return { name: `evaluation ${side}x${side}`, pixels: side ** 2, ms, nsPerPixel };
}

describe('the forecast of a picture', () => {
  it('adds up the usual scales, each by the evaluation nearest in size', () => {
    expect(forecastPicture(512, [])).toBeUndefined();
    const forecast = forecastPicture(512, [evaluation(128, 3000), evaluation(512, 1000)]);
    // Twice as many at the first scale.
    const bySmall = 40 * 128 ** 2 + 20 * 181 ** 2 + 20 * 256 ** 2;
    const byLarge = 20 * 362 ** 2 + 20 * 512 ** 2;
    expect(forecast).toMatchObject({ side: 512, steps: 120, scales: [128, 181, 256, 362, 512] });
    // 256 is as far from the one as from the other; the smaller is named first.
    expect(forecast?.seconds).toBeCloseTo((3000 * bySmall + 1000 * byLarge) / 1e9, 6);
    expect(forecast?.from).toEqual(['evaluation 128x128', 'evaluation 512x512']);
  });
});

describe('the time left', () => {
  const effort = { goalMs: 0, least: 3, most: 3 };
  const layer = (name: string, median: number): KernelRow => ({
    name,
    variant: 'direct',
    isUsed: true,
    check: 'ok',
    ms: { count: 3, min: median, median, max: median },
    flops: undefined,
    leastBytes: undefined,
    gflops: undefined,
    gbs: undefined,
    peakShare: undefined,
    bufferBytes: undefined,
    firstUseMs: undefined,
    parts: [],
  });
  const kernels = [layer('conv1_1 forward', 10), layer('conv3_2,conv3_3 forward', 20)];

  it('is not told of too few layers', () => {
    const rest = { problemsMs: [500], problemsLeft: 7, sidesLeft: [32] };
    expect(secondsLeft(rest, { kernels, evaluations: [] }, { layerSide: 32 }, effort)).toBeUndefined();
  });

  it('is that of the layers to come, and of evaluations by the layers there are', () => {
    const rest = { problemsMs: [500, 1500], problemsLeft: 2, sidesLeft: [32, 64] };
    // 50 ms for half of the layers: 100 ms at 32, 400 ms at 64, each done six times.
    const seconds = secondsLeft(rest, { kernels, evaluations: [] }, { layerSide: 32 }, effort);
    expect(seconds).toBeCloseTo(2 + 6 * 0.5, 6);
  });

  it('is by the last evaluation once there is one', () => {
    const rest = { problemsMs: [500, 1500], problemsLeft: 0, sidesLeft: [64] };
    const evaluations = [evaluation(32, 1e5)];
    const seconds = secondsLeft(rest, { kernels, evaluations }, { layerSide: 32 }, effort);
    expect(seconds).toBeCloseTo((6 * 1e5 * 64 ** 2) / 1e9, 6);
  });
});
