/** Whether a lost device is worth replacing: one that is lost again and again will not do. */

import { DeviceError } from '../../core/errors.ts';

const most = 3;
const withinMs = 60_000;

export class Losses {
  readonly #atMs: number[] = [];
  readonly #now: () => number;

  /** @param now in milliseconds. */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Notes a loss. @throws DeviceError at the third within a minute, with what a person can do. */
  note(): void {
    const nowMs = this.#now();
    this.#atMs.push(nowMs);
    while ((this.#atMs[0] ?? nowMs) < nowMs - withinMs) this.#atMs.shift();
    if (this.#atMs.length < most) return;
    throw new DeviceError(
      `the graphics device was lost ${most} times within a minute; close other pages that use it, choose a smaller size and reload this page`,
    );
  }
}
