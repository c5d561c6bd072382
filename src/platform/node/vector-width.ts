/** How wide lavapipe's vectors are: asked of the driver by its environment variable, before it is loaded. */

import { readFileSync } from 'node:fs';

/** lavapipe's own variable, in bits. */
const variable = 'LP_NATIVE_VECTOR_WIDTH';

/**
 * Has lavapipe compile for 512-bit vectors where the CPU has them; by itself it takes 256. That takes 12 % off an
 * evaluation (docs/decisions/0015-lanes-experiments.md). The user's own setting wins; other drivers do not read it.
 */
export function widenVectors(): void {
  if (process.env[variable] === undefined && hasWideVectors(readCpuInfo())) {
    process.env[variable] = '512';
  }
}

/** Whether Linux' `/proc/cpuinfo` lists the parts of AVX-512 that LLVM wants for 512-bit code of f32 and i32. */
export function hasWideVectors(cpuInfo: string): boolean {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuInfo)?.[1]?.trim().split(/\s+/));
  return ['avx512f', 'avx512bw', 'avx512dq', 'avx512vl'].every((flag) => flags.has(flag));
}

function readCpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return ''; // not Linux
  }
}
