/**
 * Which family of hot kernels an adapter runs (docs/decisions/0008-kernel-families.md, 0012-tiles-family.md):
 * `direct` anywhere, `lanes` on adapters that are a CPU, `tiles` on GPUs. A backend is pure data, so that planning needs no
 * device.
 */

import { InputError } from '../core/errors.ts';
import type { AdapterProfile, Gpu, KernelFamily, MeasuredVariants } from '../core/gpu.ts';
import { knownVariants } from './known-adapters.ts';

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

/**
 * The family that operations run in wherever it has a kernel for their shape (`direct` takes the rest), and what was measured
 * to be better on this adapter.
 */
export type Backend = (DirectBackend | LanesBackend | TilesBackend) & {
  readonly measured?: MeasuredVariants;
  /** Leaves out what needs four times the weights' own memory: Winograd's F(4x4, 3x3). */
  readonly lowMemory?: true;
};

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

/** Where the choice of variants comes from, best first. */
export type ChoiceOrigin = 'option' | 'tune' | 'known adapter' | 'default';

type Owner = Pick<Gpu, 'profile' | 'kernelFamily' | 'measured'> & Partial<Pick<Gpu, 'lowMemory'>>;

/** Why an open device runs what it runs. */
export function choiceOriginOf({ profile, kernelFamily, measured }: Owner): ChoiceOrigin {
  if (kernelFamily !== undefined) return 'option';
  if (measured !== undefined) return 'tune';
  return knownVariants(profile) === undefined ? 'default' : 'known adapter';
}

/**
 * The backend of an open device: the family its owner asked for; else what was measured on this adapter, on such an
 * adapter, or the usual family.
 *
 * @throws InputError where the family asked for cannot run.
 */
export function backendOf({ profile, kernelFamily, measured, lowMemory }: Owner): Backend {
  const backend: Backend = { ...backendFor(profile, kernelFamily), ...(lowMemory === true ? { lowMemory } : {}) };
  if (kernelFamily !== undefined) return backend;
  const best = measured ?? knownVariants(profile);
  return best === undefined ? backend : { ...backend, measured: best };
}

/** The variant that was measured fastest for an operation, where it is among those that can run. */
export function measuredVariant<Variant>(
  { measured }: Backend,
  operation: string,
  variants: readonly Variant[],
  nameOf: (variant: Variant) => string,
): Variant | undefined {
  const name = measured?.get(operation);
  return name === undefined ? undefined : variants.find((variant) => nameOf(variant) === name);
}

/** The adapter's lanes, as far as the backend uses them. */
export function lanesOfBackend(backend: Backend): number | undefined {
  return backend.family === 'lanes' ? backend.lanes : undefined;
}
