/** Where a benchmark in a browser runs, in few words: what a reader of its figures needs, and nothing that tells users apart. */

import type { Environment } from '../../bench/report.ts';
import type { Gpu } from '../../core/gpu.ts';

const browsers: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/Edg\/(\d+)/, 'Edge'],
  [/OPR\/(\d+)/, 'Opera'],
  [/Firefox\/(\d+)/, 'Firefox'],
  [/(?:Headless)?Chrome\/(\d+)/, 'Chrome'],
  [/Version\/(\d+).*Safari/, 'Safari'],
];

const systems: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/Windows NT/, 'Windows'],
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Mac OS X/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
];

/** `Chrome 140`; `a browser` where the user agent names none we know. */
export function browserName(userAgent: string): string {
  for (const [pattern, name] of browsers) {
    const version = pattern.exec(userAgent)?.[1];
    if (version !== undefined) return `${name} ${version}`;
  }
  return 'a browser';
}

export function systemName(userAgent: string): string {
  return systems.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'an unknown system';
}

export function describeBrowser(
  gpu: Gpu,
  { userAgent, cores }: { readonly userAgent: string; readonly cores: number },
): Environment {
  return {
    date: new Date().toISOString(),
    cpu: undefined,
    cores,
    os: systemName(userAgent),
    runtime: browserName(userAgent),
    adapter: gpu.profile.description,
    kernels: 'auto',
    loadAverage: undefined,
  };
}
