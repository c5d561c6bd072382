/** The heads of LPIPS: the bundled file, and what a file of them may not be. */

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openFile } from '../../src/platform/node/byte-source.ts';
import { bundledLpipsHeads } from '../../src/weights/bundled.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { loadLpipsHeads, lpipsTaps } from '../../src/weights/lpips-heads.ts';
import { encodeSafetensors } from '../../src/weights/safetensors.ts';

const bundledPath = fileURLToPath(new URL(`../../weights/${bundledLpipsHeads.fileName}`, import.meta.url));
const channels = [64, 128, 256, 512, 512];

/** A file of heads, one of them with another shape or left out. */
function headsWith(index: number, shape: readonly number[] | undefined) {
  const tensors = channels.flatMap((count, at) => {
    const its = at === index ? shape : [1, count, 1, 1];
    if (its === undefined) return [];
    const values = new Float32Array(its.reduce((a, b) => a * b, 1));
    return [{ name: `lin${at}.weight`, dtype: 'F32', shape: its, values } as const];
  });
  return bytesSource('heads', encodeSafetensors(tensors));
}

describe("LPIPS' heads", () => {
  it('are bundled, with their checksum; no channel counts against a difference', async () => {
    await using source = await openFile(bundledPath);
    expect(source.sizeBytes).toBe(bundledLpipsHeads.sizeBytes);
    const heads = await loadLpipsHeads(source, bundledLpipsHeads);
    expect([...heads.keys()]).toEqual(lpipsTaps);
    expect([...heads.values()].map(({ length }) => length)).toEqual(channels);
    for (const head of heads.values()) expect(Math.min(...head)).toBeGreaterThanOrEqual(0);
  });

  it('with another checksum are refused', async () => {
    await using source = await openFile(bundledPath);
    await expect(loadLpipsHeads(source, { sha256: '00' })).rejects.toThrow(
      /its SHA-256 is 61f2.*, expected 00; it is damaged/,
    );
  });

  it.each([
    [1, undefined, "lacks tensor 'lin1.weight' of LPIPS' heads, expected [1, 128, 1, 1]"],
    [4, [1, 256, 1, 1], "tensor 'lin4.weight' is [1, 256, 1, 1], expected [1, 512, 1, 1]"],
  ])('without the right head %i are refused', async (index, shape, problem) => {
    await expect(loadLpipsHeads(headsWith(index, shape))).rejects.toThrow(`heads: ${problem}`);
  });

  it('as something else are refused', async () => {
    const text = bytesSource('heads', new TextEncoder().encode('<!doctype html><html></html>'));
    await expect(loadLpipsHeads(text)).rejects.toThrow(/^heads: /);
  });
});
