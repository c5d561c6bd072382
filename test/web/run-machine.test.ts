/** What a run can never look like, whatever is clicked and whatever the engine says, in any order. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunState } from '../../src/web/model/run.ts';
import { type Deed, nextState, noRun, type RunMessage, type State } from '../../src/web/model/run-machine.ts';
import type { RunEvent } from '../../src/web/protocol.ts';
import { FakeEngine, oneScale, order } from './fake-engine.ts';

const deeds = ['paint', 'pause', 'resume', 'step', 'stop', 'hide', 'show'] as const;
const summary = { end: 'complete', evaluations: 1, elapsedMs: 1, problem: undefined } as const;
const runs = 300;

/** Any message, also such as no engine would send: of the run at work for the most part, of an earlier or a later one. */
const messages = fc.oneof(
  fc.constantFrom(...deeds).map((kind) => () => ({ kind })),
  fc
    .tuple(
      fc.constantFrom('planned', 'painting', 'device-lost', 'refused', 'ended'),
      fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1) }),
    )
    .map(([kind, offset]) => ({ run: now }: State): RunMessage => {
      const run = now + offset;
      return kind === 'ended' ? { kind, run, summary } : { kind, run };
    }),
);

describe('nextState', () => {
  const isBusy = ({ phase }: State) => phase !== 'idle';

  it('shows a run that was started as at work until it has ended, and only then', () => {
    follow((before, message, after, started) => {
      const isOver = 'run' in message && message.run === before.run && /ended|refused/.test(message.kind);
      if (started.has(before.run) && isBusy(before)) expect(isBusy(after)).toBe(!isOver);
      if (isBusy(after) && after.phase !== 'planning') expect(started).toContain(after.run);
    });
  });

  it('lets nothing that is said of another run change the one at work', () => {
    follow((before, message, after) => {
      if ('run' in message && message.run !== before.run) expect(after).toBe(before);
    });
  });

  it('gives every run a number of its own, and begins none while one is at work', () => {
    follow((before, { kind }, after) => {
      const hasBegun = kind === 'paint' && !isBusy(before);
      expect(after.run).toBe(before.run + (hasBegun ? 1 : 0));
      expect(isBusy(after) && !isBusy(before)).toBe(hasBegun);
    });
  });

  it('has Stop reach the run at work once, in every state', () => {
    follow((before, { kind }, after, _started, command) => {
      expect(command === 'stop').toBe(kind === 'stop' && /preparing|painting|paused/.test(before.phase));
      if (kind === 'stop') expect(after.phase).toMatch(/idle|ending/);
      if (before.phase === 'ending') expect(after.phase).toMatch(/idle|ending/);
    });
  });

  it('goes on by itself only from a pause that hiding the page began', () => {
    follow((before, { kind }, after) => {
      if (kind !== 'show' || before === after) return;
      expect(before).toMatchObject({ phase: 'paused', by: 'hiding' });
      expect(after.phase).toBe('painting');
    });
  });

  /** Takes the state through random messages. */
  function follow(
    check: (before: State, message: RunMessage, after: State, started: ReadonlySet<number>, command: unknown) => void,
  ): void {
    const walk = (sequence: readonly ((state: State) => RunMessage)[]) => {
      const started = new Set<number>();
      sequence.reduce((before, messageFor) => {
        const message = messageFor(before);
        const { state, command } = nextState(before, message);
        if (command === 'start') expect(started).not.toContain(state.run);
        if (command === 'start') started.add(state.run);
        check(before, message, state, started, command);
        return state;
      }, noRun);
    };
    fc.assert(fc.property(fc.array(messages, { maxLength: 40, size: 'max' }), walk), { numRuns: runs });
  }
});

describe('RunState', () => {
  /** What happens next: a person's deed, an answer of the engine, or something it tells of a run that may be long over. */
  type Happening =
    | { readonly deed: Deed }
    | { readonly plan: number; readonly isRefused: boolean }
    | { readonly end: 'complete' | 'refused' }
    | { readonly event: RunEvent; readonly runsAgo: number };

  const events = fc.constantFrom<RunEvent>(
    { kind: 'painting', terms: [], scale: 1 },
    { kind: 'preview', size: { width: 3, height: 2 } },
    { kind: 'device-lost', message: 'gone' },
    { kind: 'device-back', evaluation: 0 },
  );
  const happenings: fc.Arbitrary<Happening> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ deed: fc.constantFrom(...deeds) }) },
    { weight: 3, arbitrary: fc.record({ plan: fc.nat(2), isRefused: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ end: fc.constantFrom('complete' as const, 'refused' as const) }) },
    { weight: 3, arbitrary: fc.record({ event: events, runsAgo: fc.nat(2) }) },
  );

  it('says what the engine does, through overlapping runs, late answers, refusals and lost devices', async () => {
    const walk = async (sequence: readonly Happening[]) => {
      const engine = new FakeEngine();
      const run = new RunState(engine);
      for (const happening of sequence) {
        await make(happening, engine, run);
        compare(engine, run);
      }
    };
    await fc.assert(fc.asyncProperty(fc.array(happenings, { maxLength: 40, size: 'max' }), walk), { numRuns: 200 });
  });

  async function make(happening: Happening, engine: FakeEngine, run: RunState): Promise<void> {
    if ('plan' in happening) {
      const index = Math.min(happening.plan, Math.max(engine.plansAsked - 1, 0));
      await engine.answerPlan(index, happening.isRefused ? undefined : oneScale);
    } else if ('end' in happening) {
      await engine.end(happening.end === 'refused');
    } else if ('event' in happening) {
      const meant = engine.started.at(-1 - happening.runsAgo);
      if (meant === undefined) return;
      const before = run.phase.value;
      run.follow(meant, happening.event);
      if (meant !== engine.atWork?.run) expect(run.phase.value).toBe(before);
    } else if (happening.deed === 'paint') {
      run.paint(order, () => {}).catch(() => {});
    } else {
      run.do(happening.deed);
      if (happening.deed === 'stop' && engine.atWork !== undefined) expect(engine.atWork.pace).toBe('stop');
    }
  }

  function compare({ atWork, mistakes, plansAsked }: FakeEngine, run: RunState): void {
    expect(mistakes).toEqual([]);
    const phase = run.phase.value;
    if (atWork === undefined) {
      expect(phase).toBe(phase === 'planning' && plansAsked > 0 ? phase : 'idle');
    } else if (atWork.pace === 'stop') {
      expect(phase).toBe('ending');
    } else {
      expect(phase).toMatch(atWork.pace === 'run' ? /preparing|painting/ : /paused/);
    }
  }

  it('leaves the figures of the run before where a run is stopped before it starts', async () => {
    const engine = new FakeEngine();
    const run = new RunState(engine);
    void run.paint(order, () => {});
    await engine.answerPlan(0, oneScale);
    await engine.end();
    expect(run.budget.value).toBe(10);
    const withdrawn = run.paint(order, () => {});
    expect(run.budget.value).toBe(0);
    run.do('stop');
    expect([run.phase.value, run.budget.value]).toEqual(['idle', 10]);
    await engine.answerPlan(0, undefined);
    expect(await withdrawn).toBeUndefined();
  });
});
