/** Which losses have exploded: those that stay far above the first, not those that leap and come back. */

import { describe, expect, it } from 'vitest';
import { ExplodedLossError } from '../../src/core/errors.ts';
import type { ListedPhase as Phase } from '../../src/settings/phase.ts';
import { resolveSettings } from '../../src/settings/presets.ts';
import type { EvaluationReport } from '../../src/transfer/evaluator.ts';
import { ExplosionWatch } from '../../src/transfer/explosion.ts';
import { stylize } from '../../src/transfer/stylize.ts';
import { useGpu } from '../support/gpu.ts';
import { readBundledWeights, readFixturePictures } from '../support/network.ts';

const gpu = useGpu();

function watched(totals: readonly number[], isTrial = (_index: number) => false): ExplosionWatch {
  const watch = new ExplosionWatch();
  totals.forEach((total, index) => {
    const report: EvaluationReport = {
      evaluation: index + 1,
      phase: 1,
      step: index + 1,
      scale: 64,
      learningRate: 50,
      isTrial: isTrial(index),
      total,
      content: total,
      style: 0,
      totalVariation: 0,
      terms: [total],
    };
    watch.see(report);
  });
  return watch;
}

const still = (count: number, value: number): number[] => Array.from({ length: count }, () => value);

describe('a loss has exploded', () => {
  it('where it ends far above the first', () => {
    const message = watched([103, 91, 2e4, 3e3, 1e6]).outcome()?.message;
    expect(message).toBe(
      'the loss exploded: it was 103.0 at evaluation 1 and is 1.000e+6 at evaluation 5; lower the learning rate, which is 50',
    );
  });

  it.each([
    ['falls', [100, 80, 60]],
    ['leaps and comes back', [100, 90, 2e5, 3e4, 5e3, 400, 80]],
    ['ends in a leap', [100, 80, 60, 3e4, 1e6]],
    ['ends somewhat above', [100, 20, 600, 700, 900]],
    ['has begun at 0, which is no measure', [0, 1e-12, 1e-9]],
    ['was never seen', []],
  ])('but not where it %s', (_what, totals) => {
    expect(watched(totals).outcome()).toBeUndefined();
    expect(watched(totals).isHopeless).toBe(false);
  });

  it('but not by trials of a line search, of which the lowest is accepted', () => {
    expect(watched([100, 1e20, Number.NaN, 90, 1e30], (index) => index > 0).outcome()).toBeUndefined();
    expect(watched([100, 1e5, 1e20, 40, 1e30], (index) => index > 1).outcome()).toBeUndefined();
  });
});

describe('there is no way back', () => {
  it('once it has stayed a million times above the first', () => {
    expect(watched([100, ...still(20, 1e9)]).isHopeless).toBe(false);
    expect(watched([100, ...still(21, 1e9)]).isHopeless).toBe(true);
    expect(watched([100, 1e9, 1e12, ...still(19, 1e25)]).isHopeless).toBe(true);
  });

  it('but not while it falls, nor while it is lower', () => {
    expect(watched([1e-6, ...still(60, 0).map((_, i) => 1e9 * 0.9 ** i)]).isHopeless).toBe(false);
    expect(watched([100, ...still(100, 5e5)]).isHopeless).toBe(false);
    expect(watched([100, ...still(15, 1e9), 90, ...still(15, 1e9)]).isHopeless).toBe(false);
  });
});

describe('a run', () => {
  const start = { kind: 'content' } as const;
  const run = async (phases: readonly Phase[]) => {
    const objective = {
      contentLayers: [{ name: 'relu2_1', weight: 1 }],
      styleLayers: [{ name: 'relu1_1', weight: 1 }],
    } as const;
    const settings = resolveSettings('gram', { phases, objective });
    const pictures = await readFixturePictures('wave_cat_64x48');
    return stylize({ gpu: gpu(), weights: await readBundledWeights(), ...pictures, settings, start, size: 32 });
  };
  const lbfgs = (steps: number, learningRate = 5): Phase => ({ steps, optimizer: 'lbfgs', learningRate });

  it('stops where its loss has exploded beyond return, and keeps the picture with the lowest', async () => {
    const { end, error, evaluations, picture } = await run([lbfgs(60), lbfgs(60)]);
    expect(end).toBe('exploded');
    expect(error).toBeInstanceOf(ExplodedLossError);
    expect(error?.message).toMatch(/^the loss exploded: .* lower the learning rate, which is 5$/);
    expect(evaluations.length).toBeLessThan(40);
    const [lowest] = evaluations.toSorted((a, b) => a.total - b.total);
    expect(lowest?.evaluation).toBe(2);
    // What the first step leads to is what the second evaluation sees.
    expect(picture.pixels).toEqual((await run([lbfgs(1)])).picture.pixels);
  });

  it('that leaps and comes back goes on to its end', async () => {
    const { end, evaluations } = await run([lbfgs(20, 1)]);
    expect(Math.max(...evaluations.map(({ total }) => total))).toBeGreaterThan(1000 * (evaluations[0]?.total ?? 0));
    expect(end).toBe('complete');
  });

  it('has exploded where it ends far above its start, though within the box of a picture', async () => {
    const { end, evaluations } = await run([{ steps: 4, optimizer: 'sgd', learningRate: 50, momentum: 0.9 }]);
    expect(end).toBe('exploded');
    expect(evaluations).toHaveLength(4);
  });
});
