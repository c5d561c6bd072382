/** The buttons of a run in the page: where the focus goes, what is said, what waits, and a Stop that is heard at once. SwiftShader, tiny sizes. */

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { quick, runTimeoutMs, type StudioPage } from './studio-page.ts';
import { useStudio } from './use-studio.ts';

const { open, site } = useStudio();

/** From a click on Stop, made as soon as the status begins like this, until the page says that the run is over. */
async function msToStop(studio: StudioPage, once: string): Promise<number> {
  return await studio.page.evaluate(async (begins) => {
    const find = (id: string) => document.querySelector<HTMLElement>(`[data-testid=${id}]`);
    const deadlineMs = performance.now() + 60_000;
    const until = async (isTrue: () => boolean) => {
      while (!isTrue() && performance.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const says = (words: string) => () => find('status')?.innerText.startsWith(words) === true;
    await until(says(begins));
    const startedAtMs = performance.now();
    find('stop')?.click();
    // Of a run that was still being planned nothing is said.
    const isOver = () => says('Stopped')() || says('Ready')();
    await until(isOver);
    return isOver() ? performance.now() - startedAtMs : Number.NaN;
  }, once);
}

describe('Stop', () => {
  it(
    'is heard within 300 ms while the network is on its way, and the next run is as any other',
    async () => {
      await using studio = await open(`${quick}&iterations=3`);
      await studio.says(/^Ready$/);
      const arrive = site().hold('.safetensors');
      try {
        await studio.page.evaluate(async () => {
          for (const key of await caches.keys()) await caches.delete(key);
        });
        await studio.page.reload();
        await studio.paint();
        expect(await msToStop(studio, 'Fetching')).toBeLessThan(300);
        expect(await studio.byId('canvas').isVisible()).toBe(false);
        await studio.paint();
      } finally {
        arrive();
      }
      await studio.says(/^Done: 3 steps/);
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    runTimeoutMs,
  );

  it(
    'is heard within 300 ms in the middle of an evaluation that takes longer, and leaves the picture of the one before',
    async () => {
      await using studio = await open(`${quick.replace('size=32', 'size=80')}&iterations=200`);
      await studio.paint();
      await studio.hasSpent(2);
      expect(await msToStop(studio, 'Step')).toBeLessThan(300);
      expect(await studio.says(/^Stopped/)).toMatch(/^Stopped: \d+ steps/);
      const { bytes } = await studio.download();
      expect((await sharp(bytes).stats()).entropy).toBeGreaterThan(1);
      // The evaluation that was left is over before the next run begins.
      await studio.paint();
      await studio.hasSpent(1);
      await studio.byId('stop').click();
      await studio.says(/^Stopped/);
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    runTimeoutMs,
  );

  it(
    'is heard within 300 ms while kernels are compiled, and leaves the painting that was there',
    async () => {
      await using studio = await open(`${quick}&iterations=3`);
      await studio.paint();
      await studio.says(/^Done: 3 steps/);
      const before = await studio.download();
      // Kernels of deeper layers, which this page has not run yet.
      await studio.byId('more').getByText('More', { exact: true }).click();
      await studio.byId('setting-styleLayers').fill('relu3_1');
      await studio.byId('setting-styleLayers').press('Enter');
      await studio.paint();
      expect(await msToStop(studio, 'Preparing')).toBeLessThan(300);
      const left = await studio.download();
      expect(left.bytes.equals(before.bytes)).toBe(true);
      expect(await studio.evaluations()).toEqual([3, 3]);

      await studio.page.reload();
      await studio.byId('canvas').and(studio.page.locator('[data-painted=true]')).waitFor();
      expect((await studio.download()).bytes.equals(before.bytes)).toBe(true);
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    runTimeoutMs,
  );
});

describe('the buttons of a run', () => {
  it(
    'keep the focus, say begin and end alone, and lead to Download',
    async () => {
      await using studio = await open(`${quick}&iterations=2000`);
      const focused = () => studio.page.evaluate(() => (document.activeElement as HTMLElement).dataset['testid']);
      const colourOf = (id: string) =>
        studio.byId(id).evaluate((button) => getComputedStyle(button).getPropertyValue('background-color'));
      const said: string[] = [];
      await studio.page.exposeFunction('hear', (text: string) => said.push(text));
      await studio.page.evaluate(() => {
        const place = document.querySelector('[data-testid=announced]');
        const { hear } = globalThis as unknown as { readonly hear: (text: string) => void };
        if (place !== null) {
          const observer = new MutationObserver(() => hear(place.textContent ?? ''));
          observer.observe(place, { childList: true, characterData: true, subtree: true });
        }
      });
      await studio.isReady();
      const room = await studio.byId('before').boundingBox();
      const loud = await colourOf('paint');
      await studio.byId('paint').focus();
      await studio.page.keyboard.press('Enter');
      await studio.hasSpent(3);
      expect(await focused()).toBe('pause');
      // The picture keeps its room, but for the rounding of its shape at 32 pixels.
      const painting = await studio.byId('canvas').boundingBox();
      const share = (painting?.width ?? 0) / (room?.width ?? 1);
      expect(Math.abs(share - 1)).toBeLessThan(0.02);
      expect(painting?.y).toBeCloseTo(room?.y ?? 0, -1);
      // What would count for the next painting alone cannot be moved, and the whole picture is seen.
      expect(await studio.byId('strength').isDisabled()).toBe(true);
      expect(await studio.byId('wipe').count()).toBe(0);
      expect(await studio.wiped()).toBe(0);

      await studio.byId('stop').focus();
      await studio.page.keyboard.press('Enter');
      await studio.says(/^Stopped: \d+ steps/);
      expect(await focused()).toBe('paint');
      expect(await studio.byId('strength').isDisabled()).toBe(false);
      expect(await colourOf('download')).toBe(loud);
      expect(await colourOf('paint')).not.toBe(loud);
      expect(said.map((text) => text.replace(/\d.*/, ''))).toEqual(['Painting', 'Ending', 'Stopped: ']);
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    runTimeoutMs,
  );
});
