/** Picture files for tests, made by sharp in a folder of the test's own. */

import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll } from 'vitest';

export const width = 20;
export const height = 12;

/** A byte pattern without symmetry, [height, width, 3]. */
export const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 89 + (i % 7) * 31) % 256);

/** A pipeline that starts with {@link rgb}. */
export function fromRgb(): Sharp {
  return sharp(rgb, { raw: { width, height, channels: 3 } });
}

/** A pipeline that starts with 16-bit samples and stays in 16 bits. */
export function raw16(values: Uint16Array, channels: 1 | 3 | 4, w = width, h = height): Sharp {
  return sharp(values, { raw: { width: w, height: h, channels } }).toColourspace(channels === 1 ? 'grey16' : 'rgb16');
}

/** A folder that is removed after the tests of the calling file. */
export function temporaryFolder(): {
  readonly folder: string;
  /** The path of a name in the folder. */
  readonly path: (name: string) => string;
  /** Writes bytes, text or what sharp encodes; gives the path. */
  readonly file: (name: string, content: Sharp | Uint8Array | string) => Promise<string>;
} {
  const folder = mkdtempSync(join(tmpdir(), 'impasto-images-'));
  afterAll(() => rm(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);
  return {
    folder,
    path,
    file: async (name, content) => {
      const bytes = typeof content === 'string' || content instanceof Uint8Array ? content : await content.toBuffer();
      await writeFile(path(name), bytes);
      return path(name);
    },
  };
}
