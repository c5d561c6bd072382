import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../../examples/', import.meta.url));

it('every example picture has a small copy of its shape and colours; `npm run thumbnails` makes it', async () => {
  const files = (await readdir(folder)).filter((file) => /\.(?:png|jpg)$/.test(file));
  for (const file of files) {
    const small = path.join(folder, 'thumbnails', `${path.parse(file).name}.webp`);
    expect((await stat(small)).size, file).toBeLessThan(10_000);
    const [original, copy] = await Promise.all([path.join(folder, file), small].map(describePicture));
    expect(Math.abs((original?.aspect ?? 0) - (copy?.aspect ?? 0)), file).toBeLessThan(0.02);
    for (const [channel, mean] of original?.means.entries() ?? []) {
      expect(Math.abs(mean - (copy?.means[channel] ?? Number.NaN)), file).toBeLessThan(4);
    }
  }
});

async function describePicture(file: string) {
  const picture = sharp(file).removeAlpha();
  const [{ width, height }, { channels }] = await Promise.all([picture.metadata(), picture.stats()]);
  return { aspect: width / height, means: channels.map(({ mean }) => mean) };
}
