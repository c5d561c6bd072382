/** What axe finds in every state of the pages, in light and dark: nothing. SwiftShader, tiny sizes. */

import axe, { type AxeResults, type NodeResult } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { quick, runTimeoutMs, StudioPage } from './studio-page.ts';
import { useStudio } from './use-studio.ts';

const { open, site } = useStudio();

/** Where something lies over something else, no program can say which colours meet. */
const overlaps: readonly unknown[] = ['bgOverlap', 'elmPartiallyObscured', 'elmPartiallyObscuring', 'imgNode'];

function isOverlap({ any }: NodeResult): boolean {
  return any.every(({ id, data }) => id === 'color-contrast' && overlaps.includes(data?.messageKey));
}

/** What axe finds on the page as it is now, a line each. */
async function faults(page: Page): Promise<readonly string[]> {
  // Given through the debugger, which the page's policy does not forbid.
  await page.evaluate(axe.source);
  const { violations, incomplete } = await page.evaluate<AxeResults>('axe.run({ preload: false })');
  const unclear = incomplete.map((rule) => ({ ...rule, nodes: rule.nodes.filter((node) => !isOverlap(node)) }));
  return [...violations, ...unclear].flatMap(({ id, nodes }) =>
    nodes.map(({ target, any, all, none }) => {
      const [check] = [...any, ...all, ...none];
      return `${id}: ${target.join(' ')}: ${check?.message}`;
    }),
  );
}

/** What would take its time to move or change on the page as it is now, with how long: of elements, and of what is drawn before and after them. */
async function movements(page: Page): Promise<readonly string[]> {
  return await page.evaluate(() => {
    const seconds = (times: string) => Math.max(...times.split(',').map(Number.parseFloat));
    const styles = [...document.querySelectorAll('*')].flatMap((element) =>
      [undefined, '::before', '::after', '::backdrop'].map((part) => {
        const { transitionDuration, animationDuration, scrollBehavior } = getComputedStyle(element, part);
        const lasts = Math.max(seconds(transitionDuration), seconds(animationDuration) || 0);
        const name = `${element.tagName.toLowerCase()}.${element.className}${part ?? ''}`;
        return { name, lasts, isSmooth: scrollBehavior === 'smooth' };
      }),
    );
    const running = document.getAnimations().map(({ id, playState }) => `animation ${id} ${playState}`);
    const set = styles.filter(({ lasts, isSmooth }) => lasts > 0 || isSmooth);
    return [...set.map(({ name, lasts, isSmooth }) => `${name} ${isSmooth ? 'scrolls' : `${lasts} s`}`), ...running];
  });
}

async function inLightAndDark(page: Page): Promise<readonly string[]> {
  const light = await faults(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await faults(page);
  await page.emulateMedia({ colorScheme: 'light' });
  return [...light, ...dark.map((fault) => `in the dark, ${fault}`)];
}

it(
  'axe finds nothing in the painting page, from the first view to the drawers and dialogs',
  async () => {
    await using studio = await open(`${quick}&iterations=2000`);
    const { page } = studio;
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await studio.isReady();
    expect(await inLightAndDark(page), 'first view').toEqual([]);
    await studio.paint();
    await studio.hasSpent(2);
    expect(await faults(page), 'painting').toEqual([]);
    // Of all that moves, with the bar of how far it is, nothing does for who asked for it.
    expect(await movements(page), 'painting').toEqual([]);
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    expect(await movements(page)).toContainEqual(expect.stringMatching(/^div\.bar::after 0\.15 s$/));
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await studio.byId('stop').click();
    await studio.says(/^Stopped: \d+ steps/);
    expect(await inLightAndDark(page), 'done').toEqual([]);
    for (const drawer of ['history', 'instruments', 'more']) await studio.byId(drawer).locator('summary').click();
    await studio.byId('painting').waitFor();
    await studio.byId('chart').locator('canvas').waitFor();
    expect(await faults(page), 'open drawers').toEqual([]);
    expect(await movements(page), 'open drawers').toEqual([]);
    await studio.byId('delete').click();
    await studio.button('Keep it').waitFor();
    expect(await faults(page), 'a notice').toEqual([]);
    // It goes by itself.
    await studio.button('Keep it').waitFor({ state: 'detached' });
    await studio.button('Choose another painting: examples').click();
    await page.getByRole('dialog').waitFor();
    expect(await faults(page), 'gallery').toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    expect(await faults(page), 'shortcuts').toEqual([]);
    expect(await movements(page), 'shortcuts').toEqual([]);
    expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
  },
  runTimeoutMs,
);

it('axe finds nothing in the benchmark page, nor where there is no WebGPU', async () => {
  await using chromium = await launchChromium({ webGpu: false });
  await using studio = await StudioPage.open(chromium, site().address);
  await studio.byId('unsupported').waitFor();
  expect(await inLightAndDark(studio.page), 'no WebGPU').toEqual([]);
  await using page = await open();
  await page.page.goto(`${site().address}bench.html`);
  await page.button('Measure').and(page.page.locator(':enabled')).waitFor();
  expect(await inLightAndDark(page.page), 'benchmark').toEqual([]);
});
