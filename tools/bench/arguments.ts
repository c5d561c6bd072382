/** The command lines of `npm run bench` and `npm run bench:peers`, parsed. */

import { Command } from 'commander';
import type { Size } from '../../src/bench/pictures.ts';
import { type RowFilter, rowFilter } from '../../src/bench/report.ts';
import type { Effort } from '../../src/bench/timing.ts';
import { InputError } from '../../src/core/errors.ts';
import { type KernelChoice, parseKernels } from './open-gpu.ts';

export interface BenchOptions {
  readonly isWanted: RowFilter;
  readonly json: string | undefined;
  readonly markdown: boolean;
  readonly parts: boolean;
  readonly allVariants: boolean;
  readonly adapter: string | undefined;
  readonly kernels: KernelChoice;
  /** Kernels and shares are measured at this size. */
  readonly layerSize: Size;
  readonly sizes: readonly Size[];
  readonly firstSize: Size;
  readonly memorySize: Size;
  /** Cases with more operations are not checked: their references are slow. Undefined: nothing is checked. */
  readonly checkFlops: number | undefined;
  /** Compiled shaders of earlier runs may be used: a quicker start, but first uses then say little. */
  readonly warmCache: boolean;
  /** Of each part of the peak. */
  readonly peakEffort: Effort;
  /** Of a kernel's row. */
  readonly effort: Effort;
  /** Of a whole evaluation. */
  readonly evaluationEffort: Effort;
}

/** `256x192`, or `256` for a square. @throws InputError naming the option. */
export function parseSize(option: string, text: string): Size {
  const match = /^(\d{2,5})(?:x(\d{2,5}))?$/.exec(text);
  const [width, height] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  if (Math.min(width, height) >= 16) return { width, height };
  throw new InputError(`${option} is '${text}'; expected WIDTHxHEIGHT or SIDE, at least 16 pixels a side`);
}

/** Sizes separated by commas. @throws InputError naming the option. */
export function parseSizes(option: string, text: string): readonly Size[] {
  return text.split(',').map((each) => parseSize(option, each.trim()));
}

interface Given {
  readonly json?: string;
  readonly markdown?: true;
  readonly parts?: true;
  readonly allVariants?: true;
  readonly quick?: true;
  readonly check: boolean;
  readonly warmCache?: true;
  readonly adapter?: string;
  readonly kernels: string;
  readonly layerSize?: string;
  readonly sizes?: string;
  readonly firstSize: string;
  readonly memorySize?: string;
}

/** What is left out under `--quick`. */
const usual = { layerSize: '256x192', sizes: '64,128,256,512', memorySize: '512' };
const quick = { layerSize: '128x96', sizes: '64,128,256', memorySize: '256' };

/** Parses; prints help and ends the process where asked for. @throws InputError */
export function parseBench(args: readonly string[]): BenchOptions {
  const command = new Command('npm run bench --')
    .description(
      'Times every kernel and whole evaluations, after checking them, and says how near the adapter they come.',
    )
    .argument('[filter]', 'only rows whose name and variant match this regular expression')
    .option('--json <file>', 'write everything measured as JSON')
    .option('--markdown', 'print the summary as the Markdown table of the README')
    .option('--parts', 'list the dispatches of kernels that have several')
    .option('--all-variants', 'time every variant the adapter can run, not only direct and the one in use')
    .option('--quick', 'smaller pictures, fewer repetitions: a minute or so')
    .option('--no-check', 'time without checking the kernels first')
    .option('--warm-cache', "let the driver use its shader cache; 'first use' then says little")
    .option('--adapter <name>', "part of an adapter's name, for example llvmpipe")
    .option('--kernels <family>', 'direct, lanes, tiles or auto', 'auto')
    .option('--layer-size <size>', `picture whose layers are timed (${usual.layerSize}; quick ${quick.layerSize})`)
    .option('--sizes <sizes>', `pictures of whole evaluations (${usual.sizes}; quick ${quick.sizes})`)
    .option('--first-size <size>', 'picture of the first evaluation in a fresh process', '128')
    .option('--memory-size <size>', `picture whose memory is measured (${usual.memorySize}; quick ${quick.memorySize})`)
    .exitOverride()
    .parse([...args], { from: 'user' });
  const given = command.opts<Given>();
  const isQuick = given.quick === true;
  const preset = isQuick ? quick : usual;
  return {
    isWanted: filterOf(command.args[0]),
    json: given.json,
    markdown: given.markdown === true,
    parts: given.parts === true,
    allVariants: given.allVariants === true,
    adapter: given.adapter,
    kernels: parseKernels(given.kernels),
    layerSize: parseSize('--layer-size', given.layerSize ?? preset.layerSize),
    sizes: parseSizes('--sizes', given.sizes ?? preset.sizes),
    firstSize: parseSize('--first-size', given.firstSize),
    memorySize: parseSize('--memory-size', given.memorySize ?? preset.memorySize),
    checkFlops: given.check ? (isQuick || command.args[0] !== undefined ? 2e6 : Number.POSITIVE_INFINITY) : undefined,
    warmCache: given.warmCache === true,
    // Worth more than one row's time: every share is counted against it.
    peakEffort: isQuick ? { goalMs: 100, least: 3, most: 100 } : { goalMs: 600, least: 5, most: 100 },
    effort: isQuick ? { goalMs: 100, least: 2, most: 20 } : { goalMs: 400, least: 3, most: 100 },
    evaluationEffort: isQuick ? { goalMs: 2000, least: 3, most: 10 } : { goalMs: 8000, least: 5, most: 30 },
  };
}

function filterOf(pattern: string | undefined): RowFilter {
  try {
    return rowFilter(pattern);
  } catch (error) {
    throw new InputError(`filter '${pattern}' is not a regular expression`, { cause: error });
  }
}
