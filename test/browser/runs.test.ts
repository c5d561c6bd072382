/** Runs of the painting page in Chromium, end to end: held, stepped, stopped, begun anew, over a lost device. SwiftShader, tiny sizes. */

import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { devicesOpened, loseDevice, rememberDevices } from './lost-devices.ts';
import { quick, runTimeoutMs, StudioPage } from './studio-page.ts';
import { useStudio } from './use-studio.ts';

const { open, site } = useStudio();

describe('a run in the page', () => {
  it(
    'of frequencies pauses, steps, goes on and stops',
    async () => {
      await using studio = await open(`${quick}&iterations=2000&variable=fourier`);
      await studio.isReady();
      await studio.paint();
      await studio.hasSpent(2);
      await studio.byId('pause').click();
      await studio.says(/^Paused at step \d+ of 2000$/);
      const settled = await settledEvaluations(studio);
      await studio.byId('step').click();
      await studio.hasSpent(settled + 1);
      expect(await settledEvaluations(studio)).toBe(settled + 1);
      await studio.byId('resume').click();
      await studio.hasSpent(settled + 5);
      expect(await studio.byId('canvas').getAttribute('data-painted')).toBe('true');
      await studio.byId('stop').click();
      expect(await studio.says(/Stopped|Done/)).toMatch(/^Stopped: \d+ steps/);

      await studio.byId('from-here').click();
      await studio.hasSpent(1);
      await studio.byId('stop').click();
      await studio.says(/^Stopped/);
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    runTimeoutMs,
  );

  it(
    'paints anew while the last picture is being kept, and holds and stops that run as any other',
    async () => {
      await using studio = await open(`${quick}&iterations=2000`);
      await studio.paint();
      await studio.hasSpent(2);
      await studio.page.evaluate(paintOnceItCanBe);
      await studio.byId('stop').click();
      // The first run is ending until it has ended.
      await studio.says(/^Getting ready|^Preparing|^Step/);
      await studio.hasSpent(5);
      await studio.byId('pause').click();
      await studio.says(/^Paused at step \d+ of 2000$/);
      expect(await studio.byId('paint').count()).toBe(0);
      await studio.byId('resume').click();
      const [spent] = await studio.evaluations();
      await studio.hasSpent(spent + 3);
      await studio.byId('stop').click();
      await studio.says(/^Stopped: \d+ steps/);
      await studio.isReady();
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    runTimeoutMs,
  );

  it(
    'whose steps are too long goes back to its best picture, which it says; where that does not help it ends with it',
    async () => {
      await using studio = await open(`${quick}&iterations=16&learning-rate=3`);
      await studio.paint();
      const said = studio.byId('notice-news').getByText(/^The loss became .*: back to the best picture, /);
      expect(await said.innerText({ timeout: 60_000 })).toMatch(/ with the learning rate halved from 3 to 1\.5\.$/);
      await studio.says(/^Done: 16 steps/);
      expect(await studio.byId('notice-problem').count()).toBe(0);

      await studio.goto(`${quick}&iterations=40&optimizer=adam&learning-rate=1e30`);
      await studio.paint();
      await studio.problem(
        /^the loss exploded 3 times in a row: .*; lower the learning rate, .* good picture is shown/i,
      );
      await studio.says(/^Ended early: \d+ steps/);
      const { bytes } = await studio.download();
      expect((await sharp(bytes).stats()).entropy).toBeGreaterThan(1);
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    runTimeoutMs,
  );

  it(
    'goes on from the last picture on a new device after one is lost',
    async () => {
      await using studio = await open('', { serviceWorkers: 'block' });
      await rememberDevices(studio.page);
      await studio.goto('');
      await studio.goto(`${quick}&iterations=4000`);
      await studio.page.reload();
      await studio.paint();
      // A copy of the picture is taken every two seconds.
      await studio.page.waitForTimeout(3000);
      await studio.hasSpent(3);
      await loseDevice(studio.page);
      await studio.byId('notice-news').getByText('a new one goes on').waitFor({ timeout: 60_000 });
      await studio.says(/^Step/);
      const [spent] = await studio.evaluations();
      await studio.hasSpent(spent + 3);
      expect(await devicesOpened(studio.page)).toBe(2);
      await studio.byId('stop').click();
      await studio.says(/^Stopped/);
      const { bytes } = await studio.download();
      expect((await sharp(bytes).stats()).entropy).toBeGreaterThan(1);
      expect(studio.misbehaviour.foreignRequests).toEqual([]);
    },
    runTimeoutMs,
  );

  it(
    'is there again on another canvas after the GPU process crashed; once the browser gives no device any more, the page says what to do',
    async () => {
      await using chromium = await launchChromium();
      await using studio = await StudioPage.open(chromium, site().address, `${quick}&iterations=4`);
      await studio.paint();
      await studio.says(/^Done: 4 steps/);
      const colours = async () => {
        const { channels } = await sharp(await studio.byId('frame').screenshot()).stats();
        return channels.map(({ mean }) => Math.round(mean));
      };
      const before = await colours();
      await crashGpu(chromium);
      await studio.page.waitForTimeout(1000);
      await expect.poll(colours, { timeout: 30_000 }).toEqual(before);
      await studio.byId('from-here').click();
      await studio.says(/^Done: 4 steps/);
      // Chromium gives no third device.
      await crashGpu(chromium);
      await studio.problem(/graphics device was lost .* restart the browser/);
      expect(studio.misbehaviour.foreignRequests).toEqual([]);
    },
    runTimeoutMs,
  );

  it(
    'goes on after the GPU process crashed',
    async () => {
      await using chromium = await launchChromium();
      await using studio = await StudioPage.open(chromium, site().address, `${quick}&iterations=4000`);
      await studio.paint();
      await studio.hasSpent(3);
      await studio.page.waitForTimeout(3000);
      await crashGpu(chromium);
      await studio.byId('notice-news').getByText('a new one goes on').waitFor({ timeout: 60_000 });
      const [spent] = await studio.evaluations();
      await studio.hasSpent(spent + 3);
      await studio.byId('stop').click();
      await studio.says(/^Stopped/);
      const { entropy } = await sharp(await studio.byId('frame').screenshot()).stats();
      expect(entropy).toBeGreaterThan(1);
    },
    runTimeoutMs,
  );
});

/** As a driver's fault would: the process with all devices of all pages. */
async function crashGpu(chromium: Browser): Promise<void> {
  const session = await chromium.newBrowserCDPSession();
  // It answers only when the process is there again, or not at all.
  session.send('Browser.crashGpuProcess').catch(() => {});
}

/** Clicks Paint the moment it is there, before anything else on the page can happen. */
const paintOnceItCanBe = `new MutationObserver((_changes, observer) => {
  const paint = document.querySelector('[data-testid=paint]');
  if (paint === null) return;
  observer.disconnect();
  paint.click();
}).observe(document.body, { subtree: true, childList: true, attributes: true })`;

/** Evaluations once they have stopped coming: those that were submitted before a pause still arrive. */
async function settledEvaluations(studio: StudioPage): Promise<number> {
  for (let last = Number.NaN; ; ) {
    const [spent] = await studio.evaluations();
    if (spent === last) return spent;
    last = spent;
    await studio.page.waitForTimeout(2500);
  }
}
