/** A run as the page shows it: its state, how far it is, and the calls that start, hold and end it. */

import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { EvaluationReport } from '../../transfer/evaluator.ts';
import { type Speed, Speedometer } from '../../transfer/speed.ts';
import { budgetOf, type Place, placeOf } from '../../transfer/work.ts';
import type { Order, Pace, PictureInfo, PlanInfo, PlannedScale, RunEvent, RunSummary } from '../protocol.ts';
import {
  type Deed,
  nextState,
  noRun,
  type RunCommand,
  type RunMessage,
  type RunPhase,
  type State,
} from './run-machine.ts';
import { cutTrace, emptyTrace, extendTrace, startTrace, type Trace } from './trace.ts';

/** What a run asks of the engine. */
export interface RunCalls {
  readonly plan: (order: Order) => Promise<PlanInfo>;
  /** Resolves when the run has ended. */
  readonly start: (run: number, order: Order) => Promise<RunSummary>;
  readonly pace: (run: number, pace: Pace) => void;
}

/** How far a run is. */
interface Progress {
  readonly trace: Trace;
  readonly evaluation: number;
  readonly budget: number;
  readonly scales: readonly PlannedScale[];
  readonly place: Place | undefined;
  readonly pace: Speed;
  readonly bytesInUse: number;
}

const unknownPace: Speed = { perSecond: undefined, secondsLeft: undefined };
const noProgress: Progress = {
  trace: emptyTrace,
  evaluation: 0,
  budget: 0,
  scales: [],
  place: undefined,
  pace: unknownPace,
  bytesInUse: 0,
};

function shareOf({ trace, evaluation, budget }: Progress): number {
  if (trace.whole > 0) return (trace.work.at(-1) ?? 0) / trace.whole;
  return budget === 0 ? 0 : evaluation / budget;
}

export class RunState {
  readonly #engine: RunCalls;
  readonly #state: Signal<State> = signal(noRun);
  readonly #progress: Signal<Progress> = signal(noProgress);
  readonly #picture: Signal<PictureInfo | undefined> = signal(undefined);
  /** What the run before left, until the one at work has painted something. */
  #before: { readonly progress: Progress; readonly picture: PictureInfo | undefined } = {
    progress: noProgress,
    picture: undefined,
  };
  #speedometer = new Speedometer([]);

  readonly phase: ReadonlySignal<RunPhase> = computed(() => this.#state.value.phase);
  /** Whether a lost device is being replaced. */
  readonly isRecovering = computed(() => this.#state.value.phase !== 'idle' && this.#state.value.isRecovering);
  /** How the last run ended; undefined while one is at work. */
  readonly summary = computed(() => (this.#state.value.phase === 'idle' ? this.#state.value.summary : undefined));
  /** The picture on the canvas; undefined while nothing was ever painted. */
  readonly picture: ReadonlySignal<PictureInfo | undefined> = this.#picture;
  readonly trace = computed(() => this.#progress.value.trace);
  readonly evaluation = computed(() => this.#progress.value.evaluation);
  readonly budget = computed(() => this.#progress.value.budget);
  /** Of the run at work, else of the last one. */
  readonly scales = computed(() => this.#progress.value.scales);
  /** How far the run is, 0 to 1, evaluations counting by their pixels; of a kept run the scales are not known. */
  readonly share = computed(() => shareOf(this.#progress.value));
  readonly place = computed(() => this.#progress.value.place);
  readonly pace = computed(() => this.#progress.value.pace);
  readonly bytesInUse = computed(() => this.#progress.value.bytesInUse);

  constructor(engine: RunCalls) {
    this.#engine = engine;
  }

  get isBusy(): boolean {
    return this.phase.value !== 'idle';
  }

  /**
   * Paints what is ordered, unless a run is at work. `onStart` hears what it takes, just before it starts. Resolves when the run has
   * ended; undefined where none was started.
   *
   * @throws RefusedError with the engine's sentence.
   */
  async paint(order: Order, onStart: (plan: PlanInfo) => void): Promise<RunSummary | undefined> {
    if (this.isBusy) return undefined;
    this.#take({ kind: 'paint' });
    const { run } = this.#state.value;
    try {
      const plan = await this.#engine.plan(order);
      if (this.#take({ kind: 'planned', run }) !== 'start') return undefined;
      this.#progress.value = { ...noProgress, scales: plan.scales, budget: budgetOf(plan.scales) };
      this.#restartSpeedometer();
      onStart(plan);
      const summary = await this.#engine.start(run, order);
      this.#take({ kind: 'ended', run, summary });
      return summary;
    } catch (error) {
      // Nobody waits for a run that was stopped before it started.
      if (!this.#isAtWork(run)) return undefined;
      this.#take({ kind: 'refused', run });
      throw error;
    }
  }

  /** What a person does; without effect where the run's state has no use for it. */
  do(deed: Exclude<Deed, 'paint'>): void {
    const command = this.#take({ kind: deed });
    const { run } = this.#state.value;
    if (command !== undefined && command !== 'start') this.#engine.pace(run, command);
  }

  /** Follows what the engine tells of the run at work; of another one it is void. */
  follow(run: number, event: RunEvent): void {
    if (this.#isAtWork(run)) batch(() => this.#follow(run, event));
  }

  /** Shows what was kept of a run of an earlier page. */
  restore(picture: PictureInfo, kept: Pick<Progress, 'trace' | 'evaluation' | 'budget'>): void {
    this.#replace(picture, { ...noProgress, ...kept });
  }

  /** Shows that nothing is painted. */
  clear(): void {
    this.#replace(undefined, noProgress);
  }

  #replace(picture: PictureInfo | undefined, progress: Progress): void {
    const { phase, run } = this.#state.value;
    if (phase !== 'idle') return;
    batch(() => {
      this.#state.value = { phase, run, summary: undefined };
      this.#picture.value = picture;
      this.#progress.value = progress;
    });
  }

  #isAtWork(run: number): boolean {
    return this.isBusy && this.#state.value.run === run;
  }

  /** Brings the state on, and what is shown with it. */
  #take(message: RunMessage): RunCommand | undefined {
    const before = this.#state.value;
    const { state, command } = nextState(before, message);
    batch(() => {
      this.#state.value = state;
      if (before.phase === 'idle' && state.phase === 'planning') {
        this.#before = { progress: this.#progress.value, picture: this.#picture.value };
        this.#progress.value = noProgress;
      }
      if (before.phase !== 'idle' && state.phase === 'idle' && this.#hasPaintedNothing(state)) {
        this.#progress.value = this.#before.progress;
        this.#picture.value = this.#before.picture;
      }
      if (state.phase === 'idle') this.#show({ pace: { ...this.pace.value, secondsLeft: undefined } });
      if (before.phase === 'painting' && state.phase === 'paused') this.#restartSpeedometer();
    });
    return command;
  }

  #hasPaintedNothing({ summary }: Extract<State, { phase: 'idle' }>): boolean {
    return (summary?.evaluations ?? this.evaluation.value) === 0;
  }

  #follow(run: number, event: RunEvent): void {
    const { trace, place, scales } = this.#progress.value;
    switch (event.kind) {
      case 'painting':
        this.#take({ kind: event.kind, run });
        if (trace.evaluation.length === 0) this.#show({ trace: startTrace(event.terms, scales) });
        // A run that is taken up again may be in the middle of the scale.
        if (place?.scale === event.scale) return;
        this.#show({ place: { scale: event.scale, phase: 1 } });
        return;
      case 'preview':
        // Only now is there something to see.
        this.#picture.value = event.size;
        return;
      case 'progress':
        this.#advance(event.reports, event.bytesInUse);
        return;
      case 'device-lost':
        this.#take({ kind: event.kind, run });
        return;
      case 'device-back':
        this.#show({ trace: cutTrace(trace, event.evaluation), evaluation: event.evaluation });
        this.#restartSpeedometer();
    }
  }

  #advance(reports: readonly EvaluationReport[], bytesInUse: number): void {
    const { trace, scales, place: before } = this.#progress.value;
    const last = reports.at(-1);
    if (last === undefined) return;
    const place = placeOf(scales, last.phase);
    const isThere = place.scale === before?.scale && place.phase === before.phase;
    this.#show({
      trace: extendTrace(trace, reports, scales),
      evaluation: last.evaluation,
      place: isThere ? before : place,
      pace: this.#speedometer.report(last, performance.now()),
      bytesInUse,
    });
  }

  /** The clock of the rate starts anew: after a pause, or on another device. */
  #restartSpeedometer(): void {
    this.#speedometer = new Speedometer(this.#progress.value.scales);
    this.#show({ pace: unknownPace });
  }

  #show(progress: Partial<Progress>): void {
    this.#progress.value = { ...this.#progress.value, ...progress };
  }
}
