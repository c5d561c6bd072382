/** What a section of the page is: the runs it needs, and the text and figures it makes of them. */

import type { Settings } from '../../src/settings/settings.ts';
import type { NoiseKind } from '../../src/settings/starts.ts';
import type { Effort } from './arguments.ts';
import type { Measured } from './factorisations.ts';
import type { Figures } from './figures.ts';

export const sectionIds = [
  'schedules',
  'inception',
  'content',
  'style',
  'noise',
  'transfer',
  'optimisers',
  'resizing',
  'batch-norm',
] as const;
export type SectionId = (typeof sectionIds)[number];

/** Of all noise on the page, so that its pictures begin alike. */
export const noiseSeed = 1;

/** Noise by its kind, or the lecture's before its median filter. */
export type RunStart =
  | { readonly kind: 'content' }
  | { readonly kind: NoiseKind | 'unfiltered-noise'; readonly seed: number };

/** One computation, as data: equal specifications give equal results, by which finished ones are found again. */
export interface RunSpec {
  /** In words, for the progress; unique. */
  readonly name: string;
  readonly experiment: 'reconstruct' | 'texture' | 'stylize';
  readonly settings: Settings;
  readonly start: RunStart;
  /** Longest side. */
  readonly size: number;
  /** Which weights; the bundled ones where absent. */
  readonly network?: 'batch-norm' | 'inception';
}

/** A picture as the page shows it. */
export interface Still {
  /** A WebP file. */
  readonly picture: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** What a run leaves. */
export interface Outcome extends Still {
  /** One entry an evaluation. */
  readonly losses: readonly {
    readonly total: number;
    readonly content: number;
    readonly style: number;
    readonly learningRate: number;
    readonly scale: number;
    /** Since the first evaluation of the run was done, which compiles the kernels. */
    readonly seconds: number;
  }[];
  /** Why it ended, where not because all was spent. */
  readonly end: string;
}

export interface Section {
  readonly id: SectionId;
  readonly title: string;
  readonly runs: readonly RunSpec[];
  /** HTML. @param outcome Of one of `runs`. */
  readonly render: (outcome: (run: RunSpec) => Outcome, figures: Figures) => string;
}

/** What sections are made from. */
export interface SectionContext {
  readonly effort: Effort;
  readonly hasBatchNorm: boolean;
  readonly hasInception: boolean;
  /** Of each comparison its ways, measured on the device that makes the page. */
  readonly factorisations: readonly (readonly Measured[])[];
  /** At the size of most runs. */
  readonly pictures: {
    readonly content: Still;
    readonly style: Still;
    readonly noise: Still;
    readonly filteredNoise: Still;
  };
}
