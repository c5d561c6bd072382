/**
 * Which family of hot kernels an adapter runs (docs/decisions/0008-kernel-families.md, 0012-tiles-family.md):
 * `direct` anywhere, `lanes` on adapters that are a CPU, `tiles` on GPUs. A backend is pure data, so that planning needs no
 * device.
 */

import { InputError } from '../core/errors.ts';
import type { AdapterProfile, Gpu, KernelFamily } from '../core/gpu.ts';

export interface DirectBackend {
  readonly family: 'direct';
}

export interface LanesBackend {
  readonly family: 'lanes';
  /** The adapter's one subgroup size. */
  readonly lanes: number;
}

export interface TilesBackend {
  readonly family: 'tiles';
}

/** The family that operations run in wherever it has a kernel for their shape; `direct` takes the rest. */
export type Backend = DirectBackend | LanesBackend | TilesBackend;

/** Subgroup sizes the `lanes` kernels are written for. */
const laneCounts: readonly number[] = [4, 8, 16];

/** The lane count for an adapter, or undefined where the `lanes` family cannot run (no fixed subgroup size). */
export function lanesOf({ subgroupSize }: AdapterProfile): number | undefined {
  return subgroupSize !== undefined && laneCounts.includes(subgroupSize) ? subgroupSize : undefined;
}

/**
 * The backend of an adapter: the family asked for, else `tiles` on a GPU, `lanes` on a CPU that has them, else `direct`.
 *
 * @throws InputError where the family asked for cannot run.
 */
export function backendFor(profile: AdapterProfile, wanted?: KernelFamily): Backend {
  const lanes = lanesOf(profile);
  const usual = profile.isSoftware ? (lanes === undefined ? 'direct' : 'lanes') : 'tiles';
  const family = wanted ?? usual;
  if (family !== 'lanes') return { family };
  if (lanes === undefined) {
    throw new InputError(
      `the lanes kernels need one subgroup size of ${laneCounts.join(', ')}, which ${profile.description} does not have; ` +
        'choose direct or tiles',
    );
  }
  return { family, lanes };
}

/** The backend of an open device. @throws InputError where the family its owner asked for cannot run. */
export function backendOf({ profile, kernelFamily }: Gpu): Backend {
  return backendFor(profile, kernelFamily);
}
