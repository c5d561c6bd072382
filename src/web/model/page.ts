/** The page's state and what its controls do. Views read signals and call methods; nothing here knows how it looks. */

import { type Signal, signal } from '@preact/signals';
import { messageOf } from '../../core/errors.ts';
import { copyText } from '../../platform/browser/clipboard.ts';
import { EngineClient, RefusedError } from '../engine-client.ts';
import { exampleOf, examples, firstContent, firstStyle } from '../examples.ts';
import { formatLink, type Linked, parseLink } from '../link.ts';
import type { AdapterInfo, EngineEvent, PlanInfo, RunEvent } from '../protocol.ts';
import { type PageSettings, usualSettings } from '../settings.ts';
import { commandFor, type Making, madeFrom, outputNameFor, textsFor } from './export.ts';
import { forecastSeconds, keepSpeed } from './forecast.ts';
import { Notices } from './notices.ts';
import { type From, orderOf } from './order.ts';
import { type Card, Pictures, type Role } from './pictures.ts';
import { RunState } from './run.ts';
import { type KeptPicture, RunStorage } from './storage.ts';

export type EngineState = 'opening' | 'ready' | 'unavailable';

export interface WeightsState {
  readonly loadedBytes: number;
  readonly totalBytes: number;
  readonly isReady: boolean;
  readonly hasFailed: boolean;
}

const noWeights: WeightsState = { loadedBytes: 0, totalBytes: 0, isReady: false, hasFailed: false };

/** A run that is going on is kept this often, so that a reload loses little. */
const keepEveryMs = 10_000;
const planAfterMs = 250;
/** Before one is open. */
const unknownAdapter: AdapterInfo = { description: '', isSoftware: false };
/** Notices on what the present settings would take. */
const planTopic = 'plan';

export class PageModel {
  readonly notices = new Notices();
  readonly run: RunState;
  readonly settings: Signal<PageSettings> = signal(usualSettings);
  readonly engineState: Signal<EngineState> = signal('opening');
  /** Why the engine is not available, in the browser's words. */
  readonly engineProblem = signal('');
  readonly adapter: Signal<AdapterInfo | undefined> = signal(undefined);
  readonly weights: Signal<WeightsState> = signal(noWeights);
  readonly plan: Signal<PlanInfo | undefined> = signal(undefined);
  /** Seconds that the plan will take; undefined where this device has not painted yet. */
  readonly forecast: Signal<number | undefined> = signal(undefined);
  /** Whether a run goes on while nobody looks. */
  readonly runsHidden = signal(true);
  readonly pictures: Pictures;
  readonly #engine: EngineClient;
  readonly #storage = new RunStorage();
  #planTimer: ReturnType<typeof setTimeout> | undefined;
  #keptAtMs = 0;
  /** How the picture on the canvas was made, whatever the settings say by now. */
  #made: Making | undefined;

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
  }

  /** Opens the engine on the page's canvas and puts pictures in place. */
  async open(canvas: HTMLCanvasElement): Promise<void> {
    const offscreen = canvas.transferControlToOffscreen();
    try {
      this.adapter.value = await this.#engine.call('open', { canvas: offscreen }, [offscreen]);
      this.engineState.value = 'ready';
    } catch (error) {
      this.engineProblem.value = messageOf(error);
      this.engineState.value = 'unavailable';
      return;
    }
    await this.#restore();
  }

  change(settings: Partial<PageSettings>): void {
    this.settings.value = { ...this.settings.value, ...settings };
    this.#changed();
  }

  reset(): void {
    this.settings.value = usualSettings;
    this.#changed();
  }

  /** Takes files that were dropped, pasted, picked or photographed. */
  async receive(role: Role, files: readonly File[], replaces?: string): Promise<void> {
    const [first, ...others] = files;
    if (first !== undefined) {
      await this.#attempt(() => this.pictures.take(role, first, { name: first.name, replaces }));
    }
    // Two pictures at once are a photograph and a painting.
    let next = role === 'content' ? this.pictures.styles.value[0]?.id : undefined;
    for (const file of others) {
      const place = next;
      next = undefined;
      await this.#attempt(() => this.pictures.take('style', file, { name: file.name, replaces: place }));
    }
    this.#changed();
  }

  async receiveExample(role: Role, id: string, replaces?: string): Promise<void> {
    await this.#attempt(() => this.pictures.takeExample(role, id, { replaces }));
    this.#changed();
  }

  setWeight(id: string, weight: number): void {
    this.pictures.setWeight(id, weight);
    this.#changed();
  }

  removeStyle(id: string): void {
    this.pictures.remove(id);
    this.#changed();
  }

  /** Follows a link that was put into the address of the open page. */
  async followLink(): Promise<void> {
    const linked = this.#readLink(location.hash);
    this.settings.value = linked.settings;
    if (linked.styles !== undefined) for (const { id } of this.pictures.styles.value) this.pictures.remove(id);
    await this.#place(linked);
    this.#changed();
  }

  /** Paints from the beginning, or on from the picture that is there. Resolves when the run has ended and its picture is kept. */
  async paint(from: From = 'beginning'): Promise<void> {
    if (this.run.isBusy) return;
    this.notices.clearProblems();
    const madeBefore = this.#made;
    try {
      const settings = this.settings.value;
      const { order } = this.#order(from);
      const summary = await this.run.paint(order, (plan) => {
        this.plan.value = plan;
        this.#made = madeFrom(this.pictures, settings, from, this.#command());
      });
      if (summary?.problem !== undefined) {
        this.notices.add('problem', `${summary.problem}; the last good picture is shown`);
      }
      if (summary?.end === 'complete') this.#keepSpeed(summary.elapsedMs);
      // What was there before is there again where nothing was painted over it.
      if (this.run.evaluation.value === 0 || summary?.evaluations === 0) this.#made = madeBefore;
      else if (summary !== undefined) await this.#keep();
    } catch (error) {
      this.#refuse(error, () => void this.paint(from));
    } finally {
      this.#changed();
    }
  }

  retryWeights(): void {
    void this.#engine.call('weights', undefined);
  }

  async download(): Promise<void> {
    await this.#attempt(async () => {
      const file = await this.#engine.call('png', { texts: this.#texts() });
      const link = document.createElement('a');
      link.href = URL.createObjectURL(file);
      link.download = this.#made?.fileName ?? outputNameFor(this.pictures);
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    });
  }

  async copyCommand(): Promise<void> {
    await this.#attempt(async () => {
      await copyText(this.#command());
      this.notices.add('news', 'The command line is on the clipboard.');
    });
  }

  async copyLink(): Promise<void> {
    await this.#attempt(async () => {
      await copyText(location.href);
      const isWhole = [this.pictures.content.value, ...this.pictures.styles.value].every((card) => card?.example);
      const rest = isWhole ? '' : ' Your own pictures are not in it: they stay on this device.';
      this.notices.add('news', `The link is on the clipboard.${rest}`);
    });
  }

  /** A page that nobody looks at pauses, if that was chosen, and goes on when it is looked at again. */
  visibilityChanged(isHidden: boolean): void {
    // A hidden page may be closed without a word. What nothing was painted on yet would take the place of the last painting.
    if (isHidden && this.run.isBusy && this.run.evaluation.value > 0) void this.#keep();
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
        this.notices.add('problem', event.message, { label: 'Try again', run: () => this.retryWeights() });
        return;
      case 'run':
        this.run.follow(event.run, event.event);
        this.#afterRun(event.event);
    }
  }

  #afterRun(event: RunEvent): void {
    if (event.kind === 'device-back') {
      this.notices.add('news', 'The graphics device was lost; a new one goes on from the last picture.');
    }
    if (event.kind === 'progress' && performance.now() - this.#keptAtMs > keepEveryMs) void this.#keep();
  }

  #order(from: From): ReturnType<typeof orderOf> {
    return orderOf(this.settings.value, this.pictures, this.adapter.value ?? unknownAdapter, from);
  }

  async #attempt(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Says why something was refused; a size too large is answered with the largest that fits. */
  #refuse(error: unknown, again?: () => void, topic?: string): void {
    const size = error instanceof RefusedError ? error.largestSide : undefined;
    const use = (side: number) => ({
      label: `Use ${side} pixels`,
      run: () => {
        this.notices.clearProblems();
        this.change({ size: side });
        again?.();
      },
    });
    if (size === undefined) this.notices.add('problem', messageOf(error), undefined, topic);
    else {
      const text = `This size is more than the graphics device has room for; a longest side of ${size} pixels fits.`;
      this.notices.add('problem', text, use(size), topic);
    }
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
      if (leftOut.length > 0) this.notices.add('news', `${leftOut.join('; ')}.`, undefined, planTopic);
    } catch (error) {
      this.plan.value = undefined;
      this.forecast.value = undefined;
      this.#refuse(error, undefined, planTopic);
    }
  }

  /** The command line of what the present settings would paint. */
  #command(): string {
    const { size } = this.settings.value;
    const planned = this.plan.value;
    return commandFor(this.pictures, this.settings.value, size ?? (planned && Math.max(planned.width, planned.height)));
  }

  #texts(): Readonly<Record<string, string>> {
    return textsFor(this.#made, this.run.evaluation.value);
  }

  /** Keeps the run as it is at this moment: another one may begin while its picture is fetched. */
  async #keep(): Promise<void> {
    this.#keptAtMs = performance.now();
    const content = this.pictures.content.value;
    if (content === undefined || this.run.picture.value === undefined) return;
    const kept = ({ name, file, example, weight }: Card): KeptPicture => ({ name, file, example: example?.id, weight });
    const run = {
      version: 3,
      making: this.#made,
      settings: this.#made?.settings ?? this.settings.value,
      content: kept(content),
      styles: this.pictures.styles.value.map(kept),
      trace: this.run.trace.value,
      evaluations: this.run.evaluation.value,
      budget: this.run.budget.value,
    } as const;
    await this.#attempt(async () => {
      const result = await this.#engine.call('png', { texts: this.#texts() });
      await this.#storage.save({ ...run, result });
    });
  }

  /** Puts in place what the address says; where it says nothing, the last run; else the examples. */
  async #restore(): Promise<void> {
    const { hash } = location;
    const linked = this.#readLink(hash);
    // A link that was followed says what is wanted; who comes back, or follows none, finds what was there.
    const isFollowed = hash.length > 1 && !isReturn();
    const kept = isFollowed ? undefined : await this.#storage.load();
    this.settings.value = hash.length > 1 ? linked.settings : (kept?.settings ?? linked.settings);
    await this.#place(
      { content: firstContent, styles: [{ example: firstStyle, weight: 1 }], ...defined(linked) },
      linked.content === undefined ? kept?.content : undefined,
      linked.styles === undefined ? kept?.styles : undefined,
    );
    if (kept !== undefined) {
      await this.#attempt(async () => {
        const { result, making, trace, evaluations, budget } = kept;
        const picture = await this.#engine.call('show', { file: result });
        this.#made = making;
        this.run.restore(picture, { trace, evaluation: evaluations, budget });
      });
    }
    this.#changed();
  }

  #readLink(hash: string): Linked {
    const names = examples.map(({ id }) => id);
    const { linked, problems } = parseLink(hash, names);
    for (const problem of problems) this.notices.add('problem', problem);
    return linked;
  }

  /** Takes kept pictures, or the examples where there are none. */
  async #place(
    { content, styles }: Omit<Linked, 'settings'>,
    keptContent?: KeptPicture,
    keptStyles?: readonly KeptPicture[],
  ): Promise<void> {
    const take = (role: Role, { name, file, example, weight }: KeptPicture) =>
      this.#attempt(() => this.pictures.take(role, file, { name, weight, example: exampleOf(example ?? '') }));
    const takeExample = (role: Role, id: string, weight?: number) =>
      this.#attempt(() => this.pictures.takeExample(role, id, { weight }));
    if (keptContent !== undefined) await take('content', keptContent);
    else if (content !== undefined) await takeExample('content', content);
    for (const style of keptStyles ?? []) await take('style', style);
    if (keptStyles === undefined)
      for (const { example, weight } of styles ?? []) await takeExample('style', example, weight);
  }
}

/** Without what is undefined, so that it does not hide defaults. */
function defined({ content, styles }: Linked): Omit<Linked, 'settings'> {
  return { ...(content === undefined ? {} : { content }), ...(styles === undefined ? {} : { styles }) };
}

/** Whether the page was reloaded, or is come back to from another one. */
function isReturn(): boolean {
  const types = performance.getEntriesByType('navigation').flatMap((entry) => ('type' in entry ? [entry.type] : []));
  return types.some((type) => type === 'reload' || type === 'back_forward');
}
