/** What the owner of a device asks of the choice of kernels: the one thing about them that a front door says. Pure. */

/** Families of the hot kernels; `family.ts` says which one an adapter runs. */
export const kernelFamilies = ['direct', 'lanes', 'tiles'] as const;
export type KernelFamily = (typeof kernelFamilies)[number];

/** The variant that was measured fastest, by name, on maps of at most so many positions. */
export interface FastestVariant {
  readonly variant: string;
  readonly mostPositions: number;
}

/** By operation, such as `conv2d_forward conv3_1`: the fastest variants, smaller maps first. Nothing is said of maps larger than the last one's. */
export type MeasuredVariants = ReadonlyMap<string, readonly FastestVariant[]>;

export interface KernelWishes {
  /** The family asked for; undefined leaves the choice to the engine. */
  readonly family?: KernelFamily | undefined;
  /** What is known to be fastest on this adapter; only asked where `family` leaves the choice. */
  readonly measured?: MeasuredVariants | undefined;
  /** Whether kernels whose weights take little memory are to be preferred to faster ones. */
  readonly lowMemory?: boolean | undefined;
}

/** A class, so that whoever is handed a device can tell what it carries. */
export class KernelPreference {
  readonly family: KernelFamily | undefined;
  readonly measured: MeasuredVariants | undefined;
  readonly lowMemory: boolean;

  constructor({ family, measured, lowMemory = false }: KernelWishes = {}) {
    this.family = family;
    this.measured = measured;
    this.lowMemory = lowMemory;
  }
}
