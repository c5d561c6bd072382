/**
 * The objective of a transfer: a picture in, the weighted losses and the gradient out, all on the device. Recorded once per size;
 * an evaluation is one submit of its program.
 */

import { type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { type Program, ProgramScope } from '../core/program.ts';
import { assertRgbImage, type RgbImage } from '../images/rgb-image.ts';
import { recordKeepBest } from '../kernels/loss-sum.ts';
import { partialsPerTerm } from '../kernels/mse.ts';
import { LossTable } from '../losses/loss-table.ts';
import { tapParts } from '../models/bands.ts';
import type { ChosenKernels } from '../models/chosen-kernels.ts';
import type { DeviceWeights } from '../models/device-weights.ts';
import { NetworkExecutor, type TapLoss } from '../models/executor.ts';
import { type Pass, tapMap } from '../models/pass.ts';
import type { DeviceObjective } from '../optimizers/optimizer.ts';
import type { ObjectiveOptions } from '../settings/settings.ts';
import type { PictureSize } from '../settings/sizes.ts';
import { BandedMapLoss, BandSum, bandSumBytes, recordPictureLoss } from './band-losses.ts';
import type { FourierEnds, FourierVariable } from './fourier-variable.ts';
import { cutTargetPass, fittedObjectivePass, objectivePass, styleTargetPasses } from './memory-plan.ts';
import { recordNetworkInput, recordVariableGradient } from './network-input.ts';
import { mixOf, type Style, type StylePicture } from './style-mix.ts';
import { LossWorkspace, shapeOf, WholeMapLoss, workspaceBytes } from './tap-losses.ts';
import { makeTargets, type Targets } from './targets.ts';
import { isTapTerm, type LossTerm, labelOf, type TermLabel, termName, termsOf } from './terms.ts';
import type { Tiling } from './tiling.ts';
import { fromPixels, networkInputOf, pictureAt, pixelsPerUnit } from './variable.ts';

export interface ObjectiveRequest {
  readonly gpu: Gpu;
  readonly weights: DeviceWeights;
  readonly options: ObjectiveOptions;
  readonly content: RgbImage;
  readonly style: Style;
  /** Where the variable starts; of the content picture's size. */
  readonly initial: RgbImage;
  /** Cuts the evaluation into windows; the weights were made for them. Absent, the picture goes through the network as a whole. */
  readonly tiling?: Tiling | undefined;
}

/** What an evaluation finds of those before it. */
export interface ObjectiveState {
  /** [H, W, 3]: the variable as the optimiser has it, not clamped to a picture's range, at a point it has accepted. */
  readonly variable: Float32Array;
  /** [H, W, 3]: the picture with the lowest loss so far; never frequencies. */
  readonly best: Float32Array;
  /** [2]: that loss, infinite before the first evaluation, and whether the last evaluation set it. */
  readonly bestLoss: Float32Array;
}

/** The picture that the network sees, and its gradient. */
interface Vectors {
  readonly variable: BufferSlice;
  readonly gradient: BufferSlice;
}

/** Between a picture and the frequencies that are moved in its place. */
interface Frequencies {
  readonly toPicture: Program;
  readonly fromPicture: Program;
}

/** The parts of an objective while it is being built; all are freed together. */
interface Parts {
  readonly scope: ProgramScope;
  readonly terms: readonly LossTerm[];
  readonly table: LossTable;
  readonly bandSum: BandSum;
  readonly owned: readonly Disposable[];
  /** Where frequencies are moved. */
  readonly fourier: FourierVariable | undefined;
  /** Records the losses at taps and the gradient of their sum, which is overwritten. */
  readonly record: (vectors: Vectors) => readonly Program[];
}

export class TransferObjective implements DeviceObjective, Disposable {
  /** Values of the variable: width · height · 3. */
  readonly size: number;
  readonly variable: BufferSlice;
  readonly gradient: BufferSlice;
  /** The picture that is evaluated: the variable itself, but for frequencies, of which it is made at each evaluation. */
  readonly picture: BufferSlice;
  readonly pictureGradient: BufferSlice;
  /** The picture with the lowest loss so far. */
  readonly best: BufferSlice;
  /** Loss terms in the order of `losses.values` after the total. */
  readonly terms: readonly TermLabel[];
  readonly losses: LossTable;
  /** One evaluation: to be run in this order. */
  readonly programs: readonly Program[];
  readonly #request: ObjectiveRequest;
  readonly #owned: Disposable[];
  readonly #frequencies: Frequencies | undefined;

  private constructor(request: ObjectiveRequest, parts: Parts) {
    const { options, initial } = request;
    const { scope, fourier } = parts;
    this.#request = request;
    this.terms = parts.terms.map(labelOf);
    this.losses = parts.table;
    this.picture = scope.upload('picture', fromPixels(initial.pixels, options.variable));
    const { sizeBytes } = this.picture;
    this.size = sizeBytes / bytesPerFloat;
    this.gradient = scope.allocate('gradient', sizeBytes);
    const isPicture = fourier === undefined;
    this.variable = isPicture ? this.picture : scope.allocate('frequencies', sizeBytes);
    this.pictureGradient = isPicture ? this.gradient : scope.allocate('gradient of the picture', sizeBytes);
    // Until an evaluation is better than none, the best picture is the one the run starts from.
    this.best = scope.upload('best picture', fromPixels(initial.pixels, options.variable));
    this.#owned = [...parts.owned];
    this.#frequencies = fourier && recordFrequencies(fourier, scope, this);
    this.programs = this.#record(parts);
  }

  /**
   * Makes the targets, then the evaluation. The caller owns the result; `weights` stay the caller's.
   *
   * @throws InputError for unknown layers or too small a picture; DeviceError when memory runs out.
   */
  static async create(request: ObjectiveRequest): Promise<TransferObjective> {
    const { gpu, content, initial } = request;
    assertRgbImage(initial, 'the initial picture');
    if (initial.width !== content.width || initial.height !== content.height) {
      throw new ShapeError(
        `the initial picture is ${initial.width}x${initial.height}, the content picture ${content.width}x${content.height}`,
      );
    }
    const parts = await makeParts(request);
    try {
      const made = await gpu.checked('recording the evaluation', () => new TransferObjective(request, parts));
      if (made.#frequencies !== undefined) await gpu.submitPaced([made.#frequencies.fromPicture]);
      return made;
    } catch (error) {
      disposeAll(parts.owned);
      throw error;
    }
  }

  /** The size of the picture that is optimised. */
  get pictureSize(): PictureSize {
    const { width, height } = this.#request.content;
    return { width, height };
  }

  /** Whether the variable is the picture, position for position. */
  get movesPixels(): boolean {
    return this.variable === this.picture;
  }

  /**
   * The picture at the variable's present value, between two steps; at that of the last evaluation, which is the same but for frequencies, at
   * any time; or the best one. Waits for the device.
   */
  async readPicture(which: 'current' | 'evaluated' | 'best' = 'current'): Promise<RgbImage> {
    const { gpu, options, content } = this.#request;
    // A step has moved the frequencies since the picture was made of them.
    if (which === 'current' && this.#frequencies !== undefined) await gpu.submitPaced([this.#frequencies.toPicture]);
    const values = await gpu.read(which === 'best' ? this.best : this.picture);
    return pictureAt(values, options.variable, content);
  }

  /** Makes the best picture so far the present one. */
  returnToBest(): void {
    const { gpu } = this.#request;
    const { picture, best } = this;
    const encoder = gpu.device.createCommandEncoder();
    encoder.copyBufferToBuffer(best.buffer, best.offsetBytes, picture.buffer, picture.offsetBytes, best.sizeBytes);
    gpu.device.queue.submit([encoder.finish()]);
    if (this.#frequencies !== undefined) gpu.submit([this.#frequencies.fromPicture]);
  }

  /** A copy of the state; waits for the device. */
  async readState(): Promise<ObjectiveState> {
    const { gpu } = this.#request;
    // One after the other: each takes device memory on its way.
    const variable = await gpu.read(this.variable);
    const best = await gpu.read(this.best);
    return { variable, best, bestLoss: await gpu.read(this.losses.state) };
  }

  /** Goes on from a state instead of the initial picture. @throws ShapeError where it is of another size. */
  restore({ variable, best, bestLoss }: ObjectiveState): void {
    const { width, height } = this.pictureSize;
    if (variable.length !== this.size || best.length !== this.size || bestLoss.length !== 2) {
      throw new ShapeError(
        `a variable of ${width}x${height} has ${this.size} values, got ${variable.length}, ${best.length} of the best and ${bestLoss.length} of its loss to go on from`,
      );
    }
    const { queue } = this.#request.gpu.device;
    const places = [this.variable, this.best, this.losses.state];
    for (const [index, values] of [variable, best, bestLoss].entries()) {
      const place = places[index];
      if (place !== undefined) queue.writeBuffer(place.buffer, place.offsetBytes, values.slice());
    }
  }

  [Symbol.dispose](): void {
    disposeAll(this.#owned);
  }

  #record({ scope, terms, bandSum, fourier, record }: Parts): readonly Program[] {
    const { gpu, options, content } = this.#request;
    const { picture, pictureGradient: gradient, best, size: count } = this;
    const programs = record({ variable: picture, gradient });
    // What follows ends the last program: an evaluation that is one stays one.
    const last = programs.at(-1) ?? scope.program('evaluation');
    const mostBytes = gpu.limits.maxStorageBufferBindingSize;
    const channelScale = pixelsPerUnit(options.variable);
    terms.forEach(({ loss }, index) => {
      if (loss.form !== 'picture') return;
      const at = { whole: content, picture, gradient, partial: this.losses.row(index), channelScale };
      recordPictureLoss(last, loss, { ...at, bandSum, mostBytes });
    });
    this.losses.record(last);
    recordKeepBest(last, { input: picture, state: this.losses.state, best, count });
    if (this.#frequencies === undefined) return programs;
    fourier?.recordGradient(last, { variable: this.gradient, picture: gradient });
    return [this.#frequencies.toPicture, ...programs];
  }
}

async function makeParts(request: ObjectiveRequest): Promise<Parts> {
  const { gpu, weights, options, content, tiling } = request;
  const scope = new ProgramScope(gpu);
  const owned: Disposable[] = [scope];
  try {
    const terms = termsOf(options, tiling === undefined ? 'whole' : 'windows');
    const fit = { kernels: weights.kernels, limits: gpu.limits };
    const pass = tiling === undefined ? fittedObjectivePass(options, content, fit) : objectivePass(options, content);
    const table = makeTable(gpu, terms, { pass, content });
    owned.push(table);
    const building = { ...request, scope, owned, terms, pass, table, styles: mixOf(request.style) };
    const made = tiling === undefined ? await makeWhole(building) : await makeTiled({ ...building, tiling });
    const fourier = options.variable === 'fourier' ? await makeFourier(request, owned) : undefined;
    return { scope, terms, table, owned, fourier, ...made };
  } catch (error) {
    disposeAll(owned);
    throw error;
  }
}

async function makeFourier({ gpu, content }: ObjectiveRequest, owned: Disposable[]): Promise<FourierVariable> {
  // Only who asks for it should load it.
  const { FourierVariable } = await import('./fourier-variable.ts');
  const fourier = new FourierVariable(gpu, content);
  owned.push(fourier);
  return fourier;
}

function recordFrequencies(fourier: FourierVariable, scope: ProgramScope, ends: FourierEnds): Frequencies {
  const toPicture = scope.program('picture of frequencies');
  fourier.recordPicture(toPicture, ends);
  const fromPicture = scope.program('frequencies of picture');
  fourier.recordVariable(fromPicture, ends);
  return { toPicture, fromPicture };
}

interface Building extends ObjectiveRequest {
  readonly scope: ProgramScope;
  /** What is made is added to it. */
  readonly owned: Disposable[];
  readonly terms: readonly LossTerm[];
  readonly pass: Pass;
  readonly table: LossTable;
  readonly styles: readonly StylePicture[];
}

type Made = Pick<Parts, 'record' | 'bandSum'>;

async function makeTiled(building: Building & { readonly tiling: Tiling }): Promise<Made> {
  const { gpu, content, owned } = building;
  // Few pictures need it, and a page should not load it for the others.
  const { TiledEvaluation } = await import('./tiled-evaluation.ts');
  const evaluation = await TiledEvaluation.create(building);
  owned.push(evaluation);
  const isCut = content.pixels.byteLength > gpu.limits.maxStorageBufferBindingSize;
  const bandSum = new BandSum(gpu, isCut ? partialsPerTerm * bytesPerFloat : 0);
  owned.push(bandSum);
  return { bandSum, record: (vectors) => evaluation.record(vectors) };
}

async function makeWhole(building: Building): Promise<Made> {
  const { gpu, weights, options, scope, owned, terms, pass, table, styles } = building;
  const { kernels } = weights;
  const tapTerms = terms.filter(isTapTerm);
  const sizes = styles.map(({ picture }) => picture);
  const fit = { like: pass, kernels, limits: gpu.limits };
  const passes = [pass, ...styleTargetPasses(options, sizes).map((one) => cutTargetPass(one, fit))];
  const workspace = new LossWorkspace(gpu, workspaceBytes(tapTerms, passes, kernels));
  owned.push(workspace);
  const bandSum = new BandSum(gpu, bandSumBytes(tapTerms, passes));
  owned.push(bandSum);
  const targets = await makeTargets({ ...building, terms: tapTerms, workspace, bandSum });
  const tapLosses = placeAtTaps(terms, { pass, table, workspace, bandSum, targets, kernels });
  const executor = await NetworkExecutor.create(gpu, weights, { pass, pooling: options.pooling });
  owned.push(executor);
  const record = ({ variable, gradient }: Vectors): readonly Program[] => {
    const program = scope.program('evaluation');
    const { scale, offset } = networkInputOf(options.variable);
    recordNetworkInput(program, executor, pass, { variable, scale, offset });
    executor.record(program, tapLosses);
    recordVariableGradient(program, executor, pass, { gradient, scale });
    return [program];
  };
  return { bandSum, record };
}

function makeTable(
  gpu: Gpu,
  terms: readonly LossTerm[],
  { pass, content }: { readonly pass: Pass; readonly content: PictureSize },
): LossTable {
  const factorOf = (term: LossTerm): number =>
    isTapTerm(term) ? term.loss.factor(shapeOf(tapMap(pass, term.layer))) : term.loss.factor(content);
  return new LossTable(
    gpu,
    terms.map((term) => ({ name: termName(term), factor: factorOf(term) })),
  );
}

/** The losses of the terms at taps, by tap, in the order of the terms. */
function placeAtTaps(
  terms: readonly LossTerm[],
  made: {
    readonly pass: Pass;
    readonly table: LossTable;
    readonly workspace: LossWorkspace;
    readonly bandSum: BandSum;
    readonly targets: Targets;
    readonly kernels: ChosenKernels;
  },
): ReadonlyMap<string, readonly TapLoss[]> {
  const { pass, table, workspace, bandSum } = made;
  const placed = new Map<string, TapLoss[]>();
  terms.forEach((term, index) => {
    if (!isTapTerm(term)) return;
    const { layer, loss } = term;
    const targets = made.targets.get(term);
    const target = targets?.[0];
    if (targets === undefined || target === undefined) throw new ShapeError(`no target was made for ${termName(term)}`);
    const whole = shapeOf(tapMap(pass, layer));
    const at = { loss, layer, whole, partial: table.row(index), workspace, kernels: made.kernels.tap(layer) };
    const isCut = tapParts(pass, layer).length > 1;
    const one = isCut ? new BandedMapLoss({ ...at, targets, bandSum }) : new WholeMapLoss({ ...at, target });
    placed.set(layer, [...(placed.get(layer) ?? []), one]);
  });
  return placed;
}

function disposeAll(owned: readonly Disposable[]): void {
  for (const one of owned) one[Symbol.dispose]();
}
