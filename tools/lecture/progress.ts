/** How far the page is, and about how long it will take, on stderr. */

import { formatDuration } from '../../src/cli/output.ts';
import { totalSteps } from '../../src/optimizers/phase.ts';
import { phasesOf } from '../../src/transfer/presets.ts';
import { convolutionsOf } from '../../src/transfer/stylize.ts';
import type { RunSpec } from './section.ts';

/** Convolutions of VGG16 down to the deepest tap of the lecture. */
const allConvolutions = 13;
/** What an evaluation costs besides its pixels, in pixels: on small pictures the weights are most of the work. */
const fixedPixels = 5000;

/** Work of a run in units of its own: evaluations, times pixels, times the share of the network that it needs. */
export function costOf({ settings, size }: RunSpec): number {
  const phases = phasesOf(settings);
  const depth = convolutionsOf(settings).length / allConvolutions;
  const perStep = (scale: number): number => (fixedPixels + 0.7 * scale ** 2) * depth;
  return phases.reduce((sum, { steps, scale }) => sum + steps * perStep(Math.min(scale ?? size, size)), 0);
}

export function evaluationsOf({ settings }: RunSpec): number {
  return totalSteps(phasesOf(settings));
}

export class Progress {
  readonly #runs: readonly RunSpec[];
  readonly #startedAtMs = performance.now();
  /** Work done by this process, and work that is done or was kept. */
  #worked = 0;
  #settled = 0;
  #count = 0;

  constructor(runs: readonly RunSpec[]) {
    this.#runs = runs;
  }

  /** A run begins, or goes on. */
  at(run: RunSpec, evaluation: number): void {
    if (!process.stderr.isTTY) return;
    const share = evaluation / evaluationsOf(run);
    process.stderr.write(
      `\r\x1b[K${this.#prefix(run)} ${evaluation}/${evaluationsOf(run)}${this.#left(share * costOf(run))}`,
    );
  }

  /** A run is there. */
  done(run: RunSpec, how: 'made' | 'kept'): void {
    const prefix = this.#prefix(run);
    this.#count += 1;
    this.#settled += costOf(run);
    if (how === 'made') this.#worked += costOf(run);
    const clear = process.stderr.isTTY ? '\r\x1b[K' : '';
    process.stderr.write(`${clear}${prefix}${how === 'kept' ? ', kept from before' : ''}${this.#left(0)}\n`);
  }

  #prefix({ name }: RunSpec): string {
    return `[${this.#count + 1}/${this.#runs.length}] ${name}`;
  }

  #left(begun: number): string {
    const worked = this.#worked + begun;
    if (worked === 0) return '';
    const seconds = (performance.now() - this.#startedAtMs) / 1000;
    const left = this.#runs.reduce((sum, run) => sum + costOf(run), 0) - this.#settled - begun;
    return `, ${formatDuration((seconds / worked) * left)} left`;
  }
}
