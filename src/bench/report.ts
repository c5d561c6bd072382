/** What a benchmark run found, as data: the shape of its JSON file. Times are milliseconds. Pure. */

import type { AdapterPeak } from './adapter-peak.ts';
import type { Summary } from './statistics.ts';

/** Where and when figures were taken; without it they mean little. */
export interface Environment {
  readonly date: string;
  /** Browsers do not say. */
  readonly cpu: string | undefined;
  readonly cores: number;
  readonly os: string;
  /** `Node v20.19.0`, `Chrome 140`. */
  readonly runtime: string;
  readonly adapter: string;
  /** The family of hot kernels that was asked for, or `auto`. */
  readonly kernels: string;
  /** Processes that wanted a core when the run began; much above 0 makes figures noisy. Browsers do not say. */
  readonly loadAverage: number | undefined;
}

/** One dispatch of a kernel of several. */
export interface PartRow {
  readonly label: string;
  readonly ms: Summary;
}

/** One kernel, or all dispatches of one layer. */
export interface KernelRow {
  readonly name: string;
  readonly variant: string;
  /** The evaluation runs this variant. */
  readonly isUsed: boolean;
  /** `ok`, or what is wrong with the results. */
  readonly check: string;
  readonly ms: Summary;
  /** Multiplications and additions of the definition, whatever a variant saves. */
  readonly flops: number | undefined;
  /** Every input read once, every output written once. */
  readonly leastBytes: number | undefined;
  readonly gflops: number | undefined;
  readonly gbs: number | undefined;
  /** The time that the measured peak would allow, over the time taken. */
  readonly peakShare: number | undefined;
  /** Of all buffers the kernel binds, weights and scratch included. */
  readonly bufferBytes: number | undefined;
  /** First run less a warm one, wall time: compiling. Pipelines that an earlier row compiled cost nothing. */
  readonly firstUseMs: number | undefined;
  readonly parts: readonly PartRow[];
}

/** A loss and gradient, from submit to idle, wall time. */
export interface EvaluationRow {
  readonly name: string;
  readonly pixels: number;
  readonly ms: Summary;
  readonly nsPerPixel: number;
}

/** Where the device's time of one evaluation goes, and what an optimiser adds to it. */
export interface ShareRow {
  readonly name: string;
  readonly ms: number;
  /** Of the evaluation. */
  readonly share: number;
}

/** From starting the process to the first loss. */
export interface FirstUseRow {
  readonly name: string;
  readonly ms: number;
  /** What the process spent it on, in order. */
  readonly parts: Readonly<Record<string, number>>;
}

export interface MemoryRow {
  readonly name: string;
  readonly peakBytes: number;
  readonly plannedBytes: number;
  /** Part of both; the same for every size. */
  readonly weightBytes: number;
  /** Peak without weights. */
  readonly bytesPerPixel: number;
  readonly plannedBytesPerPixel: number;
}

export interface Report {
  readonly environment: Environment;
  readonly peak: AdapterPeak | undefined;
  /** How many of the kernels' small cases were held against their f64 references, and which failed. */
  readonly checks: { readonly cases: number; readonly problems: readonly string[] };
  readonly kernels: readonly KernelRow[];
  readonly evaluations: readonly EvaluationRow[];
  readonly shares: readonly ShareRow[];
  readonly firstUse: readonly FirstUseRow[];
  readonly memory: readonly MemoryRow[];
}

/** The rate and the share of the peak that a time means for a kernel's cost. */
export function ratesOf(
  cost: { readonly flops?: number | undefined; readonly leastBytes?: number | undefined },
  milliseconds: number,
  peak: AdapterPeak,
): Pick<KernelRow, 'gflops' | 'gbs' | 'peakShare'> {
  const rate = (count: number | undefined) => (count === undefined ? undefined : count / milliseconds / 1e6);
  const gflops = rate(cost.flops);
  const gbs = rate(cost.leastBytes);
  const shares = [gflops && gflops / peak.gflops, gbs && gbs / peak.copyGBs].filter((share) => share !== undefined);
  return { gflops, gbs, peakShare: shares.length === 0 ? undefined : Math.max(...shares) };
}

/** Says whether a row is wanted by its printed name. */
export type RowFilter = (name: string) => boolean;

/** @throws SyntaxError when the text is no regular expression. */
export function rowFilter(pattern: string | undefined): RowFilter {
  if (pattern === undefined) return () => true;
  const expression = new RegExp(pattern);
  return (name) => expression.test(name);
}
