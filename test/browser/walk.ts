/** A walk of seeded random actions through the painting page, and what must hold after each of them. */

import sharp from 'sharp';
import { loseDevice } from './lost-devices.ts';
import type { StudioPage } from './studio-page.ts';

interface Action {
  readonly name: string;
  /** How often it is drawn, beside the others. */
  readonly share: number;
  /** @returns what exactly was done. */
  readonly act: () => Promise<string>;
}

/** All that the status may say. */
const status = [
  /^Opening the graphics adapter$/,
  /^The graphics device was lost, opening a new one$/,
  /^Getting ready$/,
  /^Fetching the network, (…|\d+ of \d+ MB)$/,
  /^Preparing the graphics device$/,
  /^Step \d+ of \d+(, [\w ]+)*$/,
  /^Paused at step \d+ of \d+$/,
  /^Ending after this step$/,
  /^(Done|Stopped|Converged|Ended early): \d+ steps? in \d+\.\d s$/,
  /^Stopped before anything was painted$/,
  /^Ready(; the network is on its way, (…|\d+ of \d+ MB))?$/,
];

const keys = [
  ...['p', 'p', 'p', '.', 'Escape', 'd', 'b', '+', '-', '0', '1', '?', 'ArrowLeft', 'ArrowRight', 'ArrowUp', ' ', 'f'],
  ...['Control+z', 'Control+z', 'Control+Shift+z'],
];

/** What the browser says when a device is destroyed under the page. */
const ofLostDevices = /\b(device|Device|Instance|GPU|WebGPU)\b.*\b(lost|destroyed|exists)\b|GPUDevice/;

/** What the page under test tells on its console. */
const runEnded = 'a run has ended';

/** The page gives up a device that is lost three times within a minute, and says so. */
const betweenLossesMs = 40_000;

/** So many paintings are kept. */
const mostKept = 40;

export class Walk {
  /** What was done, for whoever looks at a failure. */
  readonly log: string[] = [];
  readonly #studio: StudioPage;
  readonly #random: () => number;
  readonly #link: (seed: number) => string;
  readonly #seen = new Set<string>();
  #runsEnded = 0;
  #deleted = 0;
  #isHidden = false;
  #lostAtMs = Number.NEGATIVE_INFINITY;

  private constructor(studio: StudioPage, random: () => number, link: (seed: number) => string) {
    this.#studio = studio;
    this.#random = random;
    this.#link = link;
  }

  /** @param link makes the part behind `#` of a link to quick settings. */
  static async begin(studio: StudioPage, random: () => number, link: (seed: number) => string): Promise<Walk> {
    const walk = new Walk(studio, random, link);
    studio.page.on('console', (message) => walk.#hear(message.text()));
    await studio.page.addInitScript(watchRuns, runEnded);
    await studio.goto('');
    await studio.goto(link(0));
    await studio.page.reload();
    await studio.isReady();
    return walk;
  }

  /** Does one thing and checks what must hold. @throws Error that says what does not. */
  async step(): Promise<void> {
    const actions = this.#actions();
    let drawn = this.#random() * actions.reduce((sum, { share }) => sum + share, 0);
    for (const { name, share, act } of actions) {
      drawn -= share;
      if (drawn >= 0) continue;
      this.log.push(`${name} ${await act()}`.trim());
      break;
    }
    if (this.#random() < 0.5) await this.#studio.page.waitForTimeout(1000 * this.#random());
    await this.#check();
  }

  /** Stops everything and paints a picture to its end: the page is alive, and has kept what was painted. */
  async settle(): Promise<void> {
    const { page } = this.#studio;
    this.log.push('settle');
    if (this.#isHidden) await this.#turn();
    await page.evaluate(stopEverything);
    await this.#studio.isReady();
    await this.#keptAll();
    await this.#studio.goto(this.#link(Math.floor(1e6 * this.#random())));
    await this.#studio.paint();
    await this.#studio.says(/^Done: 3 steps/);
    await this.#keptAll();
    await this.#check();
    const summary = await this.#studio.byId('history').locator('summary').innerText();
    const { length } = await this.#kept();
    if (summary !== `Your paintings (${length})`) throw new Error(`${length} paintings are kept, said is: ${summary}`);
  }

  #hear(text: string): void {
    if (text === runEnded) this.#runsEnded += 1;
  }

  #actions(): readonly Action[] {
    const { page } = this.#studio;
    return [
      { name: 'click', share: 40, act: () => this.#click() },
      { name: 'key', share: 25, act: () => this.#press() },
      { name: 'slide', share: 8, act: () => page.evaluate(slide, this.#random()) },
      { name: 'drop', share: 7, act: () => this.#drop() },
      { name: 'link', share: 4, act: () => this.#follow() },
      { name: 'reload', share: 3, act: () => this.#reload() },
      { name: 'lose the device', share: 3, act: () => this.#lose() },
      { name: 'hide or show', share: 5, act: () => this.#turn() },
      { name: 'wait', share: 5, act: () => page.waitForTimeout(1500).then(() => '') },
    ];
  }

  async #click(): Promise<string> {
    const clicked = await this.#studio.page.evaluate(click, this.#random());
    if (clicked === 'Delete') this.#deleted += 1;
    return clicked;
  }

  async #press(): Promise<string> {
    const key = this.#pick(keys);
    await this.#studio.page.keyboard.press(key, { delay: key === 'b' ? 100 : 0 });
    return key;
  }

  async #drop(): Promise<string> {
    const target = this.#pick(['drop-content', 'drop-style']);
    const [width, height] = [8 + Math.floor(40 * this.#random()), 8 + Math.floor(40 * this.#random())];
    const background = { r: 255 * this.#random(), g: 255 * this.#random(), b: 255 * this.#random() };
    const picture = sharp({ create: { width, height, channels: 3, background } }).png();
    const isBroken = this.#random() < 0.15;
    const bytes = isBroken ? Buffer.from('no picture') : await picture.toBuffer();
    await this.#studio.drop(target, `${width}x${height}.png`, bytes);
    return `${isBroken ? 'no picture' : `${width} × ${height}`} on ${target}`;
  }

  async #follow(): Promise<string> {
    const link = this.#link(Math.floor(1e6 * this.#random()));
    await this.#studio.goto(link);
    return link;
  }

  async #reload(): Promise<string> {
    // A run that ended this moment is still being kept.
    await this.#keptAll();
    await this.#studio.page.reload();
    this.#isHidden = false;
    return '';
  }

  async #lose(): Promise<string> {
    const nowMs = performance.now();
    if (nowMs - this.#lostAtMs < betweenLossesMs) return 'not again so soon';
    this.#lostAtMs = nowMs;
    await loseDevice(this.#studio.page);
    return '';
  }

  async #turn(): Promise<string> {
    this.#isHidden = !this.#isHidden;
    await this.#studio.page.evaluate((isHidden) => {
      Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, this.#isHidden);
    return this.#isHidden ? 'hidden' : 'shown';
  }

  #pick<Thing>(things: readonly [Thing, ...Thing[]] | readonly Thing[]): Thing {
    const thing = things[Math.floor(things.length * this.#random())];
    if (thing === undefined) throw new Error('there is nothing to choose from');
    return thing;
  }

  async #check(): Promise<void> {
    const { complaints, foreignRequests } = this.#studio.misbehaviour;
    const unexpected = complaints.filter((complaint) => !ofLostDevices.test(complaint));
    if (unexpected.length > 0) throw new Error(`the page complains: ${unexpected.join(' | ')}`);
    if (foreignRequests.length > 0) throw new Error(`the page asked for ${foreignRequests.join(', ')}`);
    const said = await this.#studio.byId('status').innerText();
    if (!status.some((form) => form.test(said))) throw new Error(`the status is of no known form: ${said}`);
    const kept = await this.#kept();
    for (const id of kept) this.#seen.add(id);
    const lost = this.#seen.size - kept.length;
    if (lost > this.#deleted && kept.length < mostKept)
      throw new Error(`${lost} paintings are gone, ${this.#deleted} were deleted`);
  }

  /** Waits until every run that has ended is kept. */
  async #keptAll(): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      for (const id of await this.#kept()) this.#seen.add(id);
      if (this.#seen.size + this.#deleted >= this.#runsEnded) return;
      await this.#studio.page.waitForTimeout(100);
    }
    throw new Error(`${this.#runsEnded} runs have painted something, ${this.#seen.size} paintings were kept`);
  }

  #kept(): Promise<readonly string[]> {
    return this.#studio.page.evaluate(keptIds);
  }
}

/** In the page: tells of each run that has ended with something painted. */
function watchRuns(runEnded: string): void {
  let wasBusy = false;
  const look = (): void => {
    const place = document.querySelector<HTMLElement>('[data-testid=status]');
    const isBusy = place !== null && place.dataset['phase'] !== 'idle';
    const hasEnded = wasBusy && !isBusy && /^(Done|Stopped|Converged|Ended early): [1-9]/.test(place?.innerText ?? '');
    wasBusy = isBusy;
    // biome-ignore lint/suspicious/noConsole: it outlives a reload of the page, and the walk listens.
    if (hasEnded) console.debug(runEnded);
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
}

/** In the page: clicks on one of the buttons that can be reached, but for those that ask for files or the camera. */
function click(drawn: number): string {
  const within: ParentNode = document.querySelector('dialog[open]') ?? document;
  const avoided = /: (file|camera)$|^Back to the usual settings|^Use \d+ pixels/;
  const nameOf = (button: Element) => button.getAttribute('aria-label') ?? button.textContent ?? '';
  const buttons = [...within.querySelectorAll<HTMLElement>('button:enabled, summary')].filter(
    (button) => button.checkVisibility() && !avoided.test(nameOf(button)),
  );
  const button = buttons[Math.floor(drawn * buttons.length)];
  button?.click();
  return button === undefined ? 'on nothing' : nameOf(button);
}

/** In the page: moves a slider, the size to its smallest only. */
function slide(drawn: number): string {
  const sliders = [...document.querySelectorAll<HTMLInputElement>('input[type=range]:enabled')];
  const slider = sliders[Math.floor(drawn * sliders.length)];
  if (slider === undefined) return 'nothing';
  const [min, max] = [Number(slider.min), Number(slider.max)];
  slider.value = slider.id === 'size' ? slider.min : String(min + ((997 * drawn) % 1) * (max - min));
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  return `${slider.id || slider.getAttribute('aria-label')} to ${slider.value}`;
}

/** In the page: closes what is open and stops the run. */
async function stopEverything(): Promise<void> {
  for (const dialog of document.querySelectorAll<HTMLDialogElement>('dialog[open]')) dialog.close();
  if (document.fullscreenElement !== null) await document.exitFullscreen();
  document.querySelector<HTMLElement>('[data-testid=stop]')?.click();
}

/** In the page: the ids of the paintings that the browser keeps. */
async function keptIds(): Promise<readonly string[]> {
  const result = <Value>(request: IDBRequest<Value>) =>
    new Promise<Value>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const known = await indexedDB.databases();
  if (!known.some(({ name }) => name === 'impasto')) return [];
  const database = await result(indexedDB.open('impasto'));
  const ids = await result(database.transaction('runs').objectStore('runs').getAllKeys());
  database.close();
  return ids.map(String);
}
