/** The command line of `npm run lecture`, parsed, and how much work each form of it is. */

import { Command } from 'commander';
import { examplePath } from '../../src/cli/paths.ts';
import { InputError } from '../../src/core/errors.ts';
import { parseNumber } from '../../src/core/numbers.ts';
import { type SectionId, sectionIds } from './section.ts';

/** How large the pictures are and how many evaluations each experiment may spend. */
export interface Effort {
  /** Longest side of every picture but where another is named. */
  readonly size: number;
  /** Of the optimisers' race and the rate finder. */
  readonly raceSize: number;
  /** Of the progressive resizing. */
  readonly largeSize: number;
  /** Evaluations of one run of each section. */
  readonly content: number;
  readonly style: number;
  readonly noise: number;
  readonly transfer: number;
  readonly race: number;
  readonly finder: number;
  readonly resizing: number;
  readonly batchNorm: number;
}

/** For a GPU: the sizes of the lecture and more, minutes. */
const full: Effort = {
  size: 384,
  raceSize: 256,
  largeSize: 512,
  content: 300,
  style: 400,
  noise: 300,
  transfer: 400,
  race: 300,
  finder: 100,
  resizing: 400,
  batchNorm: 400,
};

/** For a CPU: a quarter of an hour on two cores with lavapipe, which docs/lecture.md has the measurement of. */
const quick: Effort = {
  size: 112,
  raceSize: 80,
  largeSize: 160,
  content: 70,
  style: 70,
  noise: 50,
  transfer: 100,
  race: 80,
  finder: 50,
  resizing: 80,
  batchNorm: 80,
};

export interface LectureOptions {
  readonly output: string;
  /** Where finished runs are kept; beside the page. */
  readonly kept: string;
  readonly effort: Effort;
  readonly isQuick: boolean;
  readonly sections: readonly SectionId[];
  readonly content: string;
  readonly style: string;
  /** Converted VGG16-BN weights. */
  readonly batchNorm: string | undefined;
  /** Converted weights of Inception v3. */
  readonly inception: string | undefined;
  readonly adapter: string | undefined;
  /** Runs kept from before are not used. */
  readonly fresh: boolean;
}

interface Given {
  readonly output: string;
  readonly quick?: true;
  readonly only?: string;
  readonly content: string;
  readonly style: string;
  readonly size?: number;
  readonly evaluations?: number;
  readonly bn?: string;
  readonly inception?: string;
  readonly adapter?: string;
  readonly fresh?: true;
}

/** @throws InputError or a CommanderError for what makes no sense. */
export function parseLecture(args: readonly string[]): LectureOptions {
  const whole = (option: string, from: number, to: number) => (text: string) =>
    parseNumber(option, text, { from, to, whole: true });
  const given = new Command('npm run lecture --')
    .description('the style-transfer lecture as one page: every schedule, experiment and comparison, computed here')
    .option('-o, --output <file>', 'the page; finished runs are kept in a folder beside it', 'out/lecture.html')
    .option('--quick', 'small pictures, for the CPU: a quarter of an hour (the full form is sized for a GPU)')
    .option('--only <sections>', `some of ${sectionIds.join(', ')}, separated by commas`)
    .option('--content <file>', 'the photograph', examplePath('chelsea.png'))
    .option('--style <file>', 'the painting', examplePath('great_wave.jpg'))
    .option('--size <pixels>', 'longest side of every picture, instead of those of the form', whole('--size', 32, 2048))
    .option('--evaluations <n>', 'of every run, instead of those of the form', whole('--evaluations', 1, 100_000))
    .option('--bn <file>', 'VGG16 with batch normalisation, converted with `npm run convert`, to compare with')
    .option('--inception <file>', 'Inception v3, converted with `npm run convert`, to reconstruct from')
    .option('--adapter <name>', "part of an adapter's name (default: the driver's first choice)")
    .option('--fresh', 'compute everything again, also what an earlier run has kept')
    .allowExcessArguments(false)
    .exitOverride()
    .parse([...args], { from: 'user' })
    .opts<Given>();
  const form = given.quick === true ? quick : full;
  return {
    output: given.output,
    kept: `${given.output.replace(/\.html?$/, '')}-runs`,
    effort: withOverrides(form, given),
    isQuick: given.quick === true,
    sections: given.only === undefined ? sectionIds : parseSections(given.only),
    content: given.content,
    style: given.style,
    batchNorm: given.bn,
    inception: given.inception,
    adapter: given.adapter,
    fresh: given.fresh === true,
  };
}

function withOverrides(form: Effort, { size, evaluations }: Given): Effort {
  const sizes = size === undefined ? {} : { size, raceSize: size, largeSize: size };
  if (evaluations === undefined) return { ...form, ...sizes };
  const all = { content: evaluations, style: evaluations, noise: evaluations, transfer: evaluations };
  const rest = { race: evaluations, finder: evaluations, resizing: evaluations, batchNorm: evaluations };
  return { ...form, ...sizes, ...all, ...rest };
}

/** In the lecture's order. @throws InputError naming the sections there are. */
function parseSections(text: string): readonly SectionId[] {
  const wanted = text.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => !sectionIds.some((id) => id === name));
  if (unknown !== undefined) throw new InputError(`--only names '${unknown}'; expected ${sectionIds.join(', ')}`);
  return sectionIds.filter((id) => wanted.includes(id));
}
