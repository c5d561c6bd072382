/** What was painted before: opened, compared, deleted, kept over a reload and over another photograph. SwiftShader, tiny sizes. */

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { quick, runTimeoutMs, type StudioPage } from './studio-page.ts';
import { useStudio } from './use-studio.ts';

const { open } = useStudio();

/** What a person sees in the frame: with `share` of its width showing what is compared, handle away. */
async function seen(studio: StudioPage, share: 0 | 1): Promise<Buffer> {
  await studio.byId('wipe').focus();
  await studio.page.keyboard.press(share === 0 ? 'Home' : 'End');
  await studio.byId('wipe').evaluate((handle) => {
    handle.style.opacity = '0';
  });
  const box = await studio.byId('canvas').boundingBox();
  if (box === null) throw new Error('the picture is not on the screen');
  const shot = await studio.page.screenshot({ clip: box });
  return await sharp(shot).removeAlpha().resize(48, 32, { fit: 'fill' }).raw().toBuffer();
}

/** Mean difference of two pictures, of 255. */
function difference(one: Buffer, other: Buffer): number {
  return one.reduce((sum, value, index) => sum + Math.abs(value - (other[index] ?? 0)), 0) / one.length;
}

async function paintOnce(studio: StudioPage, cards: number): Promise<void> {
  await studio.paint();
  await studio.says(/^Done: 4 steps/);
  await studio
    .byId('painting')
    .nth(cards - 1)
    .waitFor({ state: 'attached' });
}

const noise = (seed: number) => `${quick}&iterations=4&init=noise&seed=${seed}`;

describe('the history of paintings', () => {
  it(
    'opens, compares, deletes, gives back and keeps what was painted',
    async () => {
      await using studio = await open(noise(5));
      await paintOnce(studio, 1);
      const first = await seen(studio, 0);
      await studio.goto(noise(6));
      await paintOnce(studio, 2);
      const second = await seen(studio, 0);
      expect(difference(first, second)).toBeGreaterThan(10);

      await studio.byId('history').locator('summary').click();
      await studio.byId('compare').nth(1).click();
      expect(difference(await seen(studio, 1), first)).toBeLessThan(3);
      await studio.byId('compare').nth(1).click();

      await studio.byId('painting').nth(1).click();
      await expect.poll(async () => difference(await seen(studio, 0), first)).toBeLessThan(3);
      expect(studio.page.url()).toContain('seed=5');

      await studio.page.reload();
      await studio.isReady();
      await expect.poll(async () => difference(await seen(studio, 0), first)).toBeLessThan(3);
      await studio.byId('history').locator('summary').click();
      expect(await studio.byId('history-room').innerText()).toMatch(/^0\.\d MB on this device of /);

      // The one that is shown: the photograph is there again.
      await studio.byId('delete').nth(1).click();
      await studio.byId('canvas').waitFor({ state: 'hidden' });
      expect(await studio.byId('painting').count()).toBe(1);
      await studio.button('Keep it').click();
      await studio.byId('canvas').waitFor();
      expect(await studio.byId('painting').count()).toBe(2);
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    runTimeoutMs,
  );

  it(
    'takes the painting when another photograph is chosen, whose shape the picture then has',
    async () => {
      await using studio = await open(`${quick}&iterations=4`);
      await paintOnce(studio, 1);
      const bytes = await sharp({ create: { width: 20, height: 40, channels: 3, background: '#3a6' } })
        .png()
        .toBuffer();
      await studio.drop('drop-content', 'tall.png', bytes);
      await studio.byId('canvas').waitFor({ state: 'hidden' });
      const box = await studio.byId('before').boundingBox();
      expect((box?.height ?? 0) / (box?.width ?? 1)).toBeCloseTo(2, 1);
      expect(await studio.byId('from-here').count()).toBe(0);
      await studio.page.keyboard.press('Control+z');
      await studio.byId('canvas').waitFor();
      expect(await studio.byId('content').innerText()).not.toContain('tall.png');
      await studio.page.keyboard.press('Control+Shift+z');
      await studio.byId('canvas').waitFor({ state: 'hidden' });
      expect(await studio.byId('content').innerText()).toContain('tall.png');
      await studio.byId('history').locator('summary').click();
      await studio.byId('painting').click();
      await studio.byId('canvas').waitFor();
      expect(await studio.byId('content').innerText()).not.toContain('tall.png');
      // Nothing takes the place of a picture that is being painted.
      await studio.byId('from-here').click();
      await studio.drop('drop-content', 'tall.png', bytes);
      await studio.problem(/is being painted. Wait for it, or stop it/);
      await studio.says(/^Done: 4 steps/);
      expect(await studio.byId('content').innerText()).not.toContain('tall.png');
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    runTimeoutMs,
  );
});
