/** The page's state and what its controls do. Views read signals and call methods; nothing here knows how it looks. */

import { type Signal, signal } from '@preact/signals';
import { messageOf } from '../../core/errors.ts';
import { copyText } from '../../platform/browser/clipboard.ts';
import { saveFile } from '../../platform/browser/downloads.ts';
import { storageRoomBytes } from '../../platform/browser/storage-room.ts';
import { canvasNoiseAdvice } from '../../platform/browser/support.ts';
import { EngineClient } from '../engine-client.ts';
import { examples, firstContent, firstStyle } from '../examples.ts';
import { formatLink, type Linked, parseLink } from '../link.ts';
import type { AdapterInfo, EngineEvent, Order, PlanInfo, RunEvent } from '../protocol.ts';
import { type PageSettings, usualSettings } from '../settings.ts';
import { Attempts } from './attempts.ts';
import { Changes } from './changes.ts';
import { Checkpoints } from './checkpoints.ts';
import { commandFor, type Making, madeFrom } from './export.ts';
import { forecastSeconds, keepSpeed } from './forecast.ts';
import { History } from './history.ts';
import { keptSwitch } from './kept-switch.ts';
import { Notices } from './notices.ts';
import { type From, orderOf } from './order.ts';
import { Painted } from './painted.ts';
import type { KeptPainting } from './painting-store.ts';
import { Pictures } from './pictures.ts';
import { isReturn, linkedSources } from './placing.ts';
import { RunState } from './run.ts';

export type EngineState = 'opening' | 'ready' | 'unavailable';

export interface WeightsState {
  readonly loadedBytes: number;
  readonly totalBytes: number;
  readonly isReady: boolean;
  readonly hasFailed: boolean;
}

const noWeights: WeightsState = { loadedBytes: 0, totalBytes: 0, isReady: false, hasFailed: false };

const planAfterMs = 250;
/** Before one is open. */
const unknownAdapter: AdapterInfo = { description: '', isSoftware: false };
/** Notices on what the present settings would take. */
const planTopic = 'plan';

function sentence(parts: readonly string[]): string {
  const text = parts.join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export class PageModel {
  readonly notices = new Notices();
  readonly run: RunState;
  readonly settings: Signal<PageSettings> = signal(usualSettings);
  readonly engineState: Signal<EngineState> = signal('opening');
  /** Counts the canvases from 1: a lost graphics device takes its canvas with it, and another one is put in its place. */
  readonly canvasNumber = signal(1);
  /** Why the engine is not available, in the browser's words. */
  readonly engineProblem = signal('');
  readonly adapter: Signal<AdapterInfo | undefined> = signal(undefined);
  readonly weights: Signal<WeightsState> = signal(noWeights);
  readonly plan: Signal<PlanInfo | undefined> = signal(undefined);
  /** Seconds that the plan will take; undefined where this device has not painted yet. */
  readonly forecast: Signal<number | undefined> = signal(undefined);
  /** Whether a run goes on while nobody looks. */
  readonly runsHidden = signal(true);
  /** Whether the chart of losses has a line for each layer. */
  readonly showsLayers = keptSwitch('layers', 'session', false);
  /** Whether keys do things by themselves: who speaks to the computer, or strikes keys by accident, can switch it off. */
  readonly usesSingleKeys = keptSwitch('single keys', 'visits', true);
  readonly pictures: Pictures;
  readonly history: History;
  readonly painted: Painted;
  readonly changes: Changes;
  readonly checkpoints = new Checkpoints();
  readonly #engine: EngineClient;
  readonly #attempts = new Attempts(this.notices, (size) => this.changes.set({ size }));
  #planTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#engine = new EngineClient(
      (event) => this.#follow(event),
      (message) => this.notices.add('problem', message),
    );
    this.run = new RunState({
      plan: (order) => this.#engine.call('plan', order),
      start: (run, order) => this.#engine.call('start', { run, order }),
      pace: (run, pace) => {
        // A worker that has broken down has said so.
        this.#engine.call('pace', { run, pace }).catch(() => {});
      },
    });
    this.pictures = new Pictures(this.#engine);
    this.history = new History(() => {
      this.notices.add(
        'problem',
        'This browser keeps no paintings: download what you want to have when the page is closed.',
      );
    });
    const { run, pictures, history } = this;
    const attempts = this.#attempts;
    this.painted = new Painted({ engine: this.#engine, attempts, run, pictures, history });
    const { painted, notices, settings } = this;
    const onChange = () => this.#changed();
    this.changes = new Changes({ settings, pictures, run, history, painted, notices, attempts, onChange });
  }

  /** Hands the page's canvas to the engine: the first one opens it, a later one takes the place of one that was lost. */
  async useCanvas(canvas: HTMLCanvasElement): Promise<void> {
    const offscreen = canvas.transferControlToOffscreen();
    if (this.canvasNumber.value === 1) await this.#open(offscreen);
    else await this.#engine.call('canvas', { canvas: offscreen }, [offscreen]);
  }

  /** Opens the engine, and meanwhile puts pictures in place: they need no adapter. */
  async #open(offscreen: OffscreenCanvas): Promise<void> {
    const opening = this.#engine.call('open', { canvas: offscreen }, [offscreen]);
    const placing = this.#placeFirst();
    try {
      this.adapter.value = await opening;
      this.engineState.value = 'ready';
    } catch (error) {
      this.engineProblem.value = messageOf(error);
      this.engineState.value = 'unavailable';
      return;
    }
    const kept = await placing;
    if (kept !== undefined) await this.changes.showFirst(kept);
    await this.#offerToGoOn();
  }

  /** A painting that was cut off, by a crash or a reload, can be gone on with. */
  async #offerToGoOn(): Promise<void> {
    await this.checkpoints.load();
    const last = this.checkpoints.last.value;
    const { making } = this.painted;
    if (last === undefined || last.id !== making?.id) return;
    const text = `This painting was broken off after step ${last.evaluation} of ${last.budget}.`;
    this.notices.add('problem', text, { label: 'Go on', run: () => void this.goOn(last.file, making) });
  }

  downloadCheckpoint(): void {
    const last = this.checkpoints.last.value;
    const { making } = this.painted;
    if (last !== undefined) saveFile(last.file, `${making?.fileName ?? 'painting'}.checkpoint`);
  }

  /** Takes files that were dropped: pictures, or a checkpoint to go on from. */
  async receive(...[role, files, replaces]: Parameters<Changes['receive']>): Promise<void> {
    const [first] = files;
    const { isCheckpointFile } = await import('./resumption.ts');
    if (first !== undefined && (await isCheckpointFile(first))) await this.goOn(first);
    else await this.changes.receive(role, files, replaces);
  }

  reset(): void {
    this.changes.set(usualSettings, '');
  }

  /** Follows a link that was put into the address of the open page. */
  async followLink(): Promise<void> {
    const linked = this.#readLink(location.hash);
    await this.changes.take(linked.settings, linkedSources(linked));
  }

  downloadPainting({ result, making }: KeptPainting): void {
    saveFile(result, making.fileName);
  }

  /** Paints from the beginning, or on from the picture that is there. Resolves when the run has ended and its picture is kept. */
  async paint(from: From = 'beginning'): Promise<void> {
    const settings = this.settings.value;
    const makingOf = () => madeFrom(this.pictures, settings, from, this.#command());
    await this.#paint(
      () => this.#order(from).order,
      makingOf,
      () => void this.paint(from),
    );
  }

  /** Goes on with the run of a checkpoint, with the pictures that are chosen. @param making of a painting that the page knows. */
  async goOn(file: Blob, making?: Making): Promise<void> {
    const orderNow = async (): Promise<Order> => {
      const { resumedOrder } = await import('./resumption.ts');
      return resumedOrder(await this.#engine.call('checkpoint', { file }), this.pictures, file);
    };
    const makingOf = ({ words }: Order): Making => {
      return making ?? { ...words, id: crypto.randomUUID(), settings: this.settings.value };
    };
    await this.#paint(orderNow, makingOf, () => void this.goOn(file, making));
  }

  async #paint(
    orderNow: () => Order | Promise<Order>,
    makingOf: (order: Order) => Making,
    again: () => void,
  ): Promise<void> {
    await this.changes.made;
    if (this.run.isBusy) return;
    this.notices.clearProblems();
    const before = { making: this.painted.making, trace: this.run.trace.value };
    try {
      const order = await orderNow();
      const summary = await this.run.paint(order, (plan) => {
        this.plan.value = plan;
        this.painted.making = makingOf(order);
      });
      if (summary?.problem !== undefined) {
        this.notices.add('problem', `${summary.problem}; the last good picture is shown`);
      }
      if (summary?.end === 'complete') {
        this.#keepSpeed(summary.elapsedMs);
        await this.checkpoints.forget();
      }
    } catch (error) {
      this.#attempts.refuse(error, again);
    }
    // What was there before is there again where nothing was painted over it.
    if (this.run.trace.value === before.trace) this.painted.making = before.making;
    else await this.painted.keep();
    this.#changed();
  }

  /** Begins to fetch the network where it is not there or on its way. */
  fetchWeights(): void {
    void this.#engine.call('weights', undefined);
  }

  async copyCommand(): Promise<void> {
    await this.#attempts.make(async () => {
      await copyText(this.#command());
      this.notices.add('news', 'The command line is on the clipboard.');
    });
  }

  async copyLink(): Promise<void> {
    await this.#attempts.make(async () => {
      await copyText(location.href);
      const isWhole = [this.pictures.content.value, ...this.pictures.styles.value].every((card) => card?.example);
      const rest = isWhole ? '' : ' Your own pictures are not in it: they stay on this device.';
      this.notices.add('news', `The link is on the clipboard.${rest}`);
    });
  }

  /** A page that nobody looks at pauses, if that was chosen, and goes on when it is looked at again. */
  visibilityChanged(isHidden: boolean): void {
    // A hidden page may be closed without a word. What nothing was painted on yet would take the place of the last painting.
    if (isHidden && this.run.isBusy && this.run.evaluation.value > 0) void this.painted.keep();
    // Another tab may have painted meanwhile.
    if (!isHidden) void this.#refreshHistory();
    if (!isHidden) this.run.do('show');
    else if (!this.runsHidden.value) this.run.do('hide');
  }

  #follow(event: EngineEvent): void {
    switch (event.kind) {
      case 'weights':
        this.weights.value = { ...noWeights, ...event };
        return;
      case 'weights-ready':
        this.weights.value = { ...this.weights.value, isReady: true };
        return;
      case 'weights-failed':
        this.weights.value = { ...noWeights, hasFailed: true };
        this.notices.add('problem', event.message, { label: 'Try again', run: () => this.fetchWeights() });
        return;
      case 'canvas-needed':
        this.canvasNumber.value += 1;
        return;
      case 'device-failed':
        this.notices.add('problem', event.message);
        return;
      case 'canvas-noise':
        this.notices.add('problem', canvasNoiseAdvice);
        return;
      case 'run':
        this.run.follow(event.run, event.event);
        this.#afterRun(event.event);
    }
  }

  #afterRun(event: RunEvent): void {
    if (event.kind === 'news') this.notices.add('news', sentence([event.sentence]));
    if (event.kind === 'progress') void this.painted.keepNowAndThen();
    const { making } = this.painted;
    if (event.kind !== 'checkpoint' || making === undefined) return;
    const { file, evaluation } = event;
    void this.checkpoints.keep({ id: making.id, file, evaluation, budget: this.run.budget.value });
  }

  #order(from: From): ReturnType<typeof orderOf> {
    const { fileName, description, command } = madeFrom(this.pictures, this.settings.value, from, this.#command());
    const words = { fileName, description, command };
    return orderOf(this.settings.value, this.pictures, this.adapter.value ?? unknownAdapter, from, words);
  }

  #keepSpeed(elapsedMs: number): void {
    keepSpeed(this.adapter.value?.description ?? '', this.run.scales.value, elapsedMs);
  }

  /** After every change: the link says it, and what it would take is found out. */
  #changed(): void {
    const { content, styles } = this.pictures;
    const linkedStyles = styles.value.flatMap(({ example, weight }) =>
      example ? [{ example: example.id, weight }] : [],
    );
    const isUsual =
      content.value?.example?.id === firstContent &&
      linkedStyles.length === 1 &&
      linkedStyles[0]?.example === firstStyle;
    const link = formatLink({
      settings: this.settings.value,
      content: isUsual ? undefined : content.value?.example?.id,
      styles: isUsual ? [] : linkedStyles,
    });
    history.replaceState(null, '', link === '' ? location.pathname : `#${link}`);
    clearTimeout(this.#planTimer);
    this.#planTimer = setTimeout(() => void this.#predict(), planAfterMs);
  }

  async #predict(): Promise<void> {
    if (this.run.isBusy || this.pictures.content.value === undefined || this.pictures.styles.value.length === 0) return;
    try {
      const { order, leftOut } = this.#order('beginning');
      const plan = await this.#engine.call('plan', order);
      this.plan.value = plan;
      this.forecast.value = forecastSeconds(this.adapter.value?.description ?? '', plan.scales);
      this.notices.clearTopic(planTopic);
      const said = [...leftOut, ...plan.remarks];
      if (said.length > 0) this.notices.add('news', sentence(said), undefined, planTopic);
    } catch (error) {
      this.plan.value = undefined;
      this.forecast.value = undefined;
      this.#attempts.refuse(error, undefined, planTopic);
    }
  }

  /** The command line of what the present settings would paint. */
  #command(): string {
    const { size } = this.settings.value;
    const planned = this.plan.value;
    return commandFor(this.pictures, this.settings.value, size ?? (planned && Math.max(planned.width, planned.height)));
  }

  async #refreshHistory(): Promise<void> {
    await this.history.refresh();
    await this.#refreshRoom();
  }

  async #refreshRoom(): Promise<void> {
    this.history.roomBytes.value = await storageRoomBytes();
  }

  /** Puts in place what the address says; where it says nothing, the last run, which it returns; else the examples. */
  async #placeFirst(): Promise<KeptPainting | undefined> {
    const { hash } = location;
    const linked = this.#readLink(hash);
    await this.history.refresh();
    void this.#refreshRoom();
    // A link that was followed says what is wanted; who comes back, or follows none, finds what was there.
    const isFollowed = hash.length > 1 && !isReturn();
    const kept = isFollowed ? undefined : this.history.lastShown();
    const named = linkedSources(linked);
    await this.changes.placeFirst(hash.length > 1 ? linked.settings : (kept?.settings ?? linked.settings), {
      content: named.content ?? kept?.content ?? { example: firstContent, weight: 1 },
      styles: named.styles ?? kept?.styles ?? [{ example: firstStyle, weight: 1 }],
    });
    return kept;
  }

  #readLink(hash: string): Linked {
    const names = examples.map(({ id }) => id);
    const { linked, problems } = parseLink(hash, names);
    for (const problem of problems) this.notices.add('problem', problem);
    return linked;
  }
}
