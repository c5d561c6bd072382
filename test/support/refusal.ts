/** What an action is refused with. */

import { FormatError } from '../../src/core/errors.ts';

/** The FormatError an action throws or rejects with; fails where it does neither, or with something else. */
export async function refusalOf(action: () => unknown): Promise<FormatError> {
  let result: unknown;
  try {
    result = await action();
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error(`expected a FormatError, got ${typeof result}`);
}
