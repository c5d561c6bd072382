/** How a run waits for its evaluations, on a simulated device and clock: what is slept although the device had nothing left to do. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Patience } from '../../src/core/patience.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const profile = {
  vendor: 'simulated',
  architecture: '',
  description: 'simulated',
  isSoftware: true,
  subgroupSize: undefined,
};

interface Work {
  leftMs: number;
}

/** Works through its queue on one core of two: while the host spins, it has `spinning` of its speed. */
class SimulatedDevice {
  idleMs = 0;
  readonly #spinning: number;
  readonly #queue: Work[] = [];
  #atMs = performance.now();

  constructor(spinning: number) {
    this.#spinning = spinning;
  }

  submit(workMs: number): Work {
    this.#advance(1);
    const work = { leftMs: workMs };
    this.#queue.push(work);
    return work;
  }

  /** Resolves when the work is done; the host spins for it. */
  async done(work: Work): Promise<void> {
    this.#advance(1);
    const ahead = this.#queue.slice(0, this.#queue.indexOf(work) + 1);
    const spunMs = ahead.reduce((sum, { leftMs }) => sum + leftMs, 0) / this.#spinning;
    if (spunMs === 0) return;
    await new Promise((resolve) => setTimeout(resolve, spunMs));
    this.#advance(this.#spinning);
  }

  #advance(speed: number): void {
    let leftMs = performance.now() - this.#atMs;
    this.#atMs += leftMs;
    for (let work = this.#queue[0]; work !== undefined && leftMs > 0; work = this.#queue[0]) {
      const doneMs = Math.min(leftMs, work.leftMs / speed);
      leftMs -= doneMs;
      work.leftMs -= doneMs * speed;
      if (work.leftMs > 1e-6) return;
      work.leftMs = 0;
      this.#queue.shift();
    }
    this.idleMs += leftMs;
  }
}

/** Evaluations as a run spends them, two in flight; milliseconds it took, and of them those in which the device had no work. */
async function spend(
  workMs: readonly number[],
  spinning = 0.6,
): Promise<{ readonly tookMs: number; readonly idleMs: number }> {
  const run = async () => {
    const device = new SimulatedDevice(spinning);
    const patience = new Patience();
    const startedAtMs = performance.now();
    const waiting: { readonly work: Work; readonly submittedAtMs: number }[] = [];
    let lastDoneAtMs = 0;
    const settle = async (): Promise<void> => {
      const oldest = waiting.shift();
      if (oldest === undefined) return;
      await patience.wait({ profile }, Math.max(lastDoneAtMs, oldest.submittedAtMs), () => device.done(oldest.work));
      lastDoneAtMs = performance.now();
    };
    for (const ms of workMs) {
      waiting.push({ work: device.submit(ms), submittedAtMs: performance.now() });
      if (waiting.length >= 2) await settle();
    }
    while (waiting.length > 0) await settle();
    return { tookMs: performance.now() - startedAtMs, idleMs: device.idleMs };
  };
  const running = run();
  await vi.runAllTimersAsync();
  return await running;
}

/** A steady run of `count` evaluations of 160 ms, with other times for some of them. */
const steady = (count: number, others: Readonly<Record<number, number>> = {}): readonly number[] =>
  Array.from({ length: count }, (_, index) => others[index] ?? 160);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('how a run waits', () => {
  const runs = new Map([
    ['a warm run', steady(60)],
    ['a cold run, whose first evaluation compiles', steady(60, { 0: 8000 })],
    ['a cold run, whose second one compiles too', steady(60, { 0: 8000, 1: 900 })],
    ['one slow moment of the machine', steady(60, { 30: 3000 })],
    ['three slow moments in a row', steady(60, { 30: 3000, 31: 3000, 32: 3000 })],
    ['a machine that has become twice as fast', steady(120).map((ms, index) => (index < 60 ? 2 * ms : ms))],
    ['a machine that has become half as fast', steady(120).map((ms, index) => (index < 60 ? ms : 2 * ms))],
  ]);

  it.each([...runs.keys()])('%s: at most 2 %% of it is slept away', async (name) => {
    const { tookMs, idleMs } = await spend(runs.get(name) ?? []);
    expect(tookMs).toBeGreaterThan(60 * 160);
    expect(idleMs / tookMs).toBeLessThan(0.02);
  });

  it('a steady device loses little of its time to spinning', async () => {
    const workMs = steady(200);
    for (const spinning of [0.5, 0.75, 1]) {
      const { tookMs } = await spend(workMs, spinning);
      expect(tookMs / sum(workMs)).toBeLessThan(1.1);
    }
  });

  it('nothing is slept on a GPU', async () => {
    const ask = vi.fn(async () => {});
    const patience = new Patience();
    for (let i = 0; i < 5; i++) {
      await patience.wait({ profile: { ...profile, isSoftware: false } }, performance.now() - 1000, ask);
    }
    expect(vi.getTimerCount()).toBe(0);
    expect(ask).toHaveBeenCalledTimes(5);
  });
});
