/** Changes of what will be painted: pictures that come and go, paintings that are opened again, and all of it taken back. */

import type { Signal } from '@preact/signals';
import type { PageSettings } from '../settings.ts';
import type { Attempts } from './attempts.ts';
import type { History } from './history.ts';
import type { Notices } from './notices.ts';
import { keptOf, type Painted } from './painted.ts';
import type { KeptPainting } from './painting-store.ts';
import type { Card, Pictures, Role } from './pictures.ts';
import { placePictures, type Sources } from './placing.ts';
import type { RunState } from './run.ts';
import { Undo } from './undo.ts';

/** What undoing brings back. */
interface Moment {
  readonly settings: PageSettings;
  readonly content: Card | undefined;
  readonly styles: readonly Card[];
  /** The painting on the canvas, by its id in the history. */
  readonly shown: string | undefined;
}

interface Parts {
  readonly settings: Signal<PageSettings>;
  readonly pictures: Pictures;
  readonly run: RunState;
  readonly history: History;
  readonly painted: Painted;
  readonly notices: Notices;
  readonly attempts: Attempts;
  /** Called after every change. */
  readonly onChange: () => void;
}

export class Changes {
  readonly #parts: Parts;
  readonly #undo = new Undo<Moment>();
  /** The photograph that was put in place first. */
  #first: Card | undefined;
  /** The last of the changes that were asked for: they are made one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Resolves when those that were asked for are made. */
  get made(): Promise<void> {
    return this.#turn;
  }

  /** Changes settings. @param kind of a change that others like it may follow soon, to be one with it when they are taken back. */
  set(change: Partial<PageSettings>, kind = Object.keys(change).join(' ')): void {
    const { settings, onChange } = this.#parts;
    this.#undo.note(this.#moment(), kind);
    settings.value = { ...settings.value, ...change };
    onChange();
  }

  /** Takes files that were dropped, pasted, picked or photographed. */
  async receive(role: Role, files: readonly File[], replaces?: string): Promise<void> {
    const { attempts, pictures } = this.#parts;
    await this.#change(async () => {
      const [first, ...others] = files;
      if (first !== undefined) await attempts.make(() => pictures.take(role, first, { name: first.name, replaces }));
      // Two pictures at once are a photograph and a painting.
      let next = role === 'content' ? pictures.styles.value[0]?.id : undefined;
      for (const file of others) {
        const place = next;
        next = undefined;
        await attempts.make(() => pictures.take('style', file, { name: file.name, replaces: place }));
      }
    });
  }

  async receiveExample(role: Role, id: string, replaces?: string): Promise<void> {
    await this.#change(() => this.#parts.pictures.takeExample(role, id, { replaces }));
  }

  setWeight(id: string, weight: number): void {
    this.#undo.note(this.#moment(), `mix ${id}`);
    this.#parts.pictures.setWeight(id, weight);
    this.#parts.onChange();
  }

  async removeStyle(id: string): Promise<void> {
    await this.#change(async () => this.#parts.pictures.remove(id));
  }

  /** Takes settings, and pictures where they are given. */
  async take(settings: PageSettings, sources: Sources): Promise<void> {
    await this.#change(async () => {
      this.#parts.settings.value = settings;
      await this.#place(sources);
    });
  }

  /** Puts the first settings and pictures in place; there is nothing to take back yet. */
  async placeFirst(settings: PageSettings, sources: Sources): Promise<void> {
    await this.#inTurn(async () => {
      this.#parts.settings.value = settings;
      await this.#place(sources);
      this.#first = this.#parts.pictures.content.value;
    });
  }

  /** Shows a painting over the first pictures, unless others were chosen meanwhile. */
  async showFirst(painting: KeptPainting): Promise<void> {
    const { pictures, painted } = this.#parts;
    await this.#inTurn(async () => {
      if (pictures.content.value === this.#first) await painted.show(painting);
    });
  }

  /** Brings a painting back onto the canvas, with its pictures and settings. */
  async openPainting(id: string): Promise<void> {
    const { history, painted, settings } = this.#parts;
    await this.#change(async () => {
      const painting = history.find(id);
      if (painting === undefined) return;
      settings.value = painting.settings;
      await this.#place(painting);
      await painted.show(painting);
    });
  }

  /** Takes a painting out of the history; a notice offers it back. */
  async removePainting(id: string): Promise<void> {
    const { history, painted, run, notices } = this.#parts;
    const painting = history.find(id);
    if (painting === undefined) return;
    const isShown = history.shown.value === id;
    await history.remove(id);
    if (isShown && !run.isBusy) painted.leave();
    const giveBack = async () => {
      await history.keep(painting);
      if (isShown) await this.openPainting(id);
    };
    notices.add('news', 'The painting was deleted.', { label: 'Keep it', run: () => void giveBack() });
  }

  /** Takes the last change of pictures or settings back. */
  async undo(): Promise<void> {
    await this.#bringBack((present) => this.#undo.back(present));
  }

  /** Makes a change again that was taken back. */
  async redo(): Promise<void> {
    await this.#bringBack((present) => this.#undo.forth(present));
  }

  async #bringBack(take: (present: Moment) => Moment | undefined): Promise<void> {
    const { settings, history, painted } = this.#parts;
    await this.#inTurn(async () => {
      const present = this.#moment();
      const moment = take(present);
      if (moment === undefined) return;
      settings.value = moment.settings;
      await this.#place({
        content: moment.content === present.content ? undefined : moment.content && keptOf(moment.content),
        styles: moment.styles === present.styles ? undefined : moment.styles.map(keptOf),
      });
      const painting = history.find(moment.shown ?? '');
      if (painting !== undefined && moment.shown !== present.shown) await painted.show(painting);
    });
  }

  async #change(change: () => Promise<void>): Promise<void> {
    await this.#inTurn(async () => {
      this.#undo.note(this.#moment());
      await change();
    });
  }

  /** Makes a change after those that are under way. A painting of another photograph leaves the canvas; the history has it. */
  async #inTurn(change: () => Promise<void>): Promise<void> {
    const { run, notices, pictures, history, attempts, painted, onChange } = this.#parts;
    if (run.isBusy) {
      const text = 'A picture is being painted. Wait for it, or stop it, before you choose another.';
      notices.add('problem', text, undefined, 'held');
      return;
    }
    const turn = this.#turn.then(async () => {
      const before = this.#moment();
      await attempts.make(change);
      const isOther = before.content !== undefined && pictures.content.value !== before.content;
      if (isOther && history.shown.value === before.shown) painted.leave();
      onChange();
    });
    this.#turn = turn;
    await turn;
  }

  #moment(): Moment {
    const { settings, pictures, history } = this.#parts;
    const { content, styles } = pictures;
    return {
      settings: settings.value,
      content: content.value,
      styles: styles.value,
      shown: history.shown.value,
    };
  }

  #place(sources: Sources): Promise<void> {
    return placePictures(this.#parts.pictures, this.#parts.attempts, sources);
  }
}
