/** Taking changes back, and making them again: what was before each change, and what was after those that were taken back. */

/** The oldest are forgotten. */
const most = 50;
/** Changes of one kind that follow each other so soon are one: a slider that is dragged. */
const oneChangeMs = 1000;

export class Undo<Moment> {
  readonly #now: () => number;
  readonly #past: Moment[] = [];
  readonly #future: Moment[] = [];
  #last = { kind: '', atMs: Number.NEGATIVE_INFINITY };

  /** @param now in milliseconds. */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Notes what is there before a change. @param kind of the change; those of none stand for themselves. */
  note(moment: Moment, kind = ''): void {
    const atMs = this.#now();
    const goesOn = kind !== '' && kind === this.#last.kind && atMs - this.#last.atMs < oneChangeMs;
    this.#last = { kind, atMs };
    if (goesOn) return;
    this.#future.length = 0;
    this.#past.push(moment);
    if (this.#past.length > most) this.#past.shift();
  }

  /** What was before the last change; undefined where there was none. @param present is what `forth` gives again. */
  back(present: Moment): Moment | undefined {
    return this.#move(this.#past, this.#future, present);
  }

  /** What was before the last `back`. */
  forth(present: Moment): Moment | undefined {
    return this.#move(this.#future, this.#past, present);
  }

  #move(from: Moment[], to: Moment[], present: Moment): Moment | undefined {
    const moment = from.pop();
    if (moment === undefined) return undefined;
    to.push(present);
    this.#last = { kind: '', atMs: Number.NEGATIVE_INFINITY };
    return moment;
  }
}
