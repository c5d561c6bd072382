/** The state of a run as the page shows it. */

import { type Signal, signal } from '@preact/signals';
import { type Pace, Rate } from '../../transfer/rate.ts';
import type { EngineEvent, PictureInfo, RunSummary } from '../protocol.ts';
import { cutTrace, emptyTrace, extendTrace, startTrace, type Trace } from './trace.ts';

export type RunPhase = 'idle' | 'preparing' | 'painting' | 'paused' | 'ending';

export class RunState {
  readonly phase: Signal<RunPhase> = signal('idle');
  readonly trace: Signal<Trace> = signal(emptyTrace);
  readonly evaluation = signal(0);
  readonly budget = signal(0);
  readonly pace: Signal<Pace> = signal({ perSecond: undefined, secondsLeft: undefined });
  readonly bytesInUse = signal(0);
  /** The picture on the canvas; undefined while nothing was ever painted. */
  readonly picture: Signal<PictureInfo | undefined> = signal(undefined);
  readonly summary: Signal<RunSummary | undefined> = signal(undefined);
  /** Whether a lost device is being replaced. */
  readonly isRecovering = signal(false);
  #rate = new Rate(0);

  get isBusy(): boolean {
    return this.phase.value !== 'idle';
  }

  prepare(budget: number): void {
    this.phase.value = 'preparing';
    this.budget.value = budget;
    this.evaluation.value = 0;
    this.summary.value = undefined;
    this.trace.value = emptyTrace;
    this.#restartRate();
  }

  /** The clock of the rate starts anew: after a pause, or on another device. */
  #restartRate(): void {
    this.#rate = new Rate(this.budget.value);
    this.pace.value = { perSecond: undefined, secondsLeft: undefined };
  }

  pause(): void {
    this.phase.value = 'paused';
    this.#restartRate();
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
        this.isRecovering.value = false;
        return;
      case 'preview':
        // Only now is there something to see.
        this.picture.value = event.size;
        return;
      case 'progress': {
        const last = event.reports.at(-1)?.evaluation ?? this.evaluation.value;
        this.trace.value = extendTrace(this.trace.value, event.reports);
        this.evaluation.value = last;
        this.bytesInUse.value = event.bytesInUse;
        this.pace.value = this.#rate.report(last, performance.now());
        return;
      }
      case 'device-lost':
        this.isRecovering.value = true;
        return;
      case 'device-back':
        this.trace.value = cutTrace(this.trace.value, event.evaluation);
        this.evaluation.value = event.evaluation;
        this.#restartRate();
        return;
      default:
        return;
    }
  }
}
