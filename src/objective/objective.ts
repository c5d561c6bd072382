/**
 * The objective of a transfer: a picture in, the weighted losses and the gradient out, all on the device. Recorded once per size;
 * an evaluation is one submit of its program.
 */

import { BufferScope, type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { Program } from '../core/program.ts';
import { assertRgbImage, type RgbImage } from '../images/rgb-image.ts';
import { recordKeepBest } from '../kernels/loss-sum.ts';
import { recordNormaliseBackward, recordNormaliseForward } from '../kernels/normalise.ts';
import { ContentLoss, contentLossScale } from '../losses/content-loss.ts';
import { LossTerms } from '../losses/loss-terms.ts';
import { StyleLoss, StyleWorkspace, styleLossScale } from '../losses/style-loss.ts';
import { TotalVariationLoss, totalVariationScale } from '../losses/total-variation-loss.ts';
import type { DeviceWeights } from '../models/device-weights.ts';
import { type TapLoss, VggExecutor } from '../models/executor.ts';
import { type Pass, tapMap } from '../models/pass.ts';
import { mapValues } from '../models/plan.ts';
import type { DeviceObjective } from '../optimizers/optimizer.ts';
import { objectivePass, type PictureSize, positionsOf, targetPass } from './memory-plan.ts';
import type { ObjectiveOptions } from './options.ts';
import { mixOf, type Style, type StylePicture } from './style-mix.ts';
import { makeContentTargets, makeStyleTargets } from './targets.ts';
import { fromPixels, networkInputOf, pixelsPerUnit, toPixels } from './variable.ts';

/** The kinds of loss terms, by which a trace sums them. */
export type TermKind = 'content' | 'style' | 'total variation';

export interface LossTerm {
  readonly kind: TermKind;
  /** The tap, where there is one. */
  readonly layer: string | undefined;
}

export interface ObjectiveRequest {
  readonly gpu: Gpu;
  readonly weights: DeviceWeights;
  readonly options: ObjectiveOptions;
  readonly content: RgbImage;
  readonly style: Style;
  /** Where the variable starts; of the content picture's size. */
  readonly initial: RgbImage;
}

/** The parts of an objective while it is being built; all are freed together. */
interface Parts {
  readonly scope: BufferScope;
  readonly terms: LossTerms;
  readonly workspace: StyleWorkspace | undefined;
  readonly losses: ReadonlyMap<string, readonly TapLoss[]>;
}

export class TransferObjective implements DeviceObjective, Disposable {
  /** Values of the variable: width · height · 3. */
  readonly size: number;
  readonly variable: BufferSlice;
  readonly gradient: BufferSlice;
  /** The variable with the lowest loss so far. */
  readonly best: BufferSlice;
  /** Loss terms in the order of `losses.values` after the total. */
  readonly terms: readonly LossTerm[];
  readonly losses: LossTerms;
  /** One evaluation. */
  readonly program: Program;
  readonly #request: ObjectiveRequest;
  readonly #owned: Disposable[];

  private constructor(request: ObjectiveRequest, parts: Parts, executor: VggExecutor) {
    const { gpu, options, initial } = request;
    this.#request = request;
    this.terms = termsOf(options);
    this.losses = parts.terms;
    this.variable = parts.scope.upload('picture', fromPixels(initial.pixels, options.variable));
    this.size = this.variable.sizeBytes / bytesPerFloat;
    this.gradient = parts.scope.allocate('gradient', this.variable.sizeBytes);
    // Until an evaluation is better than none, the best picture is the one the run starts from.
    this.best = parts.scope.upload('best picture', fromPixels(initial.pixels, options.variable));
    this.program = new Program(gpu, 'evaluation');
    this.#owned = [this.program, executor, ...ownedBy(parts)];
    this.#record(executor, parts.losses);
  }

  /**
   * Makes the targets, then the evaluation. The caller owns the result; `weights` stay the caller's.
   *
   * @throws InputError for unknown layers or too small a picture; DeviceError when memory runs out.
   */
  static async create(request: ObjectiveRequest): Promise<TransferObjective> {
    const { gpu, weights, options, content, initial } = request;
    assertRgbImage(initial, 'the initial picture');
    if (initial.width !== content.width || initial.height !== content.height) {
      throw new ShapeError(
        `the initial picture is ${initial.width}x${initial.height}, the content picture ${content.width}x${content.height}`,
      );
    }
    const pass = objectivePass(options, content);
    const parts = await makeParts(request, pass);
    const owned = [...ownedBy(parts)];
    try {
      const { pooling, paddingMode } = options;
      const executor = await VggExecutor.create(gpu, weights, { pass, pooling, paddingMode });
      owned.push(executor);
      return await gpu.checked('recording the evaluation', () => new TransferObjective(request, parts, executor));
    } catch (error) {
      disposeAll(owned);
      throw error;
    }
  }

  /** The size of the picture that is optimised. */
  get pictureSize(): PictureSize {
    const { width, height } = this.#request.content;
    return { width, height };
  }

  /** The picture at the variable's present value, or the best one; waits for the device. */
  async readPicture(which: 'current' | 'best' = 'current'): Promise<RgbImage> {
    const { gpu, options, content } = this.#request;
    const values = await gpu.read(which === 'best' ? this.best : this.variable);
    const picture = { width: content.width, height: content.height, pixels: toPixels(values, options.variable) };
    return content.alpha === undefined ? picture : { ...picture, alpha: content.alpha };
  }

  [Symbol.dispose](): void {
    disposeAll(this.#owned);
  }

  #record(executor: VggExecutor, losses: ReadonlyMap<string, readonly TapLoss[]>): void {
    const { options, content } = this.#request;
    const { program, variable, gradient } = this;
    const pixels = this.size / 3;
    const { scale, offset } = networkInputOf(options.variable);
    recordNormaliseForward(program, { input: variable, output: executor.input, pixels, scale, offset });
    executor.record(program, losses);
    recordNormaliseBackward(program, { gradOutput: executor.gradInput, gradInput: gradient, pixels, scale });
    if (options.tvWeight > 0) {
      const { width, height } = content;
      new TotalVariationLoss({
        width,
        height,
        weight: options.tvWeight,
        channelScale: pixelsPerUnit(options.variable),
        partial: this.losses.row(this.terms.length - 1),
      }).record(program, { input: variable, gradient });
    }
    this.losses.record(program);
    recordKeepBest(program, { input: variable, state: this.losses.state, best: this.best, count: this.size });
  }
}

/** The loss terms an objective has, in the order of their rows. */
export function termsOf(options: ObjectiveOptions): readonly LossTerm[] {
  const term = (kind: TermKind) => (layer: { readonly name: string }) => ({ kind, layer: layer.name });
  return [
    ...options.contentLayers.map(term('content')),
    ...options.styleLayers.map(term('style')),
    ...(options.tvWeight > 0 ? [{ kind: 'total variation' as const, layer: undefined }] : []),
  ];
}

async function makeParts(request: ObjectiveRequest, pass: Pass): Promise<Parts> {
  const { gpu, weights, options, content } = request;
  const styles = mixOf(request.style);
  const scope = new BufferScope(gpu.buffers);
  let workspace: StyleWorkspace | undefined;
  let terms: LossTerms | undefined;
  try {
    workspace = makeWorkspace(gpu, { options, styles, pass });
    terms = makeTerms(request, pass);
    const contentTargets = await makeContentTargets({ gpu, weights, options, image: content, scope });
    const styleTargets =
      workspace === undefined
        ? new Map<string, BufferSlice>()
        : await makeStyleTargets({ gpu, weights, options, styles, scope, workspace });
    const losses = makeTapLosses({ options, pass, terms, workspace, contentTargets, styleTargets });
    return { scope, terms, workspace, losses };
  } catch (error) {
    disposeAll([scope, ...(workspace === undefined ? [] : [workspace]), ...(terms === undefined ? [] : [terms])]);
    throw error;
  }
}

/** The Gram workspace for the taps at all pictures' sizes; undefined without style layers. */
function makeWorkspace(
  gpu: Gpu,
  made: {
    readonly options: ObjectiveOptions;
    readonly styles: readonly StylePicture[];
    readonly pass: Pass;
  },
): StyleWorkspace | undefined {
  const { options, styles } = made;
  if (options.styleLayers.length === 0) return undefined;
  const passes = [
    made.pass,
    ...styles.flatMap(({ picture }) => targetPass(options, options.styleLayers, picture) ?? []),
  ];
  const shapes = options.styleLayers.flatMap(({ name }) => passes.map((one) => positionsOf(tapMap(one, name))));
  return new StyleWorkspace(gpu, shapes);
}

function makeTerms({ gpu, options, content }: ObjectiveRequest, pass: Pass): LossTerms {
  const scales = [
    ...options.contentLayers.map(({ name, weight }) =>
      contentLossScale({ values: mapValues(tapMap(pass, name)), weight: weight * options.contentWeight }),
    ),
    ...options.styleLayers.map(({ name, weight }) =>
      styleLossScale({ channels: tapMap(pass, name).channels, weight: weight * options.styleWeight }),
    ),
    ...(options.tvWeight > 0 ? [totalVariationScale({ ...content, weight: options.tvWeight })] : []),
  ];
  const names = termsOf(options).map(({ kind, layer }) => (layer === undefined ? kind : `${kind} ${layer}`));
  return new LossTerms(gpu, { names, scales });
}

function makeTapLosses(made: {
  readonly options: ObjectiveOptions;
  readonly pass: Pass;
  readonly terms: LossTerms;
  readonly workspace: StyleWorkspace | undefined;
  readonly contentTargets: ReadonlyMap<string, BufferSlice>;
  readonly styleTargets: ReadonlyMap<string, BufferSlice>;
}): ReadonlyMap<string, readonly TapLoss[]> {
  const { options, pass, terms, workspace } = made;
  const losses = new Map<string, TapLoss[]>();
  const add = (tap: string, loss: TapLoss): void => {
    losses.set(tap, [...(losses.get(tap) ?? []), loss]);
  };
  options.contentLayers.forEach(({ name, weight }, index) => {
    const values = mapValues(tapMap(pass, name));
    const target = targetOf(made.contentTargets, name);
    add(name, new ContentLoss({ target, values, weight: weight * options.contentWeight, partial: terms.row(index) }));
  });
  options.styleLayers.forEach(({ name, weight }, index) => {
    if (workspace === undefined) return;
    add(
      name,
      new StyleLoss({
        label: `gram ${name}`,
        shape: positionsOf(tapMap(pass, name)),
        target: targetOf(made.styleTargets, name),
        weight: weight * options.styleWeight,
        gramFactor: options.gramFactor,
        workspace,
        partial: terms.row(options.contentLayers.length + index),
      }),
    );
  });
  return losses;
}

function targetOf(targets: ReadonlyMap<string, BufferSlice>, tap: string): BufferSlice {
  const target = targets.get(tap);
  if (target === undefined) throw new ShapeError(`no target was made for '${tap}'`);
  return target;
}

function ownedBy(parts: Parts): readonly Disposable[] {
  return [parts.terms, parts.scope, ...(parts.workspace === undefined ? [] : [parts.workspace])];
}

function disposeAll(owned: readonly Disposable[]): void {
  for (const one of owned) one[Symbol.dispose]();
}
