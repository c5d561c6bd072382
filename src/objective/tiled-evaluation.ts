/**
 * An evaluation in windows, exact to roundings (docs/decisions/0038-exact-tiling.md): forward over all windows for the sums, value and
 * coefficients once, then over all windows again, forward, gradients at owned positions, and back to the pixels, the halo's among them.
 *
 * Windows of a kind share their programs; of its own a window has what carries it from and to the picture.
 */

import { type BufferSlice, bytesPerElement } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import type { Program, ProgramScope } from '../core/program.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import { recordRectangleCrop } from '../kernels/rectangle.ts';
import type { LossTable } from '../losses/loss-table.ts';
import type { DeviceWeights } from '../models/device-weights.ts';
import { type Pass, tapMap } from '../models/pass.ts';
import type { Window } from '../models/windows.ts';
import type { ObjectiveOptions } from '../settings/settings.ts';
import type { StylePicture } from './style-mix.ts';
import { shapeOf } from './tap-losses.ts';
import { comparedWith, isTapTerm, type LossTerm, type TapTerm, termName } from './terms.ts';
import {
  type ContentPlace,
  KindPrograms,
  keepContent,
  makeStyleTargets,
  ownedBytes,
  placeOf,
  recordContent,
  recordPictureIn,
  recordSums,
  type StyleTargets,
} from './tiled-targets.ts';
import type { Tiling } from './tiling.ts';
import { networkInputOf } from './variable.ts';
import { type SeededPoint, type SeededSum, type SummedPlace, WindowScratch, WindowTapLoss } from './window-losses.ts';
import { WindowNetwork } from './window-network.ts';
import { recordWindowIn, recordWindowOut } from './window-picture.ts';

export interface TiledRequest {
  readonly gpu: Gpu;
  readonly weights: DeviceWeights;
  readonly options: ObjectiveOptions;
  readonly tiling: Tiling;
  /** All of them, in order; as for windows. */
  readonly terms: readonly LossTerm[];
  readonly content: RgbImage;
  readonly styles: readonly StylePicture[];
  /** The pass of the whole picture, which is never run. */
  readonly pass: Pass;
  /** Owns what is allocated and recorded. */
  readonly scope: ProgramScope;
  readonly table: LossTable;
}

/** What a recording reads and writes. */
interface Vectors {
  readonly variable: BufferSlice;
  readonly gradient: BufferSlice;
}

/** What the content's maps come from: those of each window, or the picture. */
type ContentSource = { readonly kept: readonly (readonly BufferSlice[])[] } | { readonly picture: BufferSlice };

export class TiledEvaluation implements Disposable {
  readonly #request: TiledRequest;
  readonly #network: WindowNetwork;
  readonly #scratch: WindowScratch;
  #styleTargets: StyleTargets = new Map();
  #sums: readonly SummedPlace[] = [];
  #seeded: readonly SeededSum[] = [];
  #points: readonly ContentPlace[] = [];
  #content: ContentSource = { kept: [] };

  private constructor(request: TiledRequest, network: WindowNetwork, scratch: WindowScratch) {
    this.#request = request;
    this.#network = network;
    this.#scratch = scratch;
  }

  /** Makes the targets. The caller owns the result; its scope stays the caller's. */
  static async create(request: TiledRequest): Promise<TiledEvaluation> {
    const { gpu, weights, options, tiling } = request;
    const network = await WindowNetwork.create(gpu, weights, options, tiling);
    const made = new TiledEvaluation(request, network, new WindowScratch(gpu, options, tiling, weights.kernels));
    try {
      await made.#prepare();
      return made;
    } catch (error) {
      made[Symbol.dispose]();
      throw error;
    }
  }

  async #prepare(): Promise<void> {
    const { gpu, tiling, scope, pass, content } = this.#request;
    const tapTerms = this.#request.terms.filter(isTapTerm);
    const request = { ...this.#request, terms: tapTerms, network: this.#network, scratch: this.#scratch };
    this.#styleTargets = await makeStyleTargets(request);
    const terms = comparedWith(tapTerms);
    await gpu.checked('allocating the sums', () => {
      this.#sums = terms.style.map((term) => placeOf(term, pass, scope));
      this.#seeded = this.#sums.map((place) => {
        const { term, loss, whole } = place;
        return { ...place, coefficients: scope.allocate(`coefficients ${term.layer}`, loss.coefficientBytes(whole)) };
      });
      this.#points = terms.content.map((term) => ({ term, target: this.#sharedTarget(term) }));
    });
    if (this.#points.length === 0) return;
    this.#content =
      tiling.content === 'kept'
        ? { kept: await keepContent(request, this.#points) }
        : { picture: scope.upload('content picture', Float32Array.from(content.pixels)) };
  }

  /** Records one evaluation but for the losses on the picture: programs to be run in order, the last one this picture's alone. */
  record({ variable, gradient }: Vectors): readonly Program[] {
    const { scope, tiling } = this.#request;
    const common = { ...this.#request, network: this.#network, scratch: this.#scratch };
    const sums = new KindPrograms((window) =>
      recordSums(scope.program('sums'), { ...common, window, places: this.#sums }),
    );
    const contents = new KindPrograms((window) =>
      recordContent(scope.program('content'), { ...common, window, places: this.#points }),
    );
    const gradients = new KindPrograms((window) => this.#recordGradient(window));
    const summed = this.#sums.length === 0 ? [] : tiling.windows;
    const first = summed.flatMap((window) => [this.#enter('sums', window, variable), sums.of(window)]);
    const second = tiling.windows.flatMap((window, index) => [
      ...this.#contentOf(window, index, contents),
      this.#enter('whole', window, variable),
      gradients.of(window),
      this.#leave(window, index, gradient),
    ]);
    return [...first, this.#recordCoefficients(), ...second];
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
    this.#network[Symbol.dispose]();
  }

  #enter(passes: 'sums' | 'whole', window: Window, variable: BufferSlice): Program {
    const { options, scope, content: size } = this.#request;
    const program = scope.program('window in');
    const { input } = this.#network.at(passes, window.frame).executor;
    recordWindowIn(program, { ...networkInputOf(options.variable), picture: variable, size, ...window, input });
    return program;
  }

  #leave(window: Window, index: number, gradient: BufferSlice): Program {
    const { options, scope, tiling, content: size } = this.#request;
    const program = scope.program('window out');
    const { gradInput } = this.#network.at('whole', window.frame).executor;
    const { scale } = networkInputOf(options.variable);
    recordWindowOut(program, { gradient, size, windows: tiling.windows, index, ...window, gradInput, scale });
    return program;
  }

  /** What brings the content's maps of a window to the targets that its kind compares with. */
  #contentOf(window: Window, index: number, contents: KindPrograms): readonly Program[] {
    const { scope, content: size } = this.#request;
    if (this.#points.length === 0) return [];
    const program = scope.program('content of a window');
    if ('picture' in this.#content) {
      recordPictureIn(program, this.#network, 'content', { ...this.#content, size, window });
      return [program, contents.of(window)];
    }
    const kept = this.#content.kept[index] ?? [];
    this.#points.forEach(({ term, target }, at) => {
      const input = kept[at];
      if (input === undefined) throw missing(term);
      const width = input.sizeBytes / 4 / bytesPerElement(input.element);
      const rectangle = { left: 0, top: 0, width, height: 1 };
      recordRectangleCrop(program, { input, output: target, pitch: width, channels: 4, rectangle });
    });
    return [program];
  }

  #recordCoefficients(): Program {
    const { weights, scope } = this.#request;
    const program = scope.program('coefficients');
    for (const { term, loss, whole, coefficients, totals } of this.#seeded) {
      const target = this.#styleTargets.get(term);
      if (target === undefined) throw missing(term);
      loss.recordCoefficients(program, {
        ...this.#scratch.workspace.for(loss, whole),
        label: `${loss.name} ${term.layer}`,
        whole,
        sums: totals,
        target,
        partial: this.#rowOf(term),
        coefficients,
        kernels: weights.kernels.tap(term.layer),
      });
    }
    return program;
  }

  #recordGradient(window: Window): Program {
    const { options, weights, scope } = this.#request;
    const { pass, executor } = this.#network.at('whole', window.frame);
    const program = scope.program('gradient');
    const terms = [...this.#pointsAt(window), ...this.#seeded];
    const losses = Array.from(pass.taps, ([layer, map]) => {
      const at = { options, kernels: weights.kernels, scratch: this.#scratch, window, map };
      return [
        layer,
        [
          new WindowTapLoss(
            at,
            terms.filter(({ term }) => term.layer === layer),
          ),
        ],
      ] as const;
    });
    executor.record(program, new Map(losses));
    return program;
  }

  #pointsAt(window: Window): readonly SeededPoint[] {
    const { pass, options } = this.#request;
    return this.#points.flatMap(({ term, target }) => {
      const { loss, layer } = term;
      if (loss.form !== 'pointwise') return [];
      const sizeBytes = ownedBytes(options, window, tapMap(this.#network.at('whole', window.frame).pass, layer));
      const whole = shapeOf(tapMap(pass, layer));
      return { term, loss, whole, target: { ...target, sizeBytes }, partial: this.#rowOf(term) };
    });
  }

  /** Memory for the target of one window at a time. */
  #sharedTarget(term: TapTerm): BufferSlice {
    const { options, tiling, scope } = this.#request;
    const maps = tiling.windows.map((window) => {
      const map = tapMap(this.#network.at('content', window.frame).pass, term.layer);
      return { bytes: ownedBytes(options, window, map), element: map.element };
    });
    const slice = scope.allocate(`content target ${term.layer}`, Math.max(...maps.map(({ bytes }) => bytes)));
    const [first] = maps;
    return first === undefined ? slice : { ...slice, element: first.element };
  }

  #rowOf(term: TapTerm): BufferSlice {
    return this.#request.table.row(this.#request.terms.indexOf(term));
  }
}

function missing(term: TapTerm): ShapeError {
  return new ShapeError(`no target was made for ${termName(term)}`);
}
