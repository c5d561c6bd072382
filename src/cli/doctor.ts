/** `impasto doctor`: what this machine offers, what Impasto would make of it, and what is missing. */

import { DeviceError, InputError, messageOf } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { megabytes } from '../objective/memory-plan.ts';
import { openFile } from '../platform/node/byte-source.ts';
import { weightFilePath } from '../platform/node/weight-files.ts';
import { resolveSettings } from '../settings/presets.ts';
import { type AdapterSurvey, type FamilyChoice, surveyAdapter } from '../tuning/survey.ts';
import { bundledWeights } from '../weights/bundled.ts';
import { openEngine } from './engine.ts';
import { exitStatus } from './failure.ts';
import { answer, remark } from './output.ts';
import { impastoVersion, packageVersion } from './package-info.ts';

/** As commander collects them. */
export interface DoctorArguments {
  readonly adapter?: string;
  readonly json?: boolean;
}

const shownLimits = ['maxStorageBufferBindingSize', 'maxBufferSize', 'maxStorageBuffersPerShaderStage'] as const;

interface AdapterReport {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly software: boolean;
  readonly subgroupSize: number | null;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  /** The kernel family, its lanes where it has some, and why these kernels. */
  readonly kernels: {
    readonly family: string;
    readonly lanes: number | null;
    readonly origin: AdapterSurvey['origin'];
  };
  readonly families: readonly FamilyChoice[];
  /** Most that a run plans to take. */
  readonly memoryBytes: number;
  readonly largestSquares: AdapterSurvey['largestSquares'];
}

interface Report {
  readonly versions: Readonly<Record<string, string>>;
  readonly platform: string;
  readonly adapter: AdapterReport | null;
  readonly weights: { readonly file: string; readonly checksum: 'ok' | 'wrong' | 'missing' };
  /** What is missing and how it is mended, a sentence each. */
  readonly problems: readonly string[];
}

/** Runs the command; resolves with the exit status: 1 where something is missing. */
export async function runDoctor(given: DoctorArguments): Promise<number> {
  const problems: string[] = [];
  const adapter = await inspectAdapter(given.adapter, problems);
  const weights = await inspectWeights(problems);
  const report: Report = { versions: versions(), platform: platform(), adapter, weights, problems };
  answer(...(given.json === true ? JSON.stringify(report, undefined, 2).split('\n') : describe(report)));
  for (const problem of problems) remark(`impasto: ${problem}`);
  return problems.length === 0 ? exitStatus.success : exitStatus.device;
}

async function inspectAdapter(wanted: string | undefined, problems: string[]): Promise<AdapterReport | null> {
  try {
    using gpu = await openEngine(wanted === undefined ? {} : { adapter: wanted });
    return reportAdapter(gpu);
  } catch (error) {
    if (!(error instanceof DeviceError || error instanceof InputError)) throw error;
    problems.push(messageOf(error));
    return null;
  }
}

function reportAdapter(gpu: Gpu): AdapterReport {
  const { vendor, architecture, description, isSoftware, subgroupSize } = gpu.profile;
  const { maxStorageBuffersPerShaderStage } = gpu.device.limits;
  const limits = { ...gpu.limits, maxStorageBuffersPerShaderStage };
  const { backend, origin, families, largestSquares } = surveyAdapter(gpu, resolveSettings('default'));
  return {
    vendor,
    architecture,
    description,
    software: isSoftware,
    subgroupSize: subgroupSize ?? null,
    features: [...gpu.device.features].sort(),
    limits: Object.fromEntries(shownLimits.map((name) => [name, limits[name]])),
    kernels: { family: backend.family, lanes: backend.family === 'lanes' ? backend.lanes : null, origin },
    families,
    memoryBytes: gpu.memoryBytes,
    largestSquares,
  };
}

async function inspectWeights(problems: string[]): Promise<Report['weights']> {
  const file = `weights/${bundledWeights.fileName}`;
  try {
    await using source = await openFile(weightFilePath(bundledWeights.fileName));
    if ((await source.sha256()) === bundledWeights.sha256) return { file, checksum: 'ok' };
    problems.push(`${file} is damaged, its SHA-256 is not ${bundledWeights.sha256}; check it out again`);
    return { file, checksum: 'wrong' };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(`${file} cannot be read (${messageOf(error)}); check it out again`);
    return { file, checksum: 'missing' };
  }
}

function versions(): Readonly<Record<string, string>> {
  const packages = ['webgpu', 'pngjs', 'sharp'].map((name) => [name, packageVersion(name) ?? 'not installed']);
  return { impasto: impastoVersion(), node: process.versions.node, ...Object.fromEntries(packages) };
}

function platform(): string {
  return `${process.platform} ${process.arch}`;
}

function describe({ versions, platform, adapter, weights }: Report): readonly string[] {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const rows: (readonly [string, string])[] = [
    ['versions', named.join(', ')],
    ['platform', platform],
    ...(adapter === null ? [['adapter', 'none'] as const] : describeAdapter(adapter)),
    ['weights', `${weights.file}, checksum ${weights.checksum}`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(12)}${value}`);
}

function describeAdapter(adapter: AdapterReport): readonly (readonly [string, string])[] {
  const { limits, largestSquares, memoryBytes, kernels } = adapter;
  const kind = adapter.software ? 'software: shaders run on the CPU' : 'hardware';
  const binding = megabytes(limits['maxStorageBufferBindingSize'] ?? 0);
  const buffer = megabytes(limits['maxBufferSize'] ?? 0);
  return [
    ['adapter', adapter.description],
    ['', `vendor ${adapter.vendor}, architecture ${adapter.architecture}; ${kind}`],
    ['subgroups', adapter.subgroupSize === null ? 'of no fixed size' : `of ${adapter.subgroupSize}`],
    ['features', adapter.features.join(', ')],
    [
      'limits',
      `${binding} bound at once, ${buffer} a buffer, ${limits['maxStorageBuffersPerShaderStage']} buffers a kernel`,
    ],
    ['memory', `${megabytes(memoryBytes)} may be taken (IMPASTO_DEVICE_MEMORY_MIB says how much)`],
    ...largestSquares.map(({ way, side, peakBytes }) => ['', describeSquare(wayWords[way], side, peakBytes)] as const),
    [
      'kernels',
      `${kernels.family}${kernels.lanes === null ? '' : `, ${kernels.lanes} of them`}; ${originWords[kernels.origin]}`,
    ],
    ...describeFamilies(adapter.families),
  ];
}

const wayWords: Readonly<Record<AdapterSurvey['largestSquares'][number]['way'], string>> = {
  whole: 'with maps in one piece',
  bands: 'with maps in bands of rows',
  tiles: 'in windows',
};

/** `so a square picture may have 724 pixels a side with maps in one piece (921 MiB in all)` */
function describeSquare(words: string, side: number | undefined, peakBytes: number): string {
  return side === undefined
    ? `no square picture fits ${words}`
    : `a square picture may have ${side} pixels a side ${words} (${megabytes(peakBytes)} in all)`;
}

const originWords: Readonly<Record<AdapterSurvey['origin'], string>> = {
  option: 'as told',
  tune: 'chosen by what `impasto tune` measured here',
  'known adapter': 'chosen by what was measured on such an adapter; `impasto tune` measures this one',
  default: 'nothing was measured; `impasto tune` does',
};

/** One row an operation: `conv2d forward: im2col lanes (conv1_1), winograd lanes (9 layers)`. */
function describeFamilies(choices: readonly FamilyChoice[]): readonly (readonly [string, string])[] {
  const ops = [...new Set(choices.map(({ op }) => op))];
  return ops.map((op) => {
    const ofOp = choices.filter((choice) => choice.op === op);
    const families = [...new Set(ofOp.map(({ family }) => family))].map((family) => {
      const layers = ofOp.filter((choice) => choice.family === family).map(({ layer }) => layer);
      return `${family} (${layers.length > 3 ? `${layers.length} layers` : layers.join(', ')})`;
    });
    return ['', `${op}: ${families.join(', ')}`] as const;
  });
}
