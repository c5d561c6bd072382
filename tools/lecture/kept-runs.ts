/** Finished runs on disk, found again by their specification: an interrupted lecture goes on where it was. */

import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../src/platform/node/atomic-file.ts';
import type { Outcome, RunSpec } from './section.ts';

/** Everything else that a result depends on. */
export interface KeptContext {
  readonly version: string;
  readonly adapter: string;
  /** Contents of the files that are read. */
  readonly files: readonly Uint8Array[];
}

export class KeptRuns {
  readonly #folder: string;
  readonly #context: string;

  /** Finds nothing where `folder` does not exist; it is made when the first run is kept. */
  constructor(folder: string, { version, adapter, files }: KeptContext) {
    this.#folder = folder;
    this.#context = [version, adapter, ...files.map((bytes) => sha256(bytes))].join('\n');
  }

  /** Undefined where there is none, or none that is whole. */
  async read(run: RunSpec): Promise<Outcome | undefined> {
    const path = this.#path(run);
    try {
      const [numbers, picture] = await Promise.all([readFile(`${path}.json`, 'utf8'), readFile(`${path}.webp`)]);
      const parsed: Omit<Outcome, 'picture'> = JSON.parse(numbers);
      return { ...parsed, picture };
    } catch {
      return undefined;
    }
  }

  /** Those of the runs that there are, by name. */
  async readAll(runs: readonly RunSpec[]): Promise<Map<string, Outcome>> {
    const found = new Map<string, Outcome>();
    for (const run of runs) {
      const outcome = await this.read(run);
      if (outcome !== undefined) found.set(run.name, outcome);
    }
    return found;
  }

  /** The numbers last, so that a run that has them is whole. @throws InputError where the folder cannot be written. */
  async write(run: RunSpec, { picture, ...numbers }: Outcome): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await writeFileAtomically(`${this.#path(run)}.webp`, picture);
    await writeFileAtomically(`${this.#path(run)}.json`, `${JSON.stringify(numbers)}\n`);
  }

  #path(run: RunSpec): string {
    const name = run.name.replace(/[^a-z0-9]+/gi, '-').toLowerCase();
    return join(this.#folder, `${name}-${sha256(this.#context + JSON.stringify(run)).slice(0, 12)}`);
  }
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
