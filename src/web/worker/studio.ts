/** The worker's state: the device, the pictures it was given, the weights, and the painting at work. */

import { DeviceError, InputError, messageOf, OutOfMemoryError } from '../../core/errors.ts';
import type { Gpu } from '../../core/gpu.ts';
import { withPngTexts } from '../../images/png-text.ts';
import { resizeImage } from '../../images/resize.ts';
import type { RgbImage } from '../../images/rgb-image.ts';
import { decodeImage, encodePng, readsCanvasExactly } from '../../platform/browser/image-files.ts';
import { type PreparedRun, prepareRun, remarksOf, worksOf } from '../../transfer/prepare.ts';
import type { Start } from '../../transfer/start.ts';
import type { NetworkWeights } from '../../weights/network-weights.ts';
import type {
  AdapterInfo,
  EngineEvent,
  Order,
  Pace,
  PictureInfo,
  PlanInfo,
  RunEvent,
  RunSummary,
} from '../protocol.ts';
import { CheckpointFiles, type PictureFile, recordOf, takeUp } from './checkpoints.ts';
import { openDevice, type PaintingDevice, reopenDevice } from './device.ts';
import { Gate } from './gate.ts';
import { Losses } from './losses.ts';
import { assertShowable, grantedRun, largestScale, refusedMemory } from './memory.ts';
import type { Painting } from './painting.ts';
import { areWeightsKept, loadBundledWeights } from './weights.ts';

/** Of a run that was stopped before its first evaluation. */
const nothingPainted: RunSummary = { end: 'aborted', evaluations: 0, elapsedMs: 0, problem: undefined };

/** Of a thumbnail's shorter side, as `npm run thumbnails` has it. */
const thumbnailSide = 144;

/** A stopped run that ends within this time is waited for. */
const patienceMs = 150;

export class Studio {
  readonly #tell: (event: EngineEvent) => void;
  readonly #pictures = new Map<string, RgbImage>();
  readonly #files = new Map<string, PictureFile>();
  readonly #losses = new Losses();
  /** Hands over the canvas that was asked for. */
  #giveCanvas: ((canvas: OffscreenCanvas) => void) | undefined;
  /** Open, or being opened. */
  #device: Promise<PaintingDevice> | undefined;
  #weights: Promise<NetworkWeights> | undefined;
  /** Of the run at work. */
  #gate: Gate | undefined;
  #painting: Painting | undefined;
  /** A run that was stopped before its first evaluation, on its way out: it may still wait for weights or for compilers. */
  #leaving: Promise<unknown> = Promise.resolve();
  /** What is on the canvas when nothing is being painted. */
  #shown: RgbImage | undefined;

  constructor(tell: (event: EngineEvent) => void) {
    this.#tell = tell;
  }

  async open(canvas: OffscreenCanvas): Promise<AdapterInfo> {
    const device = await this.#keep(openDevice(canvas));
    void this.#loadKeptWeights();
    if (!readsCanvasExactly()) this.#tell({ kind: 'canvas-noise' });
    const { description, isSoftware } = device.gpu.profile;
    return { description, isSoftware };
  }

  /** Takes the canvas that was asked for. */
  takeCanvas(canvas: OffscreenCanvas): void {
    this.#giveCanvas?.(canvas);
  }

  /** Begins to load the weights, unless they are there or on their way; events tell how it goes. Failed ones are asked for again when they are needed. */
  loadWeights(): Promise<NetworkWeights> {
    if (this.#weights !== undefined) return this.#weights;
    const loading = loadBundledWeights((progress) => this.#tell({ kind: 'weights', ...progress }));
    this.#weights = loading;
    loading.then(
      () => this.#tell({ kind: 'weights-ready' }),
      (error: unknown) => {
        this.#weights = undefined;
        this.#tell({ kind: 'weights-failed', message: messageOf(error) });
      },
    );
    return loading;
  }

  /** What is on this device costs nobody anything. */
  async #loadKeptWeights(): Promise<void> {
    if (await areWeightsKept()) void this.loadWeights();
  }

  async picture(id: string, file: Blob, name: string): Promise<PictureInfo> {
    const picture = await decodeImage(file, name);
    this.#pictures.set(id, picture);
    this.#files.set(id, { name, file });
    return { width: picture.width, height: picture.height };
  }

  /** A large photograph is decoded once: its thumbnail is made here, of what the engine holds. */
  async thumbnail(id: string): Promise<Blob> {
    const picture = this.#picture(id, 'picture');
    const { width, height } = picture;
    const scale = Math.min(1, thumbnailSide / Math.min(width, height));
    return await encodePng(resizeImage(picture, Math.round(width * scale), Math.round(height * scale)));
  }

  forget(id: string): void {
    this.#pictures.delete(id);
    this.#files.delete(id);
  }

  async show(file: Blob): Promise<PictureInfo> {
    const picture = await decodeImage(file, 'the picture of the last run');
    this.#shown = picture;
    (await this.#open()).preview.show(picture);
    return { width: picture.width, height: picture.height };
  }

  /** @throws LimitError with the largest size that fits. */
  async plan(order: Order): Promise<PlanInfo> {
    const { gpu } = await this.#open();
    const { scales, plan } = this.#prepare(order, gpu);
    const { width, height } = (scales.at(-1) ?? scales[0]).content;
    return { peakBytes: plan.peakBytes, remarks: remarksOf({ scales }), width, height, scales: worksOf({ scales }) };
  }

  /** Paints. A run can be held and stopped from here on; one that has painted nothing yet is over as soon as it is stopped. */
  async start(run: number, order: Order): Promise<RunSummary> {
    if (this.#gate !== undefined) throw new InputError('a picture is already being painted; stop it first');
    const gate = new Gate(run);
    this.#gate = gate;
    const painting = this.#leaving.then(() => this.#paint(order, gate));
    this.#leaving = painting.catch(() => {});
    try {
      return await Promise.race([painting, this.#abandoned(gate, performance.now())]);
    } finally {
      this.#painting = undefined;
      this.#gate = undefined;
    }
  }

  /**
   * Resolves when a run that was stopped would keep people waiting: one that has painted nothing yet, with what was there before on the
   * canvas again; and one in the middle of a long evaluation, with the picture of the evaluation before.
   */
  async #abandoned(gate: Gate, startedAtMs: number): Promise<RunSummary> {
    await gate.stopped;
    const painting = this.#painting;
    const evaluations = painting?.evaluations ?? 0;
    if (evaluations > 0) {
      await new Promise((resolve) => setTimeout(resolve, patienceMs));
      const picture = painting?.copyOfScale;
      // It has ended by itself, or there is nothing of the scale at work to show.
      if (this.#gate !== gate || picture === undefined) return await new Promise(() => {});
      this.#shown = picture;
    }
    gate.isAbandoned = true;
    const { preview } = await this.#open();
    preview.watch(undefined);
    if (this.#shown !== undefined) preview.show(this.#shown);
    return evaluations === 0
      ? nothingPainted
      : { end: 'aborted', evaluations, elapsedMs: performance.now() - startedAtMs, problem: undefined };
  }

  pace(run: number, pace: Pace): void {
    if (this.#gate?.run === run) this.#gate.set(pace);
  }

  async #paint(order: Order, gate: Gate): Promise<RunSummary> {
    // What paints is not asked for before somebody wants it to.
    const loadingPainting = import('./painting.ts');
    // Whoever is stopped before does not wait for it.
    loadingPainting.catch(() => {});
    const device = await this.#open();
    if (gate.isAbandoned) return nothingPainted;
    const tell = (event: RunEvent) => this.#tell({ kind: 'run', run: gate.run, event });
    const prepare = (memoryBytes?: number): PreparedRun => this.#prepare(order, device.gpu, memoryBytes);
    const run = await grantedRun(device.gpu, prepare(), prepare, (sentence) => tell({ kind: 'news', sentence }));
    if (gate.isAbandoned) return nothingPainted;
    const weights = this.loadWeights();
    const record = recordOf(order, this.#filesOf(order), run, device.gpu);
    const resume = order.resume && (await takeUp(order.resume, await record, run));
    const files = new CheckpointFiles(record, run, (file, evaluation) =>
      tell({ kind: 'checkpoint', file, evaluation }),
    );
    const reopen = (trouble: 'lost' | 'memory') => this.#reopen(trouble);
    const { Painting } = await loadingPainting;
    if (gate.isAbandoned) return nothingPainted;
    const painting = new Painting({ device, weights, run, prepare, gate, reopen, tell, files, resume });
    this.#painting = painting;
    const startedAtMs = performance.now();
    try {
      // What the run starts from is there to be seen while the targets are made.
      const { width, height } = run.initial;
      device.preview.show(run.initial, () => tell({ kind: 'preview', size: { width, height } }));
      const { picture, end, error } = await painting.run();
      if (end === 'aborted') await files.make();
      if (gate.isAbandoned) return nothingPainted;
      this.#shown = picture;
      (await this.#open()).preview.show(picture);
      const elapsedMs = performance.now() - startedAtMs;
      return { end, evaluations: painting.evaluations, elapsedMs, problem: error?.message };
    } catch (error) {
      if (!gate.isAbandoned) this.#shown = painting.copied ?? this.#shown;
      throw error instanceof OutOfMemoryError ? refusedMemory(largestScale(run.scales).content, error) : error;
    }
  }

  async png(texts: Readonly<Record<string, string>>): Promise<Blob> {
    const picture = (await this.#painting?.picture()) ?? this.#shown;
    if (picture === undefined) throw new InputError('there is no picture yet; paint one first');
    const bytes = new Uint8Array(await (await encodePng(picture)).arrayBuffer());
    return new Blob([withPngTexts(bytes, texts)], { type: 'image/png' });
  }

  /** The device; waits while a lost one is being replaced. @throws DeviceError. */
  async #open(): Promise<PaintingDevice> {
    if (this.#device === undefined) throw new DeviceError('no graphics device is open; reload the page');
    return await this.#device;
  }

  /** Makes a device the one in use; when it is lost while nothing is painted, it is replaced at once. */
  async #keep(opening: Promise<PaintingDevice>): Promise<PaintingDevice> {
    this.#device = opening;
    const device = await opening;
    device.lost.catch(() => {
      if (this.#painting !== undefined) return;
      this.#reopen('lost').catch((error: unknown) => this.#tell({ kind: 'device-failed', message: messageOf(error) }));
    });
    return device;
  }

  /** A new device on a new canvas: what is drawn on one that went down with the browser's GPU process is never seen. */
  async #reopen(trouble: 'lost' | 'memory'): Promise<PaintingDevice> {
    if (trouble === 'lost') this.#losses.note();
    const canvas = new Promise<OffscreenCanvas>((resolve) => {
      this.#giveCanvas = resolve;
    });
    this.#tell({ kind: 'canvas-needed' });
    const device = await this.#keep(canvas.then(reopenDevice));
    if (this.#shown !== undefined && this.#painting === undefined) device.preview.show(this.#shown);
    return device;
  }

  #filesOf({ content, styles }: Order): { readonly content: PictureFile; readonly styles: readonly PictureFile[] } {
    const fileOf = (id: string): PictureFile => this.#files.get(id) ?? { name: '', file: new Blob() };
    return { content: fileOf(content), styles: styles.map(({ id }) => fileOf(id)) };
  }

  /** @throws LimitError with the largest size that fits. */
  #prepare(order: Order, gpu: Gpu, memoryBytes?: number): PreparedRun {
    const content = this.#picture(order.content, 'photograph');
    const style = order.styles.map(({ id, weight }) => ({ picture: this.#picture(id, 'painting'), weight }));
    const { settings, size } = order;
    const run = prepareRun({ gpu, content, style, settings, size, start: this.#startOf(order), memoryBytes });
    assertShowable(gpu, largestScale(run.scales).content);
    return run;
  }

  #startOf({ start }: Order): Start {
    if (start !== 'here') return start;
    if (this.#shown === undefined) throw new InputError('there is no picture to go on from; paint one first');
    return { kind: 'picture', picture: this.#shown };
  }

  #picture(id: string | undefined, what: string): RgbImage {
    const picture = id === undefined ? undefined : this.#pictures.get(id);
    if (picture === undefined) throw new InputError(`there is no ${what}; choose one`);
    return picture;
  }
}
