/** Looking at the picture: zoom, pan, wipe, full screen and keys, in Chromium on SwiftShader. */

import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { quick, runTimeoutMs, type StudioPage } from './studio-page.ts';
import { useStudio } from './use-studio.ts';

const { open } = useStudio();

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where an element is on the screen, transforms and all. */
async function boxOf(studio: StudioPage, id: string): Promise<Box> {
  const box = await studio.byId(id).boundingBox();
  if (box === null) throw new Error(`${id} is not on the screen`);
  return box;
}

/** Where in the picture a place on the screen is, in shares of it. */
async function seenAt(studio: StudioPage, x: number, y: number): Promise<readonly [number, number]> {
  const box = await boxOf(studio, 'canvas');
  return [(x - box.x) / box.width, (y - box.y) / box.height];
}

async function drag(page: Page, from: readonly [number, number], to: readonly [number, number]): Promise<void> {
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(...to, { steps: 3 });
  await page.mouse.up();
}

/** Distinct colours along a line of pixels of the screen: smooth ones are many. */
async function coloursAlong(page: Page, clip: Box): Promise<number> {
  const { data } = await sharp(await page.screenshot({ clip }))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return new Set(Array.from({ length: data.length / 3 }, (_, i) => data.subarray(3 * i, 3 * i + 3).join())).size;
}

describe('the picture', () => {
  it(
    'is zoomed about the pointer, moved, wiped and never lost, and comes back to the fit',
    async () => {
      await using studio = await open(`${quick}&iterations=2`);
      await studio.paint();
      await studio.says(/^Done/);
      const { page } = studio;
      const frame = await boxOf(studio, 'frame');
      const at = (right: number, down: number) =>
        // The wheel tells whole pixels.
        [Math.round(frame.x + right * frame.width), Math.round(frame.y + down * frame.height)] as const;
      const line = { x: frame.x + 0.5 * frame.width, y: frame.y + 0.5 * frame.height, width: 300, height: 1 };
      expect(await coloursAlong(page, line)).toBeGreaterThan(50);

      const pointer = at(0.7, 0.3);
      await page.mouse.move(...pointer);
      const before = await seenAt(studio, ...pointer);
      // A turn after the other, as a hand does: each is limited.
      for (let turn = 0; turn < 6; turn++) await page.mouse.wheel(0, -300);
      await expect.poll(async () => (await boxOf(studio, 'canvas')).width / frame.width).toBeGreaterThan(4);
      const after = await seenAt(studio, ...pointer);
      expect(after[0]).toBeCloseTo(before[0], 3);
      expect(after[1]).toBeCloseTo(before[1], 3);
      // The photograph goes with it, and the frame stays.
      expect(await boxOf(studio, 'before')).toEqual(await boxOf(studio, 'canvas'));
      expect(await boxOf(studio, 'frame')).toEqual(frame);
      // A pixel of the painting is a hundred of the screen, of one colour.
      expect(await coloursAlong(page, line)).toBeLessThan(8);

      const picture = await boxOf(studio, 'canvas');
      await drag(page, at(0.5, 0.5), at(0.45, 0.55));
      const moved = await boxOf(studio, 'canvas');
      expect(moved.x - picture.x).toBeCloseTo(-0.05 * frame.width, 0);
      expect(moved.y - picture.y).toBeCloseTo(0.05 * frame.height, 0);
      expect(await studio.wiped()).toBe(15);
      await page.keyboard.press('ArrowRight');
      expect((await boxOf(studio, 'canvas')).x).toBeLessThan(moved.x - 10);
      for (let pull = 0; pull < 6; pull++) await drag(page, at(0.3, 0.1), at(0.9, 0.9));
      const farthest = await boxOf(studio, 'canvas');
      expect(farthest.x).toBeCloseTo(frame.x, 0);
      expect(farthest.y).toBeCloseTo(frame.y, 0);

      // The line is a place in the frame: it is where the pointer leaves it.
      await drag(page, at(0.15, 0.5), at(0.6, 0.4));
      expect(await studio.wiped()).toBeCloseTo(60, 0);
      const handle = await boxOf(studio, 'wipe');
      expect(handle.x + handle.width / 2).toBeCloseTo(at(0.6, 0)[0], 0);
      expect(await boxOf(studio, 'canvas')).toEqual(farthest);

      await page.keyboard.press('0');
      expect(await boxOf(studio, 'canvas')).toEqual(frame);
      await page.mouse.dblclick(...at(0.8, 0.2));
      expect((await boxOf(studio, 'canvas')).width).toBeGreaterThan(1.4 * frame.width);
      // The clicks of a double click meant no wipe.
      expect(await studio.wiped()).toBeCloseTo(60, 0);
      await studio.byId('zoom-fit').click();
      expect(await boxOf(studio, 'canvas')).toEqual(frame);
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    runTimeoutMs,
  );

  it(
    'is zoomed by two fingers, and the page scrolls by one',
    async () => {
      await using studio = await open(`${quick}&iterations=2`, {
        viewport: { width: 390, height: 844 },
        hasTouch: true,
        isMobile: true,
      });
      await studio.paint();
      await studio.says(/^Done/);
      const frame = await boxOf(studio, 'frame');
      const x = frame.x + frame.width / 2;
      const y = frame.y + frame.height / 2;
      const session = await studio.context.newCDPSession(studio.page);
      const touch = (
        type: 'touchStart' | 'touchMove' | 'touchEnd',
        ...fingers: readonly (readonly [number, number])[]
      ) => session.send('Input.dispatchTouchEvent', { type, touchPoints: fingers.map(([x, y], id) => ({ x, y, id })) });
      const scrolled = () => studio.page.evaluate(() => scrollY);

      await touch('touchStart', [x - 20, y]);
      await touch('touchStart', [x - 20, y], [x + 20, y]);
      for (const spread of [30, 40, 50, 60]) await touch('touchMove', [x - spread, y], [x + spread, y]);
      await touch('touchEnd');
      const zoomed = await boxOf(studio, 'before');
      expect(zoomed.width / frame.width).toBeCloseTo(3, 1);
      expect(zoomed.x + zoomed.width / 2).toBeCloseTo(x, 0);
      for (const type of ['touchStart', 'touchMove', 'touchMove'] as const) await touch(type, [x, y]);
      await touch('touchMove', [x, y - 40]);
      await touch('touchEnd');
      expect((await boxOf(studio, 'before')).y).toBeLessThan(zoomed.y - 20);
      expect(await scrolled()).toBe(0);

      // At once after a flick.
      await studio.byId('zoom-fit').tap();
      await expect.poll(() => boxOf(studio, 'before')).toEqual(frame);
      await touch('touchStart', [x, y]);
      for (const up of [20, 60, 100]) await touch('touchMove', [x, y - up]);
      await touch('touchEnd');
      await expect.poll(scrolled).toBeGreaterThan(50);
      // None of these was meant for the wipe.
      expect(await studio.wiped()).toBe(15);
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    runTimeoutMs,
  );
});

describe('keys', () => {
  it(
    'hold, step and stop a run, show the photograph and the full screen, are listed, and leave fields and buttons alone',
    async () => {
      await using studio = await open(`${quick}&iterations=2000`);
      const { page } = studio;
      const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
      await studio.isReady();
      const frame = await boxOf(studio, 'frame');
      // In a field and on a slider they are what is typed.
      await studio.byId('more').getByText('More', { exact: true }).click();
      for (const id of ['setting-iterations', 'strength']) {
        await studio.byId(id).focus();
        for (const key of ['p', '+', '?', 'f']) await page.keyboard.press(key);
      }
      expect(await boxOf(studio, 'before')).toEqual(frame);
      expect(await dialog.count()).toBe(0);
      expect(await studio.byId('status').getAttribute('data-phase')).toBe('idle');
      expect(await studio.byId('setting-iterations').inputValue()).toContain('p+?f');
      await studio.byId('setting-iterations').fill('2000');

      const help = studio.button('Keyboard shortcuts');
      await help.focus();
      await page.keyboard.press('?');
      await dialog.getByText('Paint, pause, continue').waitFor();
      await page.keyboard.press('p');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      expect(await help.evaluate((button) => button === document.activeElement)).toBe(true);
      expect(await studio.byId('status').getAttribute('data-phase')).toBe('idle');
      // Space presses the button that has the focus.
      // Once the sheet is gone from the screen, too: nobody presses a key before that.
      await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
      await page.keyboard.press(' ');
      await dialog.getByLabel('Use these keys').uncheck();
      await page.keyboard.press('Escape');
      await page.keyboard.press('p');
      await page.keyboard.press('+');
      expect(await boxOf(studio, 'before')).toEqual(frame);
      await help.click();
      await dialog.getByLabel('Use these keys').check();
      await page.keyboard.press('Escape');

      await page.keyboard.press('+');
      await page.keyboard.press('p');
      await studio.hasSpent(2);
      // A run that paints the same photograph leaves the zoom.
      const isZoomed = async () => (await boxOf(studio, 'before')).width > 1.3 * frame.width;
      expect(await isZoomed()).toBe(true);
      await page.keyboard.press('.');
      await studio.says(/^Paused/);
      await page.keyboard.press('p');
      await studio.says(/^Step/);
      await page.keyboard.down('b');
      await studio.byId('canvas').waitFor({ state: 'hidden' });
      await page.keyboard.up('b');
      await studio.byId('canvas').waitFor();

      await page.keyboard.press('f');
      const isFull = () => page.evaluate(() => document.fullscreenElement?.contains(document.querySelector('canvas')));
      await expect.poll(isFull).toBe(true);
      await expect.poll(async () => (await boxOf(studio, 'frame')).height).toBeGreaterThan(frame.height);
      const whole = await boxOf(studio, 'frame');
      expect((await boxOf(studio, 'canvas')).width).toBeGreaterThan(1.3 * whole.width);
      await page.keyboard.press('f');
      await expect.poll(isFull).toBeUndefined();

      await page.keyboard.press('Escape');
      await studio.says(/^Stopped/);
      const downloading = page.waitForEvent('download');
      await page.keyboard.press('d');
      expect((await downloading).suggestedFilename()).toMatch(/\.png$/);
      expect(await isZoomed()).toBe(true);
      await studio.button('Choose another photograph: examples').click();
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /cup of coffee/ })
        .click();
      await expect.poll(isZoomed).toBe(false);
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    runTimeoutMs,
  );
});
