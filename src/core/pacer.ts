/**
 * Submits long work in pieces, so that a desktop that shares the GPU gets its turn in between. How long a piece takes is
 * measured, not guessed: one that takes longer than the goal is cut in two the next time, two neighbours that are short together
 * are joined. A dispatch is never cut: one that takes longer than the goal alone stays so.
 */

import type { Gpu } from './gpu.ts';
import type { Program } from './program.ts';

/** A program's dispatches from `from` to before `to`. */
interface Range {
  readonly program: Program;
  readonly from: number;
  readonly to: number;
}

/** What is submitted at once. */
interface Piece {
  readonly ranges: readonly Range[];
  /** The piece before it in the same submission. */
  readonly previous: Piece | undefined;
  /** Milliseconds; undefined until it is done. */
  elapsedMs: number | undefined;
  /** What it is likely to take, by what it took before. */
  readonly expectedMs: number;
}

/** Programs that were never measured are cut after so many dispatches. */
const unknownPieceDispatches = 8;
/** Neighbours are joined when both together take less than this share of the goal: less than 1, or they would be cut again. */
const joinBelow = 0.6;

export class Pacer {
  readonly #gpu: Gpu;
  readonly #goalMs: number;
  /** By program: the dispatches that begin a piece. */
  readonly #cuts = new WeakMap<Program, Set<number>>();
  /** By program and first dispatch: what the piece took. */
  readonly #measuredMs = new WeakMap<Program, Map<number, number>>();
  readonly #inFlight = new Map<Piece, Promise<void>>();
  #lastDoneAtMs = 0;

  /** @param goalMs What a piece should take at most. */
  constructor(gpu: Gpu, goalMs: number) {
    this.#gpu = gpu;
    this.#goalMs = goalMs;
  }

  /**
   * Submits programs in order and whatever `finish` encodes after them. Resolves when the last piece is submitted; it waits so
   * that no more than about two pieces' time is queued on the device.
   */
  async submit(programs: readonly Program[], finish?: (encoder: GPUCommandEncoder) => void): Promise<void> {
    const pieces = this.#piecesOf(programs);
    for (const piece of pieces) {
      await this.#room();
      this.#submitPiece(piece, piece === pieces.at(-1) ? finish : undefined);
    }
  }

  async #room(): Promise<void> {
    const queuedMs = (): number => [...this.#inFlight.keys()].reduce((sum, { expectedMs }) => sum + expectedMs, 0);
    // One piece always waits behind the one at work, or the device would idle between them.
    while (this.#inFlight.size > 1 && queuedMs() > this.#goalMs) await this.#inFlight.values().next().value;
  }

  #submitPiece(piece: Piece, finish: ((encoder: GPUCommandEncoder) => void) | undefined): void {
    const submittedAtMs = performance.now();
    this.#gpu.submitEncoded((pass) => {
      for (const { program, from, to } of piece.ranges) program.encode(pass, from, to);
    }, finish);
    const done = (): void => {
      const nowMs = performance.now();
      piece.elapsedMs = nowMs - Math.max(submittedAtMs, this.#lastDoneAtMs);
      this.#lastDoneAtMs = nowMs;
      this.#inFlight.delete(piece);
      this.#learn(piece, piece.elapsedMs);
    };
    // A lost device is reported by the next submit.
    this.#inFlight.set(piece, this.#gpu.device.queue.onSubmittedWorkDone().then(done, done));
  }

  #learn(piece: Piece, elapsedMs: number): void {
    const [first] = piece.ranges;
    if (first === undefined) return;
    this.#measuredOf(first.program).set(first.from, elapsedMs);
    if (elapsedMs > this.#goalMs) this.#cutInTwo(piece);
    else this.#joinToPrevious(piece, elapsedMs);
  }

  #cutInTwo({ ranges }: Piece): void {
    const count = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
    let before = Math.floor(count / 2);
    if (before === 0) return;
    for (const { program, from, to } of ranges) {
      if (before < to - from) {
        this.#cutsOf(program).add(from + before);
        return;
      }
      before -= to - from;
    }
  }

  #joinToPrevious({ previous, ranges }: Piece, elapsedMs: number): void {
    const [first] = ranges;
    if (previous?.elapsedMs === undefined || first === undefined) return;
    if (previous.elapsedMs + elapsedMs > joinBelow * this.#goalMs) return;
    this.#cutsOf(first.program).delete(first.from);
    // What the previous piece took holds for it alone: nothing more is joined to it before it is measured again.
    previous.elapsedMs = undefined;
  }

  /** Consecutive ranges between cuts; never none. */
  #piecesOf(programs: readonly Program[]): readonly Piece[] {
    const groups: Range[][] = [[]];
    for (const program of programs) {
      const cuts = [...this.#cutsOf(program)].sort((a, b) => a - b);
      const borders = [0, ...cuts.filter((cut) => cut > 0), program.dispatches.length];
      borders.slice(0, -1).forEach((from, index) => {
        const to = borders[index + 1] ?? from;
        if (index > 0 || (cuts[0] === 0 && groups.at(-1)?.length !== 0)) groups.push([]);
        if (to > from) groups.at(-1)?.push({ program, from, to });
      });
    }
    const pieces: Piece[] = [];
    for (const ranges of groups) {
      const [first] = ranges;
      const measuredMs = first && this.#measuredOf(first.program).get(first.from);
      pieces.push({ ranges, previous: pieces.at(-1), elapsedMs: undefined, expectedMs: measuredMs ?? this.#goalMs });
    }
    return pieces;
  }

  #cutsOf(program: Program): Set<number> {
    const known = this.#cuts.get(program);
    if (known !== undefined) return known;
    const { length } = program.dispatches;
    const cuts = Array.from(
      { length: Math.ceil(length / unknownPieceDispatches) },
      (_, i) => i * unknownPieceDispatches,
    );
    const made = new Set(cuts.slice(1));
    this.#cuts.set(program, made);
    return made;
  }

  #measuredOf(program: Program): Map<number, number> {
    const known = this.#measuredMs.get(program) ?? new Map<number, number>();
    this.#measuredMs.set(program, known);
    return known;
  }
}
