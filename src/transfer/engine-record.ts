/** What computes a run, in a few words that say whether another one would compute the same bits. */

import type { Gpu } from '../core/gpu.ts';
import { type KernelFamily, KernelPreference } from '../kernels/preference.ts';
import { tapsOf } from '../objective/terms.ts';
import type { Tile } from '../objective/tiled-plan.ts';
import { describeTiling } from '../objective/tiling.ts';
import { bytesSource, sha256Of } from '../weights/byte-source.ts';
import type { PreparedRun } from './prepare.ts';
import type { EngineRecord } from './run-record.ts';

/**
 * @param family The one asked for.
 * @param tile As asked for.
 */
export async function engineRecordOf(
  { profile, kernelPreference }: Pick<Gpu, 'profile' | 'kernelPreference'>,
  { scales, settings }: PreparedRun,
  family: KernelFamily | 'auto',
  tile: Tile = 'auto',
): Promise<EngineRecord> {
  const names = scales.flatMap(({ kernels, plan: { way, bands, history, tiling } }) => [
    `${way} ${bands} ${history} ${tiling === undefined ? '' : describeTiling(tiling)}`,
    ...kernels.layers.flatMap(({ variants }) => [variants.forward.name, variants.backward.name]),
    ...tapsOf(settings.objective).map((tap) => kernels.tap(tap).gram.name),
  ]);
  return {
    adapter: profile.description,
    kernels: await sha256Of(bytesSource('kernels', new TextEncoder().encode(names.join()))),
    family,
    tile,
    lowMemory: kernelPreference instanceof KernelPreference && kernelPreference.lowMemory,
  };
}

/** Whether the two compute the same bits. */
export function isSameEngine(one: EngineRecord, other: EngineRecord): boolean {
  return one.adapter === other.adapter && one.kernels === other.kernels;
}
