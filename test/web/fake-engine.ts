/** An engine that a test answers for: the run it was told to start, to hold and to stop, until the test ends it. */

import { setImmediate } from 'node:timers/promises';
import { presetSettings } from '../../src/settings/presets.ts';
import type { RunCalls } from '../../src/web/model/run.ts';
import type { Order, Pace, PlanInfo, PlannedScale, RunSummary } from '../../src/web/protocol.ts';

export const order: Order = {
  settings: presetSettings('default'),
  size: 32,
  words: { fileName: 'a.png', description: 'a', command: 'impasto' },
  content: 'scene',
  styles: [],
  start: { kind: 'content' },
};
export const oneScale: readonly PlannedScale[] = [{ width: 32, height: 24, phases: [10] }];

/** A call that waits for its answer. */
interface Waiting<Answer> {
  readonly answer: (answer: Answer) => void;
  readonly refuse: (error: Error) => void;
}

/** A run from when it is started until it has ended. */
interface RunAtWork extends Waiting<RunSummary> {
  readonly run: number;
  pace: Pace;
}

export class FakeEngine implements RunCalls {
  atWork: RunAtWork | undefined;
  /** Numbers of the runs that were started, in order. */
  readonly started: number[] = [];
  /** Calls that a run at work, or none, could have no use for. */
  readonly mistakes: string[] = [];
  readonly #plans: Waiting<PlanInfo>[] = [];

  get plansAsked(): number {
    return this.#plans.length;
  }

  readonly plan = (): Promise<PlanInfo> =>
    new Promise((answer, refuse) => {
      this.#plans.push({ answer, refuse });
    });

  readonly start = (run: number): Promise<RunSummary> => {
    if (this.atWork !== undefined) this.mistakes.push(`run ${run} started while ${this.atWork.run} is at work`);
    this.started.push(run);
    return new Promise((answer, refuse) => {
      this.atWork = { run, pace: 'run', answer, refuse };
    });
  };

  readonly pace = (run: number, pace: Pace): void => {
    if (this.atWork?.run === run) this.atWork.pace = pace;
    else this.mistakes.push(`${pace} of run ${run}, which is not at work`);
  };

  /** Answers one of the plans that were asked for; undefined refuses it. Resolves when that is heard. */
  async answerPlan(index: number, scales: readonly PlannedScale[] | undefined): Promise<void> {
    const [plan] = this.#plans.splice(index, 1);
    const { width = 1, height = 1 } = scales?.at(-1) ?? {};
    if (scales === undefined) plan?.refuse(new Error('too large'));
    else plan?.answer({ peakBytes: 1, remarks: [], width, height, scales });
    await setImmediate();
  }

  /** Ends the run at work; refused where it ends with an error. Resolves when that is heard. */
  async end(isRefused = false): Promise<void> {
    const { atWork } = this;
    this.atWork = undefined;
    if (isRefused) atWork?.refuse(new Error('out of memory'));
    else atWork?.answer({ end: 'complete', evaluations: 1, elapsedMs: 1, problem: undefined });
    await setImmediate();
  }
}
