/** The options that say what computes: weights, adapter, kernels. */

import type { Command } from 'commander';
import { type KernelFamily, kernelFamilies } from '../kernels/preference.ts';
import { checkChoice, orList } from '../settings/names.ts';

/** As commander collects them. */
export interface EngineArguments {
  readonly weights?: string;
  readonly adapter?: string;
  readonly kernels?: KernelFamily | 'auto';
  readonly lowMemory?: boolean;
}

const kernelChoices: readonly (KernelFamily | 'auto')[] = ['auto', ...kernelFamilies];

/** Adds the options of {@link EngineArguments}. */
export function addEngineOptions(command: Command): Command {
  return command
    .optionsGroup('Engine:')
    .option('--weights <file>', 'converted weights (default: the bundled VGG16)')
    .option('--adapter <name>', "part of an adapter's name, as llvmpipe (default: the driver's first choice)")
    .option('--kernels <family>', `of the hot operations: ${orList(kernelChoices)} (default: auto)`, (text: string) =>
      checkChoice('--kernels', text, kernelChoices),
    )
    .option(
      '--low-memory',
      'kernels whose weights take less than half the memory, a little slower (default: when memory is short)',
    );
}
