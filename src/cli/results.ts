/**
 * What a long run leaves: a folder that went away, or a disk that became full, while it ran must not lose it. What cannot be written where it
 * was wanted is written elsewhere, and the command still ends with a status that says so.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { InputError, messageOf } from '../core/errors.ts';
import { remark } from './output.ts';

/** Tried in order. */
const otherFolders = (): readonly string[] => [tmpdir(), homedir()];

export class Results {
  #isComplete = true;
  #hasMissed = false;

  /** Whether everything was written where it was wanted. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /**
   * Writes a result, or says where it is instead, or that it is lost.
   *
   * @param what For what is said: `the picture`.
   * @param write Throws an InputError where it cannot write at a path.
   * @returns Where it is; undefined where it could not be written at all.
   */
  async save(what: string, path: string, write: (path: string) => Promise<void>): Promise<string | undefined> {
    try {
      await write(path);
      return path;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.#isComplete = false;
      const folders = otherFolders();
      const there = await writeElsewhere(basename(path), write, folders);
      const fate =
        there === undefined ? `is not saved, nor could it be in ${folders.join(' or ')}` : `is saved as ${there}`;
      remark(`impasto: ${messageOf(error)}; ${what} ${fate}`);
      return there;
    }
  }

  /** Writes what a run can do without, or says once that it does. @returns Whether it was written. */
  async trySave(path: string, write: (path: string) => Promise<void>, say: (line: string) => void): Promise<boolean> {
    try {
      await write(path);
      return true;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.#isComplete = false;
      if (!this.#hasMissed) say(`impasto: ${messageOf(error)}; the run goes on without it`);
      this.#hasMissed = true;
      return false;
    }
  }
}

async function writeElsewhere(
  name: string,
  write: (path: string) => Promise<void>,
  folders: readonly string[],
): Promise<string | undefined> {
  for (const folder of folders) {
    let own: string | undefined;
    try {
      own = await mkdtemp(join(folder, 'impasto-'));
      const path = join(own, name);
      await write(path);
      return path;
    } catch {
      // Whatever is wrong with this folder, the next one may do; what is wrong with the place that was wanted is said.
      if (own !== undefined) await rm(own, { recursive: true, force: true }).catch(() => {});
    }
  }
  return undefined;
}
