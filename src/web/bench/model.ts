/** The benchmark page's state and what its controls do. */

import { batch, computed, type Signal, signal } from '@preact/signals';
import { markdownSections } from '../../bench/output.ts';
import type { Report } from '../../bench/report.ts';
import { messageOf } from '../../core/errors.ts';
import { copyText } from '../../platform/browser/clipboard.ts';
import { presetSettings } from '../../settings/presets.ts';
import { usualSize } from '../../settings/sizes.ts';
import type { AdapterInfo } from '../protocol.ts';
import { forecastPicture } from './forecast.ts';
import { keepDuration, keptSeconds } from './kept-duration.ts';
import type { BenchEvent, BenchOrder, BenchRequest, BenchStep } from './protocol.ts';

/** Sides of the squares to choose from. */
export const sideChoices = [32, 64, 128, 256, 512, 1024] as const;

const usual = {
  gpu: { layerSide: 256, sides: [128, 256, 512], allVariants: false },
  software: { layerSide: 64, sides: [64, 128], allVariants: false },
} as const;

export type BenchState = 'opening' | 'ready' | 'measuring' | 'unavailable';

export class BenchModel {
  readonly state: Signal<BenchState> = signal('opening');
  readonly adapter: Signal<AdapterInfo | undefined> = signal(undefined);
  readonly request: Signal<BenchRequest> = signal(usual.gpu);
  readonly step: Signal<BenchStep | undefined> = signal(undefined);
  readonly report: Signal<Report | undefined> = signal(undefined);
  /** Sentences about what went wrong or was left out. */
  readonly remarks: Signal<readonly string[]> = signal([]);
  /** What the last press of a button came to, for screen readers and for the eye. */
  readonly status = signal('');
  /** How long a picture of the usual size takes here; undefined before an evaluation is measured. */
  readonly picture = computed(() => {
    const [adapter, report] = [this.adapter.value, this.report.value];
    return adapter && report && forecastPicture(usualSize(adapter), report.evaluations);
  });
  /** Seconds that the last measurement like the one chosen took; undefined where there was none. */
  readonly expectedSeconds = computed(() =>
    // Asked again when one is done.
    this.state.value === 'measuring'
      ? undefined
      : keptSeconds(this.adapter.value?.description ?? '', this.request.value),
  );
  #worker: Worker;
  #startedAtMs = 0;

  constructor() {
    this.#worker = this.#open();
  }

  change(change: Partial<BenchRequest>): void {
    this.request.value = { ...this.request.value, ...change };
  }

  /** Adds or removes a size of whole evaluations; they are measured from the smallest up. */
  toggleSide(side: number, isWanted: boolean): void {
    const others = this.request.value.sides.filter((each) => each !== side);
    this.change({ sides: (isWanted ? [...others, side] : others).toSorted((a, b) => a - b) });
  }

  start(): void {
    this.#startedAtMs = performance.now();
    batch(() => {
      this.state.value = 'measuring';
      this.report.value = undefined;
      this.remarks.value = [];
      this.status.value = 'measuring';
    });
    const order: BenchOrder = { ...this.request.value, settings: presetSettings('lecture') };
    this.#worker.postMessage(order);
  }

  /** Ends the worker, whatever it is doing; what was found so far stays. */
  cancel(): void {
    this.#worker.terminate();
    batch(() => {
      this.state.value = 'opening';
      this.step.value = undefined;
      this.status.value = 'cancelled; what was measured so far is below';
    });
    this.#worker = this.#open();
  }

  async copyMarkdown(): Promise<void> {
    if (this.report.value === undefined) return;
    try {
      await copyText(markdownSections(this.report.value));
      this.status.value = 'copied as Markdown';
    } catch (error) {
      this.status.value = messageOf(error);
    }
  }

  #open(): Worker {
    const worker = new Worker(new URL('../worker.ts', import.meta.url), { type: 'module', name: 'benchmark' });
    worker.addEventListener('message', ({ data }: MessageEvent<BenchEvent>) => batch(() => this.#follow(data)));
    worker.addEventListener('error', ({ message }) => {
      this.#fail(`the benchmark's worker stopped (${message || 'it could not be loaded'}); reload the page`);
    });
    return worker;
  }

  #follow(event: BenchEvent): void {
    switch (event.kind) {
      case 'adapter':
        // The first time only: after a cancelled run the choices stay the user's.
        if (this.adapter.value === undefined) this.request.value = event.isSoftware ? usual.software : usual.gpu;
        this.adapter.value = event;
        this.state.value = 'ready';
        return;
      case 'no-webgpu':
        this.state.value = 'unavailable';
        return;
      case 'weights':
        this.#followWeights(event.loadedBytes / event.totalBytes);
        return;
      case 'step':
        this.step.value = event;
        return;
      case 'found':
        this.report.value = event.report;
        return;
      case 'left-out':
        this.remarks.value = [...this.remarks.value, event.message];
        return;
      case 'done':
        this.#keepDuration();
        this.state.value = 'ready';
        this.step.value = undefined;
        this.status.value = 'done';
        return;
      case 'failed':
        this.#fail(event.message);
    }
  }

  #keepDuration(): void {
    const seconds = (performance.now() - this.#startedAtMs) / 1000;
    keepDuration(this.adapter.value?.description ?? '', this.request.value, seconds);
  }

  #followWeights(share: number): void {
    const { value } = this.step;
    if (value !== undefined) this.step.value = { ...value, text: `fetching weights, ${Math.round(100 * share)} %` };
  }

  /** A device that failed once is not measured again. */
  #fail(message: string): void {
    this.#worker.terminate();
    batch(() => {
      this.remarks.value = [...this.remarks.value, message];
      this.step.value = undefined;
      this.status.value = 'the benchmark ended early';
      this.state.value = 'opening';
    });
    this.#worker = this.#open();
  }
}
