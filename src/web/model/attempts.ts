/** Tries what a person asked for; what is refused is said in a notice. */

import { messageOf } from '../../core/errors.ts';
import { RefusedError } from '../engine-client.ts';
import type { Notices } from './notices.ts';

export class Attempts {
  readonly #notices: Notices;
  readonly #useSize: (side: number) => void;

  /** @param useSize takes a longest side in pixels for the settings. */
  constructor(notices: Notices, useSize: (side: number) => void) {
    this.#notices = notices;
    this.#useSize = useSize;
  }

  async make(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.refuse(error);
    }
  }

  /**
   * Says why something was refused; a size too large is answered with the largest that fits, which is taken by a click.
   *
   * @param again tries once more, with that size.
   */
  refuse(error: unknown, again?: () => void, topic?: string): void {
    const side = error instanceof RefusedError ? error.largestSide : undefined;
    if (side === undefined) {
      this.#notices.add('problem', messageOf(error), undefined, topic);
      return;
    }
    const text = `This size is more than the graphics device has room for; a longest side of ${side} pixels fits.`;
    const use = () => {
      this.#notices.clearProblems();
      this.#useSize(side);
      again?.();
    };
    this.#notices.add('problem', text, { label: `Use ${side} pixels`, run: use }, topic);
  }
}
