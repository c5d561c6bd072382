/** What is painted on the canvas: how it was made, and how it comes into the history and back. */

import { saveFile } from '../../platform/browser/downloads.ts';
import type { EngineClient } from '../engine-client.ts';
import type { Attempts } from './attempts.ts';
import { type Making, outputNameFor, textsFor } from './export.ts';
import type { History } from './history.ts';
import type { KeptPainting, KeptPicture } from './painting-store.ts';
import type { Card, Pictures } from './pictures.ts';
import type { RunState } from './run.ts';

/** A run that is going on is kept this often, so that a reload loses little. */
const keepEveryMs = 10_000;

interface Parts {
  readonly engine: EngineClient;
  readonly attempts: Attempts;
  readonly run: RunState;
  readonly pictures: Pictures;
  readonly history: History;
}

export class Painted {
  readonly #parts: Parts;
  #keptAtMs = 0;
  /** How the picture on the canvas was made, whatever the settings say by now; undefined where nothing is painted. */
  making: Making | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Shows a painting of the history; its pictures are put in place by the caller. */
  async show({ id, result, making, trace, evaluations, budget }: KeptPainting): Promise<void> {
    const picture = await this.#parts.engine.call('show', { file: result });
    this.making = making;
    this.#parts.run.restore(picture, { trace, evaluation: evaluations, budget });
    this.#parts.history.show(id);
  }

  /** Shows the pictures that are chosen, with nothing painted. */
  leave(): void {
    this.making = undefined;
    this.#parts.run.clear();
    this.#parts.history.show(undefined);
  }

  /** Keeps a run that is going on, unless that was done a moment ago. */
  async keepNowAndThen(): Promise<void> {
    if (performance.now() - this.#keptAtMs > keepEveryMs) await this.keep();
  }

  /** Keeps the run as it is at this moment: another one may begin while its picture is fetched. */
  async keep(): Promise<void> {
    this.#keptAtMs = performance.now();
    const content = this.#parts.pictures.content.value;
    const size = this.#parts.run.picture.value;
    const { making } = this;
    if (content === undefined || size === undefined || making === undefined) return;
    const painting = {
      version: 4,
      id: making.id,
      keptAtMs: Date.now(),
      making,
      settings: making.settings,
      content: keptOf(content),
      styles: this.#parts.pictures.styles.value.map(keptOf),
      width: size.width,
      height: size.height,
      trace: this.#parts.run.trace.value,
      evaluations: this.#parts.run.evaluation.value,
      budget: this.#parts.run.budget.value,
    } as const;
    await this.#parts.attempts.make(async () => {
      const result = await this.#parts.engine.call('png', { texts: this.#texts() });
      await this.#parts.history.keep({ ...painting, result });
      if (this.making?.id === painting.id) this.#parts.history.show(painting.id);
    });
  }

  async download(): Promise<void> {
    await this.#parts.attempts.make(async () => {
      const file = await this.#parts.engine.call('png', { texts: this.#texts() });
      saveFile(file, this.making?.fileName ?? outputNameFor(this.#parts.pictures));
    });
  }

  #texts(): Readonly<Record<string, string>> {
    return textsFor(this.making, this.#parts.run.evaluation.value);
  }
}

/** A picture as it is kept. */
export function keptOf({ name, file, example, weight }: Card): KeptPicture {
  return { name, file, example: example?.id, weight };
}
