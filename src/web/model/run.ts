/** The state of a run as the page shows it. */

import { type Signal, signal } from '@preact/signals';
import type { EvaluationReport } from '../../transfer/evaluator.ts';
import { type Speed, Speedometer } from '../../transfer/speed.ts';
import type { EngineEvent, PictureInfo, PlannedScale, RunSummary } from '../protocol.ts';
import { budgetOf, type Place, placeOf, workOf, workUntil } from './place.ts';
import { cutTrace, emptyTrace, extendTrace, startTrace, type Trace } from './trace.ts';

export type RunPhase = 'idle' | 'preparing' | 'painting' | 'paused' | 'ending';

export class RunState {
  readonly phase: Signal<RunPhase> = signal('idle');
  readonly trace: Signal<Trace> = signal(emptyTrace);
  readonly evaluation = signal(0);
  readonly budget = signal(0);
  /** Of the run at work. */
  readonly scales: Signal<readonly PlannedScale[]> = signal([]);
  readonly place: Signal<Place | undefined> = signal(undefined);
  readonly pace: Signal<Speed> = signal({ perSecond: undefined, secondsLeft: undefined });
  readonly bytesInUse = signal(0);
  /** The picture on the canvas; undefined while nothing was ever painted. */
  readonly picture: Signal<PictureInfo | undefined> = signal(undefined);
  readonly summary: Signal<RunSummary | undefined> = signal(undefined);
  /** Whether a lost device is being replaced. */
  readonly isRecovering = signal(false);
  #speedometer = new Speedometer(0);
  /** Of work: later scales are slower. */
  #workSpeedometer = new Speedometer(0);

  get isBusy(): boolean {
    return this.phase.value !== 'idle';
  }

  prepare(): void {
    this.phase.value = 'preparing';
    this.scales.value = [];
    this.place.value = undefined;
    this.budget.value = 0;
    this.evaluation.value = 0;
    this.summary.value = undefined;
    this.trace.value = emptyTrace;
    this.#restartSpeedometers();
  }

  /** What the run is going to do is known. */
  planned(scales: readonly PlannedScale[]): void {
    this.scales.value = scales;
    this.budget.value = budgetOf(scales);
    this.#restartSpeedometers();
  }

  /** The clock of the rate starts anew: after a pause, or on another device. */
  #restartSpeedometers(): void {
    this.#speedometer = new Speedometer(this.budget.value);
    this.#workSpeedometer = new Speedometer(workOf(this.scales.value));
    this.pace.value = { perSecond: undefined, secondsLeft: undefined };
  }

  pause(): void {
    this.phase.value = 'paused';
    this.#restartSpeedometers();
  }

  resume(): void {
    this.phase.value = 'painting';
  }

  end(): void {
    this.phase.value = 'idle';
    this.isRecovering.value = false;
    this.pace.value = { ...this.pace.value, secondsLeft: undefined };
  }

  /** Follows the worker. */
  follow(event: EngineEvent): void {
    switch (event.kind) {
      case 'painting':
        if (this.phase.value === 'preparing') this.phase.value = 'painting';
        if (this.trace.value.evaluation.length === 0) this.trace.value = startTrace(event.terms);
        // A run that is taken up again may be in the middle of the scale.
        if (this.place.value?.scale !== event.scale) {
          this.place.value = { scale: event.scale, phase: 1 };
          // Neither the setting up nor the speed at another size is that of this scale.
          this.#restartSpeedometers();
        }
        this.isRecovering.value = false;
        return;
      case 'preview':
        // Only now is there something to see.
        this.picture.value = event.size;
        return;
      case 'progress': {
        this.bytesInUse.value = event.bytesInUse;
        this.#advance(event.reports);
        return;
      }
      case 'device-lost':
        this.isRecovering.value = true;
        return;
      case 'device-back':
        this.trace.value = cutTrace(this.trace.value, event.evaluation);
        this.evaluation.value = event.evaluation;
        this.#restartSpeedometers();
        return;
      default:
        return;
    }
  }

  #advance(reports: readonly EvaluationReport[]): void {
    const last = reports.at(-1);
    if (last === undefined) return;
    const { evaluation, phase, step } = last;
    const scales = this.scales.value;
    const place = placeOf(scales, phase);
    const { scale, phase: within } = this.place.value ?? {};
    if (place.scale !== scale || place.phase !== within) this.place.value = place;
    this.trace.value = extendTrace(this.trace.value, reports);
    this.evaluation.value = evaluation;
    const nowMs = performance.now();
    const { perSecond } = this.#speedometer.report(evaluation, nowMs);
    const { secondsLeft } = this.#workSpeedometer.report(workUntil(scales, phase, step), nowMs);
    this.pace.value = { perSecond, secondsLeft };
  }
}
