/** The panel of pictures in Chromium: a click takes another picture, small copies offer them, a run holds them. */

import type { Locator } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { texture } from '../cli/program.ts';
import { quick, runTimeoutMs, type StudioPage } from './studio-page.ts';
import { useStudio } from './use-studio.ts';

const { site, open } = useStudio();

const sizes = { width: 900, height: 600 };

async function photograph(seed: number): Promise<Buffer> {
  return await sharp(texture(sizes.width, sizes.height, 3, seed), { raw: { ...sizes, channels: 3 } })
    .png()
    .toBuffer();
}

const offers = (studio: StudioPage, part: 'content' | 'style') => studio.byId(`strip-${part}`).getByRole('button');
const offer = (studio: StudioPage, title: string) => studio.byId('strip-style').getByRole('button', { name: title });
const nameOf = (studio: StudioPage, part: 'content' | 'styles') => studio.byId(part).locator('.name').allInnerTexts();

/** Whether all of it is within the strip, not scrolled out. */
async function isInSight(button: Locator): Promise<boolean> {
  return await button.evaluate((element) => {
    const [one, all] = [element, element.parentElement].map((each) => each?.getBoundingClientRect());
    return one !== undefined && all !== undefined && one.left >= all.left && one.right <= all.right;
  });
}

async function samplesOf(studio: StudioPage): Promise<Buffer> {
  const { bytes } = await studio.download();
  return await sharp(bytes).raw().toBuffer();
}

describe('the panel of pictures', () => {
  it('offers small copies, and takes a file by a click on the picture that is there', async () => {
    // The service worker would fetch all large ones beside.
    await using studio = await open(quick, { serviceWorkers: 'block' });
    await studio.isReady();
    await studio.page.waitForLoadState('networkidle');
    const fetched = await studio.page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .filter((entry) => entry instanceof PerformanceResourceTiming)
        .map(({ name, encodedBodySize }) => ({ name, bytes: encodedBodySize })),
    );
    const small = fetched.filter(({ name }) => name.endsWith('.webp'));
    expect(small).toHaveLength(6);
    expect(small.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(50_000);
    // Of the large ones those two alone that are chosen.
    expect(site().requests.filter((file) => /\.(?:png|jpg)$/.test(file))).toHaveLength(2);
    expect(await offers(studio, 'content').locator('img').first().evaluate(widthOf)).toBeGreaterThan(100);

    for (const [index, name] of ['one.png', 'two.png', 'three.png'].entries()) {
      const choosing = studio.page.waitForEvent('filechooser');
      await studio.byId('content').locator('img').first().click();
      await (await choosing).setFiles({ name, mimeType: 'image/png', buffer: await photograph(index) });
      await studio.byId('content').locator('.name').getByText(name).waitFor();
    }
    expect(await offers(studio, 'content').count()).toBe(6);
    const last = offers(studio, 'content').last();
    expect(await isInSight(last)).toBe(true);
    // Not a large photograph in a place of 72 pixels.
    expect(await studio.byId('content').locator('.thumbnail img').evaluate(widthOf)).toBe(216);
    // One that was there before is one click away, and there once.
    await offers(studio, 'content').nth(3).click();
    await expect.poll(() => nameOf(studio, 'content')).toEqual(['one.png']);
    expect(await offers(studio, 'content').count()).toBe(6);
    // The strip is one stop of the Tab key, and arrows scroll it.
    await studio.page.keyboard.press('Home');
    expect(await isInSight(last)).toBe(false);
    await studio.page.keyboard.press('End');
    expect(await isInSight(last)).toBe(true);
    expect(await studio.page.evaluate(() => document.activeElement?.getAttribute('title'))).toBe('three.png');
    await studio.page.keyboard.press('Tab');
    expect(await last.evaluate((element) => element.parentElement?.contains(document.activeElement))).toBe(false);
    expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
  });

  it(
    'has a strip whose last click counts and is what is painted; while it is painted, others are held with a word',
    async () => {
      const arrive = site().hold('.safetensors');
      await using studio = await open(`${quick}&iterations=2`);
      await studio.isReady();
      const release = site().hold('.jpg');
      await offer(studio, 'Composition VIII').click();
      await offer(studio, 'Village Street in Auvers').click();
      release();
      await expect.poll(() => nameOf(studio, 'styles')).toEqual(['Village Street in Auvers']);
      await expect.poll(() => shadowOf(offer(studio, 'Village Street in Auvers'))).not.toBe('none');
      expect(await shadowOf(offer(studio, 'The Great Wave'))).toBe('none');

      await studio.button('Mix in another painting').click();
      await offer(studio, 'The Great Wave').click();
      await expect.poll(() => nameOf(studio, 'styles')).toEqual(['Village Street in Auvers', 'The Great Wave']);
      await studio.button('Remove The Great Wave').click();

      const strengthAt = async () => (await studio.byId('strength').boundingBox())?.y;
      const before = await strengthAt();
      await studio.paint();
      await studio.page.getByText('Stop to choose other pictures').waitFor();
      expect(await strengthAt()).toBe(before);
      await offer(studio, 'The Great Wave').click({ force: true });
      arrive();
      await studio.says(/^Done/);
      await studio.page.getByText('They stay on this device').waitFor();
      expect(await nameOf(studio, 'styles')).toEqual(['Village Street in Auvers']);
      const byStrip = await samplesOf(studio);
      await using linked = await open(`${quick}&iterations=2&style=village-street`);
      await linked.paint();
      await linked.says(/^Done/);
      expect(Buffer.compare(byStrip, await samplesOf(linked))).toBe(0);
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    runTimeoutMs,
  );

  it('takes the picture that a pasted link of this site names, and says why not one of elsewhere', async () => {
    await using studio = await open(quick);
    await studio.isReady();
    const astronaut = await studio.byId('strip-content').locator('img').last().getAttribute('src');
    await studio.pasteText(new URL(astronaut ?? '', site().address).href);
    await studio.byId('content').getByText('144 × 144').waitFor();
    await studio.byId('styles').locator('button.thumbnail').focus();
    await studio.pasteText(`${site().address}nothing.png`);
    expect(await studio.problem(/nothing/)).toContain('There is no picture to be had at');
    await studio.pasteText('https://example.org/pictures/sunflowers.jpg');
    expect(await studio.problem(/example\.org/)).toContain('save the picture from example.org, then drop it here');
    expect(await nameOf(studio, 'styles')).toEqual(['The Great Wave']);
    expect(studio.misbehaviour.foreignRequests).toEqual([]);
  });

  it('leaves the camera of a telephone to the telephone', async () => {
    await using studio = await open(quick, {
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
    });
    await studio.isReady();
    const choosing = studio.page.waitForEvent('filechooser');
    await studio.button('Choose another photograph: camera').tap();
    const chooser = await choosing;
    expect(await chooser.element().getAttribute('capture')).toBe('environment');
    await chooser.setFiles({ name: 'IMG_1.png', mimeType: 'image/png', buffer: await photograph(3) });
    await studio.byId('content').getByText('IMG_1.png').waitFor();
    expect(await studio.page.getByRole('dialog').count()).toBe(0);
  });
});

function widthOf(element: Element): number {
  return element instanceof HTMLImageElement ? element.naturalWidth : 0;
}

async function shadowOf(button: Locator): Promise<string> {
  return await button.evaluate((element) => getComputedStyle(element).boxShadow);
}
