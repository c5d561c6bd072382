/** How far the page is, and about how long it will take, on stderr. */

import { formatDuration } from '../../src/cli/output.ts';
import { totalSteps } from '../../src/settings/phase.ts';
import { phasesOf } from '../../src/settings/settings.ts';
import { convolutionsOf } from '../../src/transfer/prepare.ts';
import type { RunSpec } from './section.ts';

/** Convolutions of VGG16 down to the deepest tap of the lecture. */
const allConvolutions = 13;
/** What an evaluation costs besides its pixels, in pixels: on small pictures the weights are most of the work. */
const fixedPixels = 5000;

/** Work of one evaluation down to the deepest tap, its picture so long and of about the usual shape. */
export function stepCost(longestSide: number): number {
  return fixedPixels + 0.7 * longestSide ** 2;
}

/** Work of a run in units of its own: evaluations, times pixels, times the share of the network that it needs. */
export function costOf({ settings, size }: RunSpec): number {
  const depth = convolutionsOf(settings).length / allConvolutions;
  return settings.scales.reduce(
    (sum, { longestSide = size, phases }) => sum + totalSteps(phases) * stepCost(Math.min(longestSide, size)) * depth,
    0,
  );
}

export function evaluationsOf({ settings }: RunSpec): number {
  return totalSteps(phasesOf(settings));
}

export class Progress {
  readonly #runs: readonly RunSpec[];
  readonly #kept: ReadonlySet<string>;
  readonly #startedAtMs = performance.now();
  /** Work done. */
  #worked = 0;
  #count = 0;

  /** @param kept Names of the runs that need not be made. */
  constructor(runs: readonly RunSpec[], kept: ReadonlySet<string>) {
    this.#runs = runs;
    this.#kept = kept;
  }

  /** A run begins, or goes on. */
  at(run: RunSpec, evaluation: number): void {
    if (!process.stderr.isTTY) return;
    const all = evaluationsOf(run);
    const left = this.#left((evaluation / all) * costOf(run));
    process.stderr.write(`\r\x1b[K${this.#prefix(run)} ${evaluation}/${all}${left}`);
  }

  /** A run is there. */
  done(run: RunSpec): void {
    const prefix = this.#prefix(run);
    const isKept = this.#kept.has(run.name);
    this.#count += 1;
    if (!isKept) this.#worked += costOf(run);
    const clear = process.stderr.isTTY ? '\r\x1b[K' : '';
    process.stderr.write(`${clear}${prefix}${isKept ? ', kept from before' : ''}${this.#left(0)}\n`);
  }

  #prefix({ name }: RunSpec): string {
    return `[${this.#count + 1}/${this.#runs.length}] ${name}`;
  }

  /** In words, once any work is done. @param begun Work on the run that is being made. */
  #left(begun: number): string {
    const worked = this.#worked + begun;
    const all = this.#runs.reduce((sum, run) => sum + (this.#kept.has(run.name) ? 0 : costOf(run)), 0);
    if (worked === 0 || all === 0) return '';
    const seconds = (performance.now() - this.#startedAtMs) / 1000;
    return `, ${formatDuration((seconds / worked) * (all - worked))} left`;
  }
}
