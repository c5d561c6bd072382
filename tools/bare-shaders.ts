/** Shaders as the built page carries them: without their comments, which are half of their bytes, compressed. */

import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';

/** Comments that `core/shader.ts` reads. */
const marker = /\/\/ (?:header|end header|unroll)\b/;

/** The text without comments and indentation. Lines stay where they are, so that a driver's messages point right. */
export function bareShader(text: string): string {
  const bare = (line: string): string => (marker.test(line) ? line : line.replace(/\/\/.*$/, '')).trim();
  return text.split('\n').map(bare).join('\n');
}

/** For the page and for its workers. */
export const bareShaders: Plugin = {
  name: 'bare-shaders',
  apply: 'build',
  // Before Vite's own handling of `?raw`.
  enforce: 'pre',
  async load(id) {
    if (!id.endsWith('.wgsl?raw')) return null;
    const text = await readFile(id.slice(0, -'?raw'.length), 'utf8');
    return `export default ${JSON.stringify(bareShader(text))};`;
  },
};
