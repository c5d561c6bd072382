/** The page in a browser that guards against fingerprinting by noise on what is read from a canvas. */

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { quick, runTimeoutMs, type StudioPage } from './studio-page.ts';
import { useStudio } from './use-studio.ts';

const { open } = useStudio();

/** Prepended to the worker's script: as Brave and Firefox do it, a last bit here and there, and in a canvas' own files too. */
const noisyCanvas = `
const getImageData = OffscreenCanvasRenderingContext2D.prototype.getImageData;
OffscreenCanvasRenderingContext2D.prototype.getImageData = function (...given) {
  const image = getImageData.apply(this, given);
  for (let i = 0; i < image.data.length; i += 41) if (i % 4 !== 3) image.data[i] ^= 1;
  return image;
};
const convertToBlob = OffscreenCanvas.prototype.convertToBlob;
OffscreenCanvas.prototype.convertToBlob = function (...given) {
  const context = this.getContext('2d');
  context.putImageData(context.getImageData(0, 0, this.width, this.height), 0, 0);
  return convertToBlob.apply(this, given);
};`;

/** The page whose worker's canvases are noisy. */
async function openNoisy(): Promise<StudioPage> {
  const studio = await open();
  await studio.page.route(/\/worker-[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${noisyCanvas}\n${await response.text()}` });
  });
  await studio.goto('');
  await studio.goto(`${quick}&iterations=2`);
  await studio.page.reload();
  return studio;
}

describe('a browser with noise on its canvases', () => {
  it(
    'is told so, and the painting is downloaded without more of it',
    async () => {
      await using studio = await openNoisy();
      expect(await studio.problem(/changes the pictures that pages read/)).toMatch(/Firefox.*Brave/);
      await studio.paint();
      await studio.says(/^Done: 2 steps/);
      const { bytes } = await studio.download();
      expect([...(await sharp(bytes).raw().toBuffer())]).toEqual(await shownColours(studio));
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    runTimeoutMs,
  );
});

/** What is on the page's canvas, RGB; read outside the worker, where nothing is noisy. */
async function shownColours(studio: StudioPage): Promise<readonly number[]> {
  return await studio.page.getByTestId('canvas').evaluate((canvas) => {
    if (!(canvas instanceof HTMLCanvasElement)) throw new Error('no canvas');
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
    copy?.drawImage(canvas, 0, 0);
    const rgba = copy?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    return [...rgba].filter((_, index) => index % 4 !== 3);
  });
}
