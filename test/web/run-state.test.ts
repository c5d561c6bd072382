/** The page's view of a run: the trace over a lost device, the gate between steps. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EvaluationReport } from '../../src/transfer/evaluator.ts';
import { placeOf } from '../../src/transfer/work.ts';
import { describePlace } from '../../src/web/model/place.ts';
import { RunState } from '../../src/web/model/run.ts';
import { bordersOf } from '../../src/web/model/trace.ts';
import type { PlannedScale, RunEvent } from '../../src/web/protocol.ts';
import { Gate } from '../../src/web/worker/gate.ts';
import { FakeEngine, order } from './fake-engine.ts';

/** 10 evaluations at the first scale, 6 in two phases at a second one of four times the pixels. */
const scales = [
  { width: 32, height: 24, phases: [10] },
  { width: 64, height: 48, phases: [2, 4] },
];
const report = (evaluation: number, phase = 1, step = evaluation): EvaluationReport => ({
  evaluation,
  phase,
  step,
  scale: 64,
  learningRate: 1,
  isTrial: false,
  total: 100 / evaluation,
  content: 1,
  style: 2,
  totalVariation: 0,
  terms: [1, 2],
});
const terms = [
  { kind: 'content', layer: 'relu4_2' },
  { kind: 'style', layer: 'relu1_1' },
] as const;
const never = new Promise<never>(() => {});

/** A run at work, of one or more scales, and what the engine tells of it. */
async function started(scales: readonly PlannedScale[]) {
  const engine = new FakeEngine();
  const run = new RunState(engine);
  void run.paint(order, () => {});
  await engine.answerPlan(0, scales);
  return { run, tell: (event: RunEvent) => run.follow(1, event) };
}

describe('RunState', () => {
  it('forgets what a lost device made void and counts on', async () => {
    const { run, tell } = await started(scales.slice(0, 1));
    tell({ kind: 'painting', terms, scale: 1 });
    tell({ kind: 'progress', reports: [1, 2, 3, 4].map((evaluation) => report(evaluation)), bytesInUse: 5 });
    tell({ kind: 'device-lost', message: 'gone' });
    expect(run.isRecovering.value).toBe(true);
    tell({ kind: 'device-back', evaluation: 2 });
    tell({ kind: 'painting', terms, scale: 1 });
    tell({ kind: 'progress', reports: [report(3)], bytesInUse: 6 });
    expect(run.isRecovering.value).toBe(false);
    expect(run.trace.value.evaluation).toEqual([1, 2, 3]);
    expect(run.trace.value.byTerm).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ]);
    expect([run.evaluation.value, run.bytesInUse.value]).toEqual([3, 6]);
  });

  it('stays paused when a run is set up again after a lost device', async () => {
    const { run, tell } = await started(scales.slice(0, 1));
    tell({ kind: 'painting', terms, scale: 1 });
    run.do('pause');
    tell({ kind: 'device-back', evaluation: 0 });
    tell({ kind: 'painting', terms, scale: 1 });
    expect(run.phase.value).toBe('paused');
  });
});

describe('a run of several scales', () => {
  afterEach(() => void vi.useRealTimers());

  it('says its scale and phase, and where in the trace they ended', async () => {
    const { run, tell } = await started(scales);
    const seen: string[] = [];
    const see = () => seen.push(describePlace(run.scales.value, run.place.value));
    expect(run.budget.value).toBe(16);
    tell({ kind: 'painting', terms, scale: 1 });
    see();
    tell({ kind: 'progress', reports: [report(9), report(10)], bytesInUse: 5 });
    tell({ kind: 'painting', terms, scale: 2 });
    see();
    tell({ kind: 'progress', reports: [report(11, 2, 1), report(12, 2, 2), report(13, 3, 1)], bytesInUse: 5 });
    see();
    tell({ kind: 'device-back', evaluation: 12 });
    tell({ kind: 'painting', terms, scale: 2 });
    see();
    expect(seen).toEqual([
      'scale 1 of 2, 32 px',
      'scale 2 of 2, 64 px, phase 1 of 2',
      'scale 2 of 2, 64 px, phase 2 of 2',
      'scale 2 of 2, 64 px, phase 2 of 2',
    ]);
    tell({ kind: 'progress', reports: [report(13, 3, 1)], bytesInUse: 5 });
    expect(run.trace.value.evaluation).toEqual([9, 10, 11, 12, 13]);
    // Ten at the first scale are as much as two and a half at the last.
    expect(run.trace.value.work).toEqual([2.25, 2.5, 3.5, 4.5, 5.5]);
    expect(run.trace.value.whole).toBe(8.5);
    expect(bordersOf(run.trace.value)).toEqual([3, 5]);
    expect(run.share.value).toBeCloseTo(5.5 / 8.5, 9);
  });

  it('counts time left by the pixels that are to come', async () => {
    const { run, tell } = await started(scales);
    vi.useFakeTimers({ toFake: ['performance'] });
    tell({ kind: 'painting', terms, scale: 1 });
    tell({ kind: 'progress', reports: [report(1)], bytesInUse: 5 });
    vi.advanceTimersByTime(5000);
    tell({ kind: 'progress', reports: [report(6)], bytesInUse: 5 });
    // 4 more at one a second, and 6 that take four times as long.
    expect(run.pace.value.perSecond).toBeCloseTo(1, 9);
    expect(run.pace.value.secondsLeft).toBeCloseTo(28, 9);
    tell({ kind: 'painting', terms, scale: 2 });
    // Setting up a scale takes what it takes; then as many pixels a second as before, until it shows its own speed.
    vi.advanceTimersByTime(3000);
    tell({ kind: 'progress', reports: [report(11, 2, 1)], bytesInUse: 5 });
    expect(run.pace.value.perSecond).toBeCloseTo(0.25, 9);
    expect(run.pace.value.secondsLeft).toBeCloseTo(20, 9);
    vi.advanceTimersByTime(8000);
    tell({ kind: 'progress', reports: [report(13, 3, 1)], bytesInUse: 5 });
    expect(run.pace.value.perSecond).toBeCloseTo(0.25, 9);
    expect(run.pace.value.secondsLeft).toBeCloseTo(12, 9);
  });

  it('speaks of no part that is alone', () => {
    const [small = { width: 1, height: 1, phases: [1] }, large = small] = scales;
    expect(describePlace([small], placeOf([small], 1))).toBe('');
    expect(describePlace([large], placeOf([large], 2))).toBe('phase 2 of 2');
    expect(describePlace([small, small], placeOf([small, small], 2))).toBe('scale 2 of 2, 32 px');
  });
});

describe('Gate', () => {
  it('lets a run go on, holds it, and lets single steps through', async () => {
    const gate = new Gate(1);
    expect(gate.pass(never)).toBeUndefined();
    gate.set('pause');
    const held = gate.pass(never);
    gate.set('step');
    await held;
    expect(gate.pace).toBe('pause');
    const again = gate.pass(never);
    gate.set('run');
    await again;
    expect(gate.pass(never)).toBeUndefined();
  });

  it('lets one step through when a running run is told to step', () => {
    const gate = new Gate(1);
    gate.set('step');
    expect(gate.pass(never)).toBeUndefined();
    expect(gate.pass(never)).toBeInstanceOf(Promise);
  });

  it('holds a run no more once it is stopped, and ends it', async () => {
    const gate = new Gate(1);
    gate.set('pause');
    const held = gate.pass(never);
    gate.set('stop');
    await held;
    expect(gate.signal.aborted).toBe(true);
    gate.set('pause');
    expect(gate.pass(never)).toBeUndefined();
  });

  it('rejects a held run as soon as its device is lost', async () => {
    const gate = new Gate(1);
    gate.set('pause');
    await expect(gate.pass(Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  });
});
