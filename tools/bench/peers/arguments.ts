/** The command line of `npm run bench:peers`, parsed. */

import { Command } from 'commander';
import type { Size } from '../../../src/bench/pictures.ts';
import { InputError } from '../../../src/core/errors.ts';
import { parseSizes } from '../arguments.ts';
import { type KernelChoice, parseKernels } from '../open-gpu.ts';

export interface PeersOptions {
  readonly json: string | undefined;
  readonly markdown: boolean;
  readonly install: boolean;
  readonly adapter: string | undefined;
  readonly kernels: KernelChoice;
  readonly sizes: readonly Size[];
  readonly rounds: number;
  /** For TensorFlow.js, which takes tens of times as long; among `sizes`. */
  readonly slowSizes: readonly Size[];
  readonly slowRounds: number;
}

interface Given {
  readonly json?: string;
  readonly markdown?: true;
  readonly install?: true;
  readonly adapter?: string;
  readonly kernels: string;
  readonly sizes: string;
  readonly rounds: string;
  readonly tfjsSizes: string;
  readonly tfjsRounds: string;
}

/** Parses; prints help and ends the process where asked for. @throws InputError */
export function parsePeers(args: readonly string[]): PeersOptions {
  const given = new Command('npm run bench:peers --')
    .description('Loss and gradient by us, PyTorch (CPU) and TensorFlow.js (WebGPU), interleaved in one run.')
    .option('--json <file>', 'write everything measured as JSON')
    .option('--markdown', 'print the table as Markdown for the README')
    .option('--install', "first install TensorFlow.js into the user's cache folder")
    .option('--adapter <name>', "part of an adapter's name, for example llvmpipe")
    .option('--kernels <family>', 'our kernels: direct, lanes, tiles or auto', 'auto')
    .option('--sizes <sizes>', 'pictures', '64,128x96,128,256x192')
    .option('--rounds <count>', 'evaluations of each at each size', '9')
    .option('--tfjs-sizes <sizes>', 'pictures for TensorFlow.js, among --sizes', '64,128x96,128')
    .option('--tfjs-rounds <count>', 'its evaluations at each size', '2')
    .addHelpText(
      'after',
      '\nIMPASTO_PYTHON names a Python with torch and numpy; python3 on the PATH is tried otherwise.',
    )
    .exitOverride()
    .parse([...args], { from: 'user' })
    .opts<Given>();
  return {
    json: given.json,
    markdown: given.markdown === true,
    install: given.install === true,
    adapter: given.adapter,
    kernels: parseKernels(given.kernels),
    sizes: parseSizes('--sizes', given.sizes),
    rounds: parseCount('--rounds', given.rounds),
    slowSizes: parseSizes('--tfjs-sizes', given.tfjsSizes),
    slowRounds: parseCount('--tfjs-rounds', given.tfjsRounds),
  };
}

function parseCount(option: string, text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= 1000) return value;
  throw new InputError(`${option} is '${text}'; expected a whole number from 1 to 1000`);
}
