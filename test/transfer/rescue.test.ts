/** Runs whose loss is lost: back to the best picture, more slowly, and at the third time in a row the end. */

import { beforeAll, describe, expect, it } from 'vitest';
import { ExplodedLossError } from '../../src/core/errors.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import type { HostWeights } from '../../src/models/device-weights.ts';
import type { ListedPhase as Phase } from '../../src/settings/phase.ts';
import { resolveSettings } from '../../src/settings/presets.ts';
import type { EvaluationReport } from '../../src/transfer/evaluator.ts';
import { Rescue } from '../../src/transfer/rescue.ts';
import type { RunHooks, RunResult } from '../../src/transfer/run.ts';
import { stylize } from '../../src/transfer/stylize.ts';
import { useGpu } from '../support/gpu.ts';
import { readBundledWeights, readFixturePictures } from '../support/network.ts';

const gpu = useGpu();
let weights: HostWeights;
let pictures: { readonly content: RgbImage; readonly style: RgbImage };
beforeAll(async () => {
  weights = await readBundledWeights();
  pictures = await readFixturePictures('wave_cat_64x48');
});

function reportOf(evaluation: number, total: number, isTrial = false): EvaluationReport {
  const at = { evaluation, phase: 1, step: evaluation, scale: 64, learningRate: 8, isTrial };
  return { ...at, total, content: total, style: 0, totalVariation: 0, terms: [total] };
}

describe('a loss is lost', () => {
  const lostAfter = (totals: readonly number[], isTrial = false): boolean => {
    const rescue = new Rescue(1);
    totals.forEach((total, index) => {
      rescue.see(reportOf(index + 1, total, isTrial && index > 0));
    });
    return rescue.isDueAt(totals.length + 1);
  };

  it.each([
    ['above four times the lowest', [100, 60, 80, 241], true],
    ['that is no number', [100, 60, Number.NaN], true],
    ['that is infinite', [100, Number.POSITIVE_INFINITY], true],
    ['not where it falls', [100, 90, 1], false],
    ['not after a leap that came back, lower than before', [100, 60, 1e6, 50], false],
    ['not at four times the lowest', [100, 60, 240], false],
  ] as const)('%s', (_what, totals, expected) => {
    expect(lostAfter(totals)).toBe(expected);
    // A line search leaves such points by itself.
    expect(lostAfter(totals, true)).toBe(false);
  });

  it('and found out as late as any loss may be read, however early this one was', () => {
    const rescue = new Rescue(1);
    for (const [index, total] of [100, 90, 1000].entries()) rescue.see(reportOf(index + 1, total));
    expect([3, 4, 5].map((spent) => rescue.isDueAt(spent))).toEqual([false, true, true]);
  });

  it('so the rate is halved for the rest of the phase, and at the third time without a lower loss there is no hope', () => {
    const rescue = new Rescue(1);
    rescue.see(reportOf(1, 100));
    rescue.see(reportOf(2, 1e6));
    expect(rescue.isHopeless).toBe(false);
    expect(rescue.takeBack()).toBe(
      'the loss became 1.000e+6 at evaluation 2: back to the best picture, 100.0 at evaluation 1, with the learning rate halved from 8 to 4',
    );
    expect(rescue.slowed({ learningRate: 8, momentum: 0.9 })).toEqual({ learningRate: 4, momentum: 0.9 });
    rescue.see(reportOf(3, 90));
    rescue.see(reportOf(4, 1e6));
    rescue.takeBack();
    rescue.see(reportOf(5, Number.NaN));
    expect(rescue.isHopeless).toBe(false);
    rescue.takeBack();
    expect(rescue.slowed({ learningRate: 8 })).toEqual({ learningRate: 1 });
    rescue.see(reportOf(6, 361));
    expect(rescue.takeBack()).toBeUndefined();
    expect(rescue.isHopeless).toBe(true);
    expect(rescue.outcome()?.message).toBe(
      'the loss exploded 3 times in a row: it was 90.00 at evaluation 3 and at last 361.0 at evaluation 6; lower the learning rate, which was halved to 8',
    );
    const again = new Rescue(0);
    const totals = [100, 1e6, 90, 1e6, Number.NaN];
    for (const [index, total] of totals.entries()) again.relive(reportOf(index + 1, total));
    again.beginPhase(1);
    expect(again.slowed({ learningRate: 8 }), 'taken up again').toEqual({ learningRate: 1 });
    again.beginPhase(2);
    expect(again.slowed({ learningRate: 8 })).toEqual({ learningRate: 8 });
  });
});

describe('a run', () => {
  const run = (phases: readonly Phase[], hooks: RunHooks, gramFactor = 1): Promise<RunResult> => {
    const objective = {
      contentLayers: [{ name: 'relu2_1', weight: 1 }],
      styleLayers: [{ name: 'relu1_1', weight: 1 }],
      ...(gramFactor === 1 ? {} : ({ styleLoss: 'gram', gramFactor } as const)),
    } as const;
    const settings = resolveSettings('gram', { phases, objective });
    const start = { kind: 'content' } as const;
    return stylize({ gpu: gpu(), weights, ...pictures, settings, start, size: 32, ...hooks });
  };
  const rescued = async (phases: readonly Phase[], hooks: RunHooks = {}) => {
    const said: string[] = [];
    return { said, ...(await run(phases, { onRescue: (sentence) => said.push(sentence), ...hooks })) };
  };
  const totalsOf = ({ evaluations }: RunResult): readonly number[] => evaluations.map(({ total }) => total);
  const lowestOf = (result: RunResult): number => Math.min(...totalsOf(result).filter(Number.isFinite));

  it('that leaps far goes back, and comes lower than one that is left alone; onlookers change nothing', async () => {
    const phases: readonly Phase[] = [{ steps: 24, optimizer: 'lbfgs', learningRate: 3 }];
    const alone = await run(phases, {});
    expect(alone.end).toBe('exploded');
    const { said, ...result } = await rescued(phases);
    expect(result.end).toBe('complete');
    expect(lowestOf(result)).toBeLessThan(0.5 * lowestOf(alone));
    expect(result.evaluations.map(({ evaluation }) => evaluation)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(
      /^the loss became \S+ at evaluation \d+: back to the best picture, .* halved from 3 to 1\.5$/,
    );
    expect(result.evaluations.at(-1)?.learningRate).toBeLessThan(3);
    const watched = await rescued(phases, { snapshots: [{ every: 2, save: async () => {} }] });
    expect(totalsOf(watched)).toEqual(totalsOf(result));
    expect(watched.picture.pixels).toEqual(result.picture.pixels);
  });

  it.each([
    ['sgd', 1e7],
    ['adam', 1e30],
    ['lbfgs', 1e30],
  ] as const)('that is lost three times in a row ends with the best picture: %s', async (optimizer, learningRate) => {
    const { said, ...result } = await rescued([{ steps: 40, optimizer, learningRate }]);
    expect(result.end).toBe('exploded');
    expect(result.error).toBeInstanceOf(ExplodedLossError);
    expect(result.error?.message).toMatch(/^the loss exploded 3 times in a row: .* which was halved to \S+$/);
    expect(said).toHaveLength(1);
    expect(result.evaluations.length).toBeLessThan(20);
    expect(result.picture.pixels.every(Number.isFinite)).toBe(true);
  });

  it('whose very first loss is not finite has nothing to go back to, and says which term it is', async () => {
    const said: string[] = [];
    const phase: Phase = { steps: 5, optimizer: 'adam', learningRate: 0.02 };
    const result = await run([phase], { onRescue: (sentence) => said.push(sentence) }, 1e30);
    expect(result.end).toBe('non-finite');
    expect(result.error?.term).toBe('style relu1_1');
    expect(said).toEqual([]);
  });

  it('that is in no trouble is the same to the bit', async () => {
    const phases: readonly Phase[] = [
      { steps: 4, optimizer: 'adam', learningRate: 0.02, scale: 24 },
      { steps: 4, optimizer: 'adam', learningRate: 0.02 },
    ];
    const alone = await run(phases, {});
    const { said, ...result } = await rescued(phases);
    expect(said).toEqual([]);
    expect(totalsOf(result)).toEqual(totalsOf(alone));
    expect(result.picture.pixels).toEqual(alone.picture.pixels);
  });
});
