/** The device of a benchmark: an adapter by name, exact timestamps, a family of kernels. */

import { InputError } from '../../src/core/errors.ts';
import type { Gpu } from '../../src/core/gpu.ts';
import { type KernelFamily, kernelFamilies } from '../../src/kernels/preference.ts';
import { openGpu } from '../../src/platform/node/gpu.ts';

export type KernelChoice = KernelFamily | 'auto';

/** @throws InputError naming the families. */
export function parseKernels(text: string): KernelChoice {
  const choices: readonly KernelChoice[] = ['auto', ...kernelFamilies];
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new InputError(`--kernels is '${text}'; expected ${choices.join(', ')}`);
  return found;
}

/** Opens the device; the caller disposes it, or ends the process. @throws DeviceError without an adapter. */
export async function openBenchGpu(options: {
  readonly adapter?: string | undefined;
  readonly kernels: KernelChoice;
}): Promise<Gpu> {
  const { adapter, kernels } = options;
  return openGpu({
    exactTimestamps: true,
    ...(adapter === undefined ? {} : { adapter }),
    ...(kernels === 'auto' ? {} : { kernelFamily: kernels }),
  });
}
