/**
 * How an evaluation is cut into windows (docs/decisions/0038-exact-tiling.md): which windows, what goes through the network in them, and in
 * which parts their maps are worked on. Pure.
 */

import { bytesPerFloat, roundUp } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import { parameterPageBytes } from '../core/program.ts';
import { type FeatureMap, type Pass, tapMap } from '../models/pass.ts';
import { ownedPositions, type Rectangle, reachOf, type Window, windowsOf } from '../models/windows.ts';
import type { ObjectiveOptions } from '../settings/settings.ts';
import type { PictureSize } from '../settings/sizes.ts';
import { objectivePass, targetPass } from './memory-plan.ts';
import { comparedWith, isTapTerm, layersOfTerms, type TapTerm, tapsOf, termsOf } from './terms.ts';

/** An evaluation in windows. */
export interface Tiling {
  /** Of the picture that is optimised. */
  readonly windows: readonly Window[];
  /** Of each style picture. */
  readonly styles: readonly (readonly Window[])[];
  /** Whether the content picture's maps are kept, or made anew for each window in each evaluation, which takes less memory and more time. */
  readonly content: 'kept' | 'recomputed';
}

/** What of the network a window goes through: forward and back, forward to the taps with sums, or forward to the content's. */
export type WindowPassKind = 'whole' | 'sums' | 'content';

/** The terms at taps, as they are recorded in windows. */
export function tapTermsInWindows(options: ObjectiveOptions): readonly TapTerm[] {
  return termsOf(options, 'windows').filter(isTapTerm);
}

/** The pass of a window of this size; undefined where no term asks for it. */
export function windowPass(options: ObjectiveOptions, kind: WindowPassKind, size: PictureSize): Pass | undefined {
  const terms = comparedWith(tapTermsInWindows(options));
  switch (kind) {
    case 'whole':
      return objectivePass(options, size);
    case 'sums':
      return targetPass(options, layersOfTerms(terms.style), size);
    case 'content':
      return targetPass(options, layersOfTerms(terms.content), size);
  }
}

/** What goes through the network in a tiling: each pass with the size of its window, once each. */
export function windowPasses(
  options: ObjectiveOptions,
  { windows, styles }: Pick<Tiling, 'windows' | 'styles'>,
): readonly { readonly kind: WindowPassKind; readonly size: PictureSize; readonly pass: Pass }[] {
  const asked: readonly (readonly [WindowPassKind, readonly Window[]])[] = [
    ['whole', windows],
    ['sums', [...windows, ...styles.flat()]],
    ['content', windows],
  ];
  return asked.flatMap(([kind, of]) =>
    sizesOf(of).flatMap((size) => {
      const pass = windowPass(options, kind, size);
      return pass === undefined ? [] : { kind, size, pass };
    }),
  );
}

function sizesOf(windows: readonly Window[]): readonly PictureSize[] {
  const sizes = windows.map(({ frame: { width, height } }) => ({ width, height }));
  return [...new Map(sizes.map((size) => [sizeKey(size), size])).values()];
}

/** `640x480` */
export function sizeKey({ width, height }: PictureSize): string {
  return `${width}x${height}`;
}

/** The windows of a picture with about square steps of at most `step` pixels, which is a multiple of the jump. */
export function windowsOfStep(size: PictureSize, options: ObjectiveOptions, step: number): readonly Window[] {
  const reach = reachOf(options.network, tapsOf(options));
  const count = (length: number): number => Math.max(1, Math.ceil((length - 2 * reach.halo) / step));
  return windowsOf(size, reach, { columns: count(size.width), rows: count(size.height) });
}

/** The next step that there can be, from so many pixels on. */
export function roundedStep(options: ObjectiveOptions, pixels: number): number {
  return roundUp(pixels, reachOf(options.network, tapsOf(options)).jump);
}

/** Programs of a window's own: into the sums' pass, the content's and the whole one, and out of it. */
export const programsOfWindow = 4;

/** Bytes that each window adds: the parameters of its own programs, a page each. */
const ownBytes = programsOfWindow * parameterPageBytes;

/** Bytes of a pixel of a window's frame, about: a map of VGG's first convolutions and its gradient. */
const framePixelBytes = 2 * 64 * bytesPerFloat;

/**
 * Steps from the largest that cuts the picture at all to those below which windows would be more halo than anything else, or so many that
 * they add more bytes than their smaller frames save. On the way memory goes down.
 */
export function stepsOf(size: PictureSize, options: ObjectiveOptions): readonly number[] {
  const { jump, halo } = reachOf(options.network, tapsOf(options));
  const { width, height } = size;
  const most = Math.max(1, Math.ceil((Math.max(width, height) - 2 * halo) / jump));
  const least = Math.min(most, Math.ceil(halo / jump));
  const steps = Array.from({ length: most - least + 1 }, (_, index) => (most - index) * jump);
  // Where (step + 2 halo)² framePixelBytes + width height / step² ownBytes is least.
  const isWorthIt = (step: number): boolean =>
    step ** 3 * (step + 2 * halo) * framePixelBytes >= width * height * ownBytes;
  return steps.filter((step, index) => index === 0 || isWorthIt(step));
}

/** Bytes of a part of a map, in f32, at which it is cut into strips: a copy of a whole map would take half as much as all maps together. */
const stripBytes = 2 ** 24;

/** The owned positions of a tap's map, in strips of rows that are worked on one after the other. At most one has an odd count of rows. */
export function stripsOf(
  window: Window,
  options: Pick<ObjectiveOptions, 'network'>,
  map: FeatureMap,
): readonly Rectangle[] {
  const { left, top, width, height } = ownedPositions(window, options.network, map.name);
  const rowBytes = width * map.channels * bytesPerFloat;
  const most = Math.max(2, Math.floor(stripBytes / rowBytes / 2) * 2);
  const strips: Rectangle[] = [];
  for (let row = 0; row < height; row += most) {
    strips.push({ left, top: top + row, width, height: Math.min(most, height - row) });
  }
  return strips;
}

export function positionsOf({ width, height }: Rectangle): number {
  return width * height;
}

/** A part of a map that a term is recorded on. */
export interface TermPart {
  readonly term: TapTerm;
  readonly positions: number;
  readonly channels: number;
}

/** The strips of every term in these windows. */
export function partsOf(
  options: ObjectiveOptions,
  { windows, styles }: Pick<Tiling, 'windows' | 'styles'>,
): readonly TermPart[] {
  return tapTermsInWindows(options).flatMap((term) => {
    const seen = term.loss.form === 'summed' ? [...windows, ...styles.flat()] : windows;
    return seen.flatMap((window) => {
      const map = mapIn(options, term, window.frame);
      return stripsOf(window, options, map).map((strip) => ({
        term,
        positions: positionsOf(strip),
        channels: map.channels,
      }));
    });
  });
}

/** The most values that one of the windows owns of a term's map. */
export function mostOwnedValues(options: ObjectiveOptions, term: TapTerm, windows: readonly Window[]): number {
  const owned = windows.map((window) => {
    const { channels } = mapIn(options, term, window.frame);
    return positionsOf(ownedPositions(window, options.network, term.layer)) * channels;
  });
  return Math.max(...owned);
}

/** One of each kind of a tiling's windows, by the size of the frame and the place of what is owned: what memory is counted for. */
export function kindsOf({ windows, styles }: Pick<Tiling, 'windows' | 'styles'>): Pick<Tiling, 'windows' | 'styles'> {
  return { windows: unlike(windows), styles: styles.map(unlike) };
}

function unlike(windows: readonly Window[]): readonly Window[] {
  return [...new Map(windows.map((window) => [kindOf(window), window])).values()];
}

/**
 * What windows have in common for which the same is recorded: the size of the frame and the place of what is owned in it. A picture has nine kinds
 * at most, and the first window is alone of its kind: only there nothing lies left of or above what is owned.
 */
export function kindOf({ frame, owned }: Window): string {
  return [sizeKey(frame), sizeKey(owned), owned.left - frame.left, owned.top - frame.top].join(' ');
}

/** A tap's map at a size of the picture. */
function mapIn(options: ObjectiveOptions, { layer }: TapTerm, size: PictureSize): FeatureMap {
  const pass = targetPass(options, [layer], size);
  if (pass === undefined) throw new ShapeError(`no pass to ${layer}`);
  return tapMap(pass, layer);
}

/** `4 windows of 576x576 pixels`: for a person. */
export function describeTiling({ windows }: Tiling): string {
  const largest = largestFrame(windows);
  return `${windows.length} ${windows.length === 1 ? 'window' : 'windows'} of ${sizeKey(largest)} pixels`;
}

/** The largest of the windows' frames. */
export function largestFrame(windows: readonly Window[]): PictureSize {
  return {
    width: Math.max(...windows.map(({ frame }) => frame.width)),
    height: Math.max(...windows.map(({ frame }) => frame.height)),
  };
}
