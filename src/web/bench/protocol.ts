/** What the benchmark page and its worker say to each other. A worker opens the adapter, says so, and measures once. */

import type { Report } from '../../bench/report.ts';
import type { Settings } from '../../settings/settings.ts';
import type { AdapterInfo } from '../protocol.ts';

/** What to measure. Pictures are squares of these sides. */
export interface BenchRequest {
  /** Kernels are timed on the layers of this picture. */
  readonly layerSide: number;
  /** Whole evaluations. */
  readonly sides: readonly number[];
  /** Every variant of the convolutions that the adapter can run, not only `direct` and the one in use. */
  readonly allVariants: boolean;
}

/** What a worker is sent. */
export interface BenchOrder extends BenchRequest {
  readonly settings: Settings;
}

/** What is at work: `done` of `total` are behind. */
export interface BenchStep {
  readonly text: string;
  readonly done: number;
  readonly total: number;
  /** Undefined while nothing is measured that says it. */
  readonly secondsLeft: number | undefined;
}

export type BenchEvent =
  | ({ readonly kind: 'adapter' } & AdapterInfo)
  | { readonly kind: 'weights'; readonly loadedBytes: number; readonly totalBytes: number }
  | ({ readonly kind: 'step' } & BenchStep)
  /** Everything found so far. */
  | { readonly kind: 'found'; readonly report: Report }
  /** Something was left out, and why. */
  | { readonly kind: 'left-out'; readonly message: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'no-webgpu' }
  | { readonly kind: 'failed'; readonly message: string };
