/** Makes the targets of an evaluation in windows, in windows: of the content its maps at owned positions, of the styles the sums over all. */

import { type BufferScope, type BufferSlice, bytesPerElement } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { type Program, ProgramScope } from '../core/program.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import { type FeatureMap, type Pass, tapMap } from '../models/pass.ts';
import { ownedPositions, type Window } from '../models/windows.ts';
import type { ObjectiveOptions } from '../settings/settings.ts';
import { objectivePass } from './memory-plan.ts';
import type { StylePicture } from './style-mix.ts';
import { shapeOf } from './tap-losses.ts';
import { type SumsRequest, targetOfSums } from './targets.ts';
import { comparedWith, type TapTerm, termName } from './terms.ts';
import { kindOf, positionsOf, type Tiling, type WindowPassKind } from './tiling.ts';
import { networkInputOf } from './variable.ts';
import { recordOwnedCopy, recordWindowSums, type SummedPlace, type WindowScratch } from './window-losses.ts';
import type { WindowNetwork } from './window-network.ts';
import { recordWindowIn } from './window-picture.ts';

/** Of each summed term what it compares with. */
export type StyleTargets = ReadonlyMap<TapTerm, BufferSlice>;

export interface TiledTargetRequest extends Omit<SumsRequest, 'workspace'> {
  readonly options: ObjectiveOptions;
  /** As for windows. */
  readonly terms: readonly TapTerm[];
  readonly tiling: Tiling;
  readonly content: RgbImage;
  /** Their shares add up to 1. */
  readonly styles: readonly StylePicture[];
  readonly network: WindowNetwork;
  readonly scratch: WindowScratch;
}

/** Programs that windows of a kind have in common: each is recorded for the first of them. */
export class KindPrograms {
  readonly #record: (window: Window) => Program;
  readonly #known = new Map<string, Program>();

  constructor(record: (window: Window) => Program) {
    this.#record = record;
  }

  of(window: Window): Program {
    const kind = kindOf(window);
    const program = this.#known.get(kind) ?? this.#record(window);
    this.#known.set(kind, program);
    return program;
  }
}

/** Records a window of a picture, [H, W, 3] in 0..1, as the input of what windows of its size go through. */
export function recordPictureIn(
  program: Program,
  network: WindowNetwork,
  passes: WindowPassKind,
  at: { readonly picture: BufferSlice; readonly size: RgbImage; readonly window: Window },
): void {
  const { picture, size, window } = at;
  const { input } = network.at(passes, window.frame).executor;
  recordWindowIn(program, { ...networkInputOf('pixels'), picture, size, ...window, input });
}

/** Of each summed term what it compares with. */
export async function makeStyleTargets(request: TiledTargetRequest): Promise<StyleTargets> {
  const { styles, scratch } = request;
  const terms = comparedWith(request.terms).style;
  if (terms.length === 0) return new Map();
  const mixed = new Map<TapTerm, Float64Array>();
  for (const [index, { picture, weight }] of styles.entries()) {
    for (const [term, sums] of await sumsOf(picture, index, terms, request)) {
      const sum = mixed.get(term) ?? new Float64Array(sums.length);
      sums.forEach((value, at) => {
        sum[at] = (sum[at] ?? 0) + weight * value;
      });
      mixed.set(term, sum);
    }
  }
  const targets = new Map<TapTerm, BufferSlice>();
  for (const [term, sums] of mixed) {
    const made = { ...request, workspace: scratch.workspace };
    targets.set(term, await targetOfSums(term, Float32Array.from(sums), made));
  }
  return targets;
}

/** Of each term the sums over a style picture. */
async function sumsOf(
  picture: RgbImage,
  index: number,
  terms: readonly TapTerm[],
  request: TiledTargetRequest,
): Promise<ReadonlyMap<TapTerm, Float32Array>> {
  const { gpu, options, network, tiling } = request;
  using temporary = new ProgramScope(gpu);
  const pass = objectivePass(options, picture);
  const places = terms.map((term) => placeOf(term, pass, temporary));
  const pixels = temporary.upload('picture', Float32Array.from(picture.pixels));
  const kinds = new KindPrograms((window) => recordSums(temporary.program('sums'), { ...request, window, places }));
  for (const window of tiling.styles[index] ?? []) {
    await runNow(gpu, () => {
      const enter = temporary.program('window');
      recordPictureIn(enter, network, 'sums', { picture: pixels, size: picture, window });
      return [enter, kinds.of(window)];
    });
  }
  const sums = new Map<TapTerm, Float32Array>();
  for (const { term, totals } of places) sums.set(term, await gpu.read(totals));
  return sums;
}

/** Records what comes of a window in the network's input: the sums at owned positions, added to those of the windows before. */
export function recordSums(
  program: Program,
  at: Pick<TiledTargetRequest, 'options' | 'weights' | 'network' | 'scratch'> & {
    readonly window: Window;
    readonly places: readonly SummedPlace[];
  },
): Program {
  const { options, weights, network, scratch, window, places } = at;
  const { pass, executor } = network.at('sums', window.frame);
  executor.record(program);
  for (const [layer, map] of pass.taps) {
    const terms = places.filter(({ term }) => term.layer === layer);
    const common = { options, kernels: weights.kernels, scratch, window, map };
    recordWindowSums(program, { ...common, feature: executor.tap(layer), terms });
  }
  return program;
}

/** A summed term with memory for its sums over a picture, whose pass is given. @throws ShapeError for another term. */
export function placeOf(term: TapTerm, pass: Pass, scope: BufferScope): SummedPlace {
  const { loss } = term;
  if (loss.form !== 'summed') throw new ShapeError(`${termName(term)} has no sums`);
  const whole = shapeOf(tapMap(pass, term.layer));
  return { term, loss, whole, totals: scope.allocate(`sums ${term.layer}`, loss.sumBytes(whole)) };
}

/** Bytes of what a window owns of a map. */
export function ownedBytes({ network }: ObjectiveOptions, window: Window, map: FeatureMap): number {
  return positionsOf(ownedPositions(window, network, map.name)) * map.channels * bytesPerElement(map.element);
}

/** A pointwise term with memory for the content picture's map at the owned positions of the window at work. */
export interface ContentPlace {
  readonly term: TapTerm;
  readonly target: BufferSlice;
}

/** Records what comes of a window of the content picture in the network's input: its maps at owned positions. */
export function recordContent(
  program: Program,
  at: Pick<TiledTargetRequest, 'options' | 'network'> & {
    readonly window: Window;
    readonly places: readonly ContentPlace[];
  },
): Program {
  const { options: settings, network, window, places } = at;
  const { pass, executor } = network.at('content', window.frame);
  executor.record(program);
  for (const { term, target } of places) {
    const map = tapMap(pass, term.layer);
    recordOwnedCopy(program, { settings, window, map, feature: executor.tap(term.layer), output: target });
  }
  return program;
}

/** Of each window, of each place, the content picture's map at owned positions, in memory of the scope. */
export async function keepContent(
  request: TiledTargetRequest,
  places: readonly ContentPlace[],
): Promise<readonly (readonly BufferSlice[])[]> {
  const { gpu, options, tiling, content, scope, network } = request;
  using temporary = new ProgramScope(gpu);
  const picture = temporary.upload('picture', Float32Array.from(content.pixels));
  const kinds = new KindPrograms((window) =>
    recordContent(temporary.program('content'), { ...request, window, places }),
  );
  const kept: BufferSlice[][] = [];
  for (const window of tiling.windows) {
    const { pass } = network.at('content', window.frame);
    const owned = places.map(({ term: { layer }, target }) => {
      const { element } = target;
      const slice = scope.allocate(`content target ${layer}`, ownedBytes(options, window, tapMap(pass, layer)));
      return element === undefined ? slice : { ...slice, element };
    });
    kept.push(owned);
    const record = (): readonly Program[] => {
      const enter = temporary.program('window');
      recordPictureIn(enter, network, 'content', { picture, size: content, window });
      return [enter, kinds.of(window)];
    };
    await runNow(gpu, record, (encoder) => {
      places.forEach(({ target: { buffer, offsetBytes } }, index) => {
        const to = owned[index];
        if (to !== undefined) encoder.copyBufferToBuffer(buffer, offsetBytes, to.buffer, to.offsetBytes, to.sizeBytes);
      });
    });
  }
  return kept;
}

/** Records and runs programs, and waits for them. */
async function runNow(
  gpu: Gpu,
  record: () => readonly Program[],
  finish?: (encoder: GPUCommandEncoder) => void,
): Promise<void> {
  await gpu.checked('making the targets', async () => {
    await gpu.submitPaced(record(), finish);
    await gpu.idle();
  });
}
