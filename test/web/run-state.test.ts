/** The page's view of a run: the trace over a lost device, the gate between steps. */

import { describe, expect, it } from 'vitest';
import type { EvaluationReport } from '../../src/transfer/evaluator.ts';
import { RunState } from '../../src/web/model/run.ts';
import { Gate } from '../../src/web/worker/gate.ts';

const report = (evaluation: number): EvaluationReport => ({
  evaluation,
  phase: 1,
  step: evaluation,
  scale: 64,
  learningRate: 1,
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

describe('RunState', () => {
  it('forgets what a lost device made void and counts on', () => {
    const run = new RunState();
    run.prepare(10);
    run.follow({ kind: 'painting', terms });
    run.follow({ kind: 'progress', reports: [1, 2, 3, 4].map(report), bytesInUse: 5 });
    run.follow({ kind: 'device-lost', message: 'gone' });
    expect(run.isRecovering.value).toBe(true);
    run.follow({ kind: 'device-back', evaluation: 2 });
    run.follow({ kind: 'painting', terms });
    run.follow({ kind: 'progress', reports: [report(3)], bytesInUse: 6 });
    expect(run.isRecovering.value).toBe(false);
    expect(run.trace.value.evaluation).toEqual([1, 2, 3]);
    expect(run.trace.value.byTerm).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ]);
    expect([run.evaluation.value, run.bytesInUse.value]).toEqual([3, 6]);
  });

  it('stays paused when a run is set up again after a lost device', () => {
    const run = new RunState();
    run.prepare(10);
    run.follow({ kind: 'painting', terms });
    run.pause();
    run.follow({ kind: 'device-back', evaluation: 0 });
    run.follow({ kind: 'painting', terms });
    expect(run.phase.value).toBe('paused');
  });
});

describe('Gate', () => {
  it('lets a run go on, holds it, and lets single steps through', async () => {
    const gate = new Gate();
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
    const gate = new Gate();
    gate.set('step');
    expect(gate.pass(never)).toBeUndefined();
    expect(gate.pass(never)).toBeInstanceOf(Promise);
  });

  it('rejects a held run as soon as its device is lost', async () => {
    const gate = new Gate();
    gate.set('pause');
    await expect(gate.pass(Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  });
});
