/**
 * Which family of hot kernels an adapter runs (docs/decisions/0008-kernel-families.md, 0012-tiles-family.md):
 * `direct` anywhere, `lanes` on adapters that are a CPU, `tiles` on GPUs. A backend is pure data, so that planning needs no
 * device.
 */

import { InputError, ShapeError } from '../core/errors.ts';
import type { AdapterProfile, Gpu } from '../core/gpu.ts';
import { knownVariants } from './known-adapters.ts';
import { type KernelFamily, KernelPreference, type MeasuredVariants } from './preference.ts';

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
  /** Leaves out what needs more than twice the memory of the weights themselves: Winograd's F(4x4, 3x3). */
  readonly lowMemory?: true;
};

/** Subgroup sizes the `lanes` kernels are written for. */
const laneCounts: readonly number[] = [4, 8, 16];

/** The lane count for an adapter, or undefined where the `lanes` family cannot run (no fixed subgroup size). */
export function lanesOf({ subgroupSize }: AdapterProfile): number | undefined {
  return subgroupSize !== undefined && laneCounts.includes(subgroupSize) ? subgroupSize : undefined;
}

/** The adapter's lanes, for kernels that are recorded on it. @throws ShapeError where it has none. */
export function lanesOfGpu({ profile }: Gpu): number {
  const lanes = lanesOf(profile);
  if (lanes === undefined)
    throw new ShapeError(`lanes kernels need a subgroup size that ${profile.description} does not have`);
  return lanes;
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

type Owner = Pick<Gpu, 'profile' | 'kernelPreference'>;

const noPreference = new KernelPreference();

/** What a device's owner asked for; nothing where it said nothing. */
function preferenceOf({ kernelPreference }: Owner): KernelPreference {
  if (kernelPreference === undefined) return noPreference;
  if (kernelPreference instanceof KernelPreference) return kernelPreference;
  throw new ShapeError('kernelPreference of a Gpu: expected a KernelPreference, got something else');
}

/** Why an open device runs what it runs. */
export function choiceOriginOf(owner: Owner): ChoiceOrigin {
  const { family, measured } = preferenceOf(owner);
  if (family !== undefined) return 'option';
  if (measured !== undefined) return 'tune';
  return knownVariants(owner.profile) === undefined ? 'default' : 'known adapter';
}

/**
 * The backend of an open device: the family its owner asked for; else what was measured on this adapter, on such an
 * adapter, or the usual family.
 *
 * @throws InputError where the family asked for cannot run.
 */
export function backendOf(owner: Owner): Backend {
  const { family, measured, lowMemory } = preferenceOf(owner);
  const backend: Backend = { ...backendFor(owner.profile, family), ...(lowMemory ? { lowMemory } : {}) };
  if (family !== undefined) return backend;
  const best = measured ?? knownVariants(owner.profile);
  return best === undefined ? backend : { ...backend, measured: best };
}

/** What an operation's variants have in common, as far as the choice among them goes. */
export interface Variant<Problem> {
  /** How a person, and a table of measurements, calls it. */
  readonly name: string;
  /** The family it is one of. */
  readonly family: KernelFamily;
  /** Whether its family takes it for a problem that it fits, where nothing was measured; always when absent. */
  readonly suits?: (problem: Problem) => boolean;
}

/** What is asked of the choice. */
export interface VariantQuestion<Problem> {
  readonly problem: Problem;
  /** Of the map, height times width: what is fastest depends on it, where weights are most of what is read. */
  readonly positions: number;
  /** What a table of measurements calls it; absent for what none knows. */
  readonly operation: string | undefined;
}

/**
 * The variant among those that can run: what was measured fastest for the operation at this size; else the first one of the backend's
 * family that suits the problem; else the first of all, which is `direct`.
 *
 * @throws ShapeError where none can run.
 */
export function chooseVariant<Problem, Chosen extends Variant<Problem>>(
  { family, measured }: Backend,
  { problem, positions, operation }: VariantQuestion<Problem>,
  variants: readonly Chosen[],
): Chosen {
  const fastest = operation === undefined ? [] : (measured?.get(operation) ?? []);
  const name = fastest.find(({ mostPositions }) => positions <= mostPositions)?.variant;
  const chosen =
    variants.find((variant) => variant.name === name) ??
    variants.find((variant) => variant.family === family && variant.suits?.(problem) !== false) ??
    variants[0];
  if (chosen === undefined) throw new ShapeError(`${operation ?? 'an operation'}: no kernel can run its shape`);
  return chosen;
}

/** The adapter's lanes, as far as the backend uses them. */
export function lanesOfBackend(backend: Backend): number | undefined {
  return backend.family === 'lanes' ? backend.lanes : undefined;
}
