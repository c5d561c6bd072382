/** Texts in PNG files, read back by another library. */

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { withPngTexts } from '../../src/images/png-text.ts';

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

  it('refuses what is no PNG', () => {
    expect(() => withPngTexts(new Uint8Array(100), {})).toThrow(/expected a PNG file/);
    expect(() => withPngTexts(png.subarray(0, 20), {})).toThrow(/expected a PNG file/);
  });

  it.each(['', ' Comment', 'Comment ', 'two\nlines', '絵', 'x'.repeat(80)])('refuses the keyword %j', (keyword) => {
    expect(() => withPngTexts(png, { [keyword]: 'text' })).toThrow(/no PNG keyword/);
  });
});
