/** The painting page under test: opened on a built site, watched for anything it should not do, driven as a person would. */

import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Locator, Page, Request } from 'playwright-core';

/** What a watched page did that no page of ours may do. */
export interface Misbehaviour {
  /** Uncaught errors, and errors and warnings on the console, violations of the security policy among them. */
  readonly complaints: string[];
  /** Requests to anywhere but the site it came from. */
  readonly foreignRequests: string[];
}

export interface OpenOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
  /** A finger, where there is one, is the pointer. */
  readonly isMobile?: boolean;
  readonly hasTouch?: boolean;
  /** `block` where a test counts or alters what is fetched: the service worker asks for every file. */
  readonly serviceWorkers?: 'allow' | 'block';
  /** Runs in the page before its own scripts. */
  readonly script?: string;
}

/** Settings for which the CPU is quick: two blocks of the network, one scale of a small picture. */
export const quick = 'preset=gatys&size=32&content-layers=relu2_2&style-layers=relu1_1,relu2_1';

/** Long enough for a CPU that others use too. */
export const runTimeoutMs = 240_000;

/** Of one thing waited for, so that what is wrong is said before the test is ended. */
const waitTimeoutMs = 100_000;

export class StudioPage implements AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly misbehaviour: Misbehaviour = { complaints: [], foreignRequests: [] };
  readonly #address: string;

  private constructor(context: BrowserContext, page: Page, address: string) {
    this.context = context;
    this.page = page;
    this.#address = address;
    page.on('pageerror', ({ message }) => this.misbehaviour.complaints.push(message));
    page.on('console', (message) => {
      // Playwright's own word, where it was told to.
      if (message.text().startsWith('Service Worker registration blocked')) return;
      if (['error', 'warning'].includes(message.type())) this.misbehaviour.complaints.push(message.text());
    });
    context.on('request', (request) => this.#watch(request));
  }

  /** Opens the page in a profile of its own. @param hash is what stands behind the address's `#`. */
  static async open(
    browser: Browser,
    address: string,
    hash = '',
    { script = '', ...options }: OpenOptions = {},
  ): Promise<StudioPage> {
    const context = await browser.newContext({
      permissions: ['clipboard-read', 'clipboard-write'],
      acceptDownloads: true,
      ...options,
    });
    await context.addInitScript(script);
    const page = await context.newPage();
    // Kept by the page itself, from before its first script; a reload starts the list anew.
    await page.addInitScript(() => {
      const longTasks: number[] = [];
      Object.assign(globalThis, { longTasks });
      new PerformanceObserver((list) => {
        longTasks.push(...list.getEntries().map(({ duration }) => duration));
      }).observe({ type: 'longtask', buffered: true });
    });
    const studio = new StudioPage(context, page, address);
    await studio.goto(hash);
    return studio;
  }

  async goto(hash: string): Promise<void> {
    await this.page.goto(hash === '' ? this.#address : `${this.#address}#${hash}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }

  byId(id: string): Locator {
    return this.page.getByTestId(id);
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  /** Resolves when the run's words say so. @throws Error with what they say instead. */
  async says(pattern: RegExp): Promise<string> {
    const status = this.byId('status').filter({ hasText: pattern });
    await status
      .waitFor({ timeout: waitTimeoutMs })
      .catch((error: unknown) => this.#fail(`never said ${pattern}`, error));
    return await status.innerText();
  }

  /** Resolves when pictures are in place and the engine can be started. */
  async isReady(): Promise<void> {
    await this.byId('paint').and(this.page.locator(':enabled')).waitFor({ timeout: waitTimeoutMs });
  }

  /** Resolves when the browser has the network, so that no server is asked for it again. */
  async hasNetwork(): Promise<void> {
    const isKept = async () => {
      const kept = (await caches.keys()).map(async (name) => await (await caches.open(name)).keys());
      return (await Promise.all(kept)).flat().some(({ url }) => url.endsWith('.safetensors'));
    };
    const deadlineMs = performance.now() + waitTimeoutMs;
    while (!(await this.page.evaluate(isKept))) {
      if (performance.now() > deadlineMs) await this.#fail('the network was never kept');
      await this.page.waitForTimeout(50);
    }
  }

  async paint(): Promise<void> {
    await this.isReady();
    await this.byId('paint').click();
  }

  /** Evaluations spent, and of how many; of none before the first run. */
  async evaluations(): Promise<readonly [spent: number, budget: number]> {
    // They are in a drawer, open or not.
    const text = (await this.byId('figure-step').textContent()) ?? '';
    const [spent = 0, budget = 0] = text === '–' ? [] : text.split(' of ').map(Number);
    return [spent, budget];
  }

  /** Resolves when so many evaluations are spent. @throws Error where the run is over before, or takes too long. */
  async hasSpent(least: number): Promise<void> {
    const deadlineMs = performance.now() + waitTimeoutMs;
    while (performance.now() < deadlineMs) {
      // In this order: a run that ends in between has spent all it will.
      const phase = await this.byId('status').getAttribute('data-phase');
      const [spent] = await this.evaluations();
      if (spent >= least) return;
      if (phase === 'idle') break;
      await this.page.waitForTimeout(50);
    }
    await this.#fail(`evaluation ${least} never came`);
  }

  async #fail(what: string, cause?: unknown): Promise<never> {
    const status = await this.byId('status').innerText();
    const problems = await this.byId('notice-problem').allInnerTexts();
    throw new Error(`${what}; the page says: ${[status, ...problems, ...this.misbehaviour.complaints].join(' | ')}`, {
      cause,
    });
  }

  /** The downloaded picture and its suggested name. */
  async download(): Promise<{ readonly name: string; readonly bytes: Buffer }> {
    const downloading = this.page.waitForEvent('download');
    await this.byId('download').click();
    const download = await downloading;
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  }

  async clipboard(): Promise<string> {
    return await this.page.evaluate(() => navigator.clipboard.readText());
  }

  /** How much of the painting's width is cut off to show the photograph, in percent, as the browser draws it. */
  async wiped(): Promise<number> {
    const clip = await this.byId('canvas').evaluate(
      (canvas) => getComputedStyle(canvas.parentElement ?? canvas).clipPath,
    );
    return Number(/^inset\(0px 0px 0px ([\d.]+)%\)$/.exec(clip)?.[1]);
  }

  /** Drags over the picture, between shares of its width. */
  async dragWipe(from: number, to: number): Promise<void> {
    const box = await this.byId('canvas').boundingBox();
    if (box === null) throw new Error('the picture is not on the screen');
    const middle = box.y + box.height / 2;
    await this.page.mouse.move(box.x + from * box.width, middle);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + to * box.width, middle, { steps: 3 });
    await this.page.mouse.up();
  }

  /** Drops a file on an element, dragging it over first. */
  async drop(target: string, name: string, bytes: Buffer): Promise<void> {
    const dataTransfer = await this.#transfer(name, bytes);
    await this.byId(target).dispatchEvent('dragover', { dataTransfer });
    await this.byId(target).dispatchEvent('drop', { dataTransfer });
  }

  async paste(name: string, bytes: Buffer): Promise<void> {
    const transfer = await this.#transfer(name, bytes);
    await transfer.evaluate((clipboardData) =>
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true })),
    );
  }

  /** Pastes words where the focus is. */
  async pasteText(text: string): Promise<void> {
    await this.page.evaluate((text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', text);
      document.activeElement?.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    }, text);
  }

  /** Sentences that the page shows as problems. */
  async problem(pattern: RegExp): Promise<string> {
    const notice = this.byId('notice-problem').filter({ hasText: pattern });
    await notice.first().waitFor({ timeout: 60_000 });
    return await notice.first().innerText();
  }

  /** Milliseconds of every task of the main thread of 50 ms and more since the page was loaded. */
  async longTasks(): Promise<readonly number[]> {
    return await this.page.evaluate<readonly number[]>('longTasks');
  }

  #transfer(name: string, bytes: Buffer) {
    return this.page.evaluateHandle(
      ({ name, base64 }) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], name));
        return transfer;
      },
      { name, base64: bytes.toString('base64') },
    );
  }

  #watch(request: Request): void {
    const url = request.url();
    const { origin } = new URL(this.#address);
    if (!url.startsWith(`${origin}/`) && !url.startsWith(`blob:${origin}/`))
      this.misbehaviour.foreignRequests.push(url);
  }
}
