/** What the page and its worker say to each other: calls with an answer, and events. Everything in it can be cloned. */

import type { TermLabel } from '../objective/terms.ts';
import type { Settings } from '../settings/settings.ts';
import type { NoiseKind, PictureStart } from '../settings/starts.ts';
import type { EvaluationReport } from '../transfer/evaluator.ts';
import type { RunEnd } from '../transfer/run.ts';
import type { ScaleWork } from '../transfer/work.ts';

/** The adapter, as far as the page shows it. */
export interface AdapterInfo {
  readonly description: string;
  readonly isSoftware: boolean;
}

export interface PictureInfo {
  readonly width: number;
  readonly height: number;
}

/** A style picture's part in the mix. */
export interface StyleShare {
  /** The picture's id, as given to `picture`. */
  readonly id: string;
  readonly weight: number;
}

export interface PaintingWords {
  readonly fileName: string;
  readonly description: string;
  readonly command: string;
}

/** What is to be painted. */
export interface Order {
  readonly settings: Settings;
  /** Longest side of the result; undefined keeps the photograph's. */
  readonly size: number | undefined;
  readonly content: string;
  readonly styles: readonly StyleShare[];
  /** `here`: from the picture on the canvas. */
  /** What the picture says of itself, where a checkpoint is resumed elsewhere. */
  readonly words: PaintingWords;
  /** The file of a checkpoint to go on from. */
  readonly resume?: Blob | undefined;
  readonly start: 'here' | { readonly kind: PictureStart } | { readonly kind: NoiseKind; readonly seed: number };
}

/** A scale of a run before it is painted. */
export type PlannedScale = ScaleWork;

/** The size is that of the result. */
export interface PlanInfo extends PictureInfo {
  /** Of the scale that takes most. */
  readonly peakBytes: number;
  /** What is done to make the run fit, a sentence each. */
  readonly remarks: readonly string[];
  /** In order, at least one. */
  readonly scales: readonly PlannedScale[];
}

export interface RunSummary {
  readonly end: RunEnd;
  readonly evaluations: number;
  readonly elapsedMs: number;
  /** Why a run ended at a loss that is not finite. */
  readonly problem: string | undefined;
}

/** A run by its number, which the page gives. */
export interface RunNumber {
  readonly run: number;
}

/** How a run that was started should go on: on, held, by one step and held, or to its end after the evaluation at work. */
export type Pace = 'run' | 'pause' | 'step' | 'stop';

/** Calls by name: what is sent and what comes back. */
export interface Calls {
  /** Takes the canvas and opens the adapter; weights that are kept begin to be read. */
  open: { readonly sent: { readonly canvas: OffscreenCanvas }; readonly answer: AdapterInfo };
  /** Takes another canvas, as `canvas-needed` asks for. */
  canvas: { readonly sent: { readonly canvas: OffscreenCanvas }; readonly answer: undefined };
  /** Decodes a picture and keeps it under an id. */
  picture: {
    readonly sent: { readonly id: string; readonly file: Blob; readonly name: string };
    readonly answer: PictureInfo;
  };
  /** A small copy of a picture as a file, made of what was decoded already. */
  thumbnail: { readonly sent: { readonly id: string }; readonly answer: Blob };
  forget: { readonly sent: { readonly id: string }; readonly answer: undefined };
  /** Shows a finished picture, as if a run had made it. */
  show: { readonly sent: { readonly file: Blob }; readonly answer: PictureInfo };
  /** Fetches the weights where they are not there or on their way. */
  weights: { readonly sent: undefined; readonly answer: undefined };
  /** What an order would take, or why it cannot be done. */
  plan: { readonly sent: Order; readonly answer: PlanInfo };
  /** Answers when the run has ended. */
  start: { readonly sent: RunNumber & { readonly order: Order }; readonly answer: RunSummary };
  /** Of the run that was started last; any other is over. */
  pace: { readonly sent: RunNumber & { readonly pace: Pace }; readonly answer: undefined };
  /** What the file of a checkpoint says of its run, unchecked but for its checksum. */
  checkpoint: { readonly sent: { readonly file: Blob }; readonly answer: unknown };
  /** The picture on the canvas as PNG, with texts in its metadata. */
  png: { readonly sent: { readonly texts: Readonly<Record<string, string>> }; readonly answer: Blob };
}

export type CallName = keyof Calls;

/** Something the worker tells of a run that was started. */
export type RunEvent =
  /** A scale of the run is set up: from here on its evaluations are reported. Scales are counted from 1. */
  | { readonly kind: 'painting'; readonly terms: readonly TermLabel[]; readonly scale: number }
  | { readonly kind: 'progress'; readonly reports: readonly EvaluationReport[]; readonly bytesInUse: number }
  /** The first frame of a picture of this size is on the canvas. */
  | { readonly kind: 'preview'; readonly size: PictureInfo }
  /** Where the run can be gone on with after this evaluation. */
  | { readonly kind: 'checkpoint'; readonly file: Blob; readonly evaluation: number }
  | { readonly kind: 'device-lost'; readonly message: string }
  /** What became of the run that whoever watches it should know, without a full stop. */
  | { readonly kind: 'news'; readonly sentence: string }
  /** A new device goes on after this evaluation; what was reported later is void. */
  | { readonly kind: 'device-back'; readonly evaluation: number };

/** Something the worker tells without being asked. */
export type EngineEvent =
  | { readonly kind: 'weights'; readonly loadedBytes: number; readonly totalBytes: number }
  | { readonly kind: 'weights-ready' }
  /** The graphics device was lost, and with it the canvas: another one is waited for. */
  | { readonly kind: 'canvas-needed' }
  /** A lost device could not be replaced while nothing was painted. */
  | { readonly kind: 'device-failed'; readonly message: string }
  | { readonly kind: 'weights-failed'; readonly message: string }
  /** The browser changes what is read from a canvas, so pictures that are decoded are not exact. */
  | { readonly kind: 'canvas-noise' }
  | (RunNumber & { readonly kind: 'run'; readonly event: RunEvent });

/** A refusal as it crosses between page and worker. */
export interface Refusal {
  readonly message: string;
  /** The longest side that would fit, where the size was the problem. */
  readonly largestSide?: number | undefined;
}

export type ToWorker = { readonly id: number; readonly call: CallName; readonly sent: unknown };

export type FromWorker =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly refusal: Refusal }
  | { readonly kind: 'event'; readonly event: EngineEvent };
