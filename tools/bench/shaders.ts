/** The engine's shaders and the benchmark's own, which lie beside what they measure. */

import { readFileSync } from 'node:fs';
import { peakKernels } from '../../src/bench/adapter-peak.ts';
import { readShader } from '../../src/platform/node/gpu.ts';

const folder = new URL('../../src/bench/', import.meta.url);
const peakShaders = new Set(peakKernels.map(({ shader }) => shader));

export function readBenchShader(fileName: string): string {
  return peakShaders.has(fileName) ? readFileSync(new URL(fileName, folder), 'utf8') : readShader(fileName);
}
