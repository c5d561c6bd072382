/** What the gallery is to hold, what of it is there, and about how long the rest takes. Pure. */

import { parse } from 'node:path';
import { type GalleryOptions, paintings, photographs } from './arguments.ts';

/** A picture of the gallery, before it is painted. */
export interface Cell {
  /** `chelsea-great_wave-default`: its file without the ending. */
  readonly name: string;
  /** Files in `examples/`. */
  readonly photograph: string;
  readonly painting: string;
  readonly preset: string;
  readonly seed: number;
  /** Of `impasto stylize`, but for the files and the adapter. */
  readonly options: readonly string[];
}

/** A picture of the gallery as it was painted. */
export interface PaintedCell extends Omit<Cell, 'options'> {
  /** What paints it again, from the project's folder. */
  readonly command: string;
  /** Of the whole command, from its start until the picture is written. */
  readonly seconds: number;
  readonly evaluations: number;
  /** Of the picture that was painted. */
  readonly width: number;
  readonly height: number;
  readonly adapter: string;
}

/** Preset by preset, photograph by photograph. */
export function cellsOf({ presets, size, seed, iterations }: GalleryOptions): readonly Cell[] {
  const spent = iterations === undefined ? [] : ['--iterations', String(iterations)];
  return presets.flatMap((preset) =>
    photographs.flatMap((photograph) =>
      paintings.map((painting) => ({
        name: [parse(photograph).name, parse(painting).name, preset].join('-'),
        photograph,
        painting,
        preset,
        seed,
        options: ['--preset', preset, '--size', String(size), '--seed', String(seed), ...spent],
      })),
    ),
  );
}

/** What paints a cell, from the project's folder. */
export function commandOf({ photograph, painting, options }: Cell): string {
  return ['npm run impasto -- stylize', `examples/${photograph}`, `examples/${painting}`, ...options].join(' ');
}

/** The cells that have to be painted: those whose picture is missing, or was painted by another command. */
export function cellsToPaint(
  cells: readonly Cell[],
  painted: readonly PaintedCell[],
  { force, hasPicture }: { readonly force: boolean; readonly hasPicture: (name: string) => boolean },
): readonly Cell[] {
  if (force) return cells;
  const commands = new Map(painted.map(({ name, command }) => [name, command]));
  return cells.filter((cell) => commands.get(cell.name) !== commandOf(cell) || !hasPicture(cell.name));
}

/** The table with one more picture, in place of an older one of its name, in the order of the names. */
export function withPainted(painted: readonly PaintedCell[], cell: PaintedCell): readonly PaintedCell[] {
  const others = painted.filter(({ name }) => name !== cell.name);
  return [...others, cell].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Seconds that the cells still take, from those that were painted just now: each as long as its preset's mean, or as the mean of all where its
 * preset has not been painted yet. Undefined before the first.
 */
export function secondsLeft(
  left: readonly Pick<Cell, 'preset'>[],
  done: readonly Pick<PaintedCell, 'preset' | 'seconds'>[],
): number | undefined {
  if (done.length === 0) return undefined;
  const mean = (cells: typeof done): number => cells.reduce((sum, { seconds }) => sum + seconds, 0) / cells.length;
  return left.reduce((sum, { preset }) => {
    const alike = done.filter((cell) => cell.preset === preset);
    return sum + mean(alike.length > 0 ? alike : done);
  }, 0);
}

/** What `impasto stylize` said of its result; undefined where it said nothing. */
export function readAnswer(
  stdout: string,
): { readonly width: number; readonly height: number; readonly evaluations: number } | undefined {
  const match = / {2}(\d+)x(\d+), (\d+) evaluations, [\d.]+ s$/m.exec(stdout);
  if (match === null) return undefined;
  const [, width, height, evaluations] = match;
  return { width: Number(width), height: Number(height), evaluations: Number(evaluations) };
}
