/** The machine a benchmark runs on. */

import { availableParallelism, cpus, loadavg, release, type } from 'node:os';
import type { Environment } from '../../src/bench/report.ts';
import { remark } from '../../src/cli/output.ts';
import type { Gpu } from '../../src/core/gpu.ts';

export function describeEnvironment(gpu: Gpu, kernels: string): Environment {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cores: availableParallelism(),
    os: `${type()} ${release()}`,
    runtime: `Node ${process.version}`,
    adapter: gpu.profile.description,
    kernels,
    loadAverage: loadavg()[0] ?? 0,
  };
}

/** Progress, on stderr: results alone go to stdout. */
export function progress(text: string): void {
  remark(text);
}
