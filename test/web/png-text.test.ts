/** Texts in PNG files, read back by another library. */

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { withPngTexts } from '../../src/images/png-text.ts';
import { refusalOf } from '../support/refusal.ts';

const png = await sharp({ create: { width: 3, height: 2, channels: 3, background: '#c84' } })
  .png()
  .toBuffer();

describe('withPngTexts', () => {
  it('writes texts that others read, and leaves the picture alone', async () => {
    const texts = { Software: 'Impasto', Comment: 'npm start -- Zürich.jpg “wave”.png 絵' };
    const written = withPngTexts(png, texts);
    const { comments } = await sharp(written).metadata();
    expect(comments).toEqual(Object.entries(texts).map(([keyword, text]) => ({ keyword, text })));
    expect(await sharp(written).raw().toBuffer()).toEqual(await sharp(png).raw().toBuffer());
  });

  it('refuses what is no PNG', async () => {
    for (const bytes of [new Uint8Array(100), png.subarray(0, 20)]) {
      const refusal = await refusalOf(() => withPngTexts(bytes, {}));
      expect(refusal.message).toMatch(/expected a PNG file/);
      expect(refusal.code).toBe('png-signature');
    }
  });

  it.each(['', ' Comment', 'Comment ', 'two\nlines', '絵', 'x'.repeat(80)])(
    'refuses the keyword %j',
    async (keyword) => {
      const refusal = await refusalOf(() => withPngTexts(png, { [keyword]: 'text' }));
      expect(refusal.message).toMatch(/no PNG keyword/);
      expect(refusal.code).toBe('png-keyword');
    },
  );
});
