/** Shaders without comments are the same shaders. */

import { describe, expect, it } from 'vitest';
import { specialiseShader } from '../../src/core/shader.ts';
import { bareShader } from '../../tools/bare-shaders.ts';
import { listFiles, readSource } from '../conventions/source.ts';

/** What a compiler sees. */
function tokens(text: string): string {
  return text
    .replace(/\/\/.*$/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}

const shaders = ['shaders', 'src', 'tools'].flatMap((folder) => listFiles(folder, ['.wgsl']));

describe('a bare shader', () => {
  it.each(shaders)('%s: loops unrolled, the same tokens on the same lines', (file) => {
    const text = readSource(file);
    const bare = bareShader(text);
    expect(tokens(specialiseShader(file, bare))).toBe(tokens(specialiseShader(file, text)));
    expect(bare.split('\n')).toHaveLength(text.split('\n').length);
    expect(bare.length).toBeLessThan(text.length);
  });
});
