/**
 * Blocks that WGSL must repeat, since a module is one file: `// twin NAME` … `// end twin NAME` in each file that has the block. After the
 * name stands what may differ: `// twin NAME: ours = theirs, numbers` says that this file's word `ours` is `theirs` in the others, and that
 * numbers are each file's own.
 */

/** A line of code without its comment. */
interface CodeLine {
  readonly number: number;
  readonly code: string;
  /** The twin it stands in. */
  readonly twin: string | undefined;
}

interface TwinBlock {
  readonly name: string;
  readonly file: string;
  readonly renamed: ReadonlyMap<string, string>;
  readonly ownNumbers: boolean;
  readonly lines: CodeLine[];
}

interface MarkedFile {
  readonly lines: readonly CodeLine[];
  readonly blocks: readonly TwinBlock[];
  readonly problems: readonly string[];
}

const startPattern = /^\s*\/\/ twin ([^:]+)(?:: (.+))?$/;
const endPattern = /^\s*\/\/ end twin (.+)$/;

/** The code of a file and the twins marked in it. */
function readMarks(file: string, source: string): MarkedFile {
  const lines: CodeLine[] = [];
  const blocks: TwinBlock[] = [];
  const problems: string[] = [];
  let open: TwinBlock | undefined;
  source.split('\n').forEach((text, index) => {
    const [, name, differences = ''] = startPattern.exec(text) ?? [];
    const [, ended] = endPattern.exec(text) ?? [];
    if (name !== undefined) {
      if (open !== undefined) problems.push(`${file}: twin '${name}' begins within '${open.name}'`);
      open = openBlock(name, file, differences);
      blocks.push(open);
    } else if (ended !== undefined) {
      if (ended !== open?.name) problems.push(`${file}: twin '${ended}' ends where it has not begun`);
      open = undefined;
    } else {
      const code = text
        .replace(/\/\/.*/, '')
        .trim()
        .replace(/\s+/g, ' ');
      if (code === '') return;
      const line = { number: index + 1, code, twin: open?.name };
      lines.push(line);
      open?.lines.push(line);
    }
  });
  if (open !== undefined) problems.push(`${file}: twin '${open.name}' never ends`);
  return { lines, blocks, problems };
}

function openBlock(name: string, file: string, differences: string): TwinBlock {
  const words = differences.split(', ').filter((word) => word !== '' && word !== 'numbers');
  const renamed = new Map(words.map((word) => pairOf(word.split(' = '))));
  return { name, file, renamed, ownNumbers: differences.split(', ').includes('numbers'), lines: [] };
}

function pairOf([ours = '', theirs = '']: readonly string[]): readonly [string, string] {
  return [ours, theirs];
}

/** What a line says once what may differ is taken out. */
function meaningOf({ renamed }: TwinBlock, code: string, ownNumbers: boolean): string {
  const words = code.replace(/[A-Za-z_]\w*/g, (word) => renamed.get(word) ?? word);
  return ownNumbers ? words.replace(/\b\d[\w.]*/g, 'NUMBER') : words;
}

/** Marks that are not in order, twins without another, and twins that have come apart; files by name. */
export function twinProblems(files: ReadonlyMap<string, string>): readonly string[] {
  const marked = [...files].map(([file, source]) => readMarks(file, source));
  const blocks = marked.flatMap((each) => each.blocks);
  const problems = marked.flatMap((each) => each.problems);
  for (const name of new Set(blocks.map((block) => block.name))) {
    const [first, ...others] = blocks.filter((block) => block.name === name);
    if (first === undefined) continue;
    if (others.length === 0) problems.push(`${first.file}: twin '${name}' has no other`);
    for (const other of others) {
      const difference = firstDifference(first, other);
      if (difference !== undefined) problems.push(`twin '${name}' has come apart: ${difference}`);
    }
  }
  return problems;
}

function firstDifference(first: TwinBlock, other: TwinBlock): string | undefined {
  const ownNumbers = first.ownNumbers || other.ownNumbers;
  for (let i = 0; i < Math.max(first.lines.length, other.lines.length); i++) {
    const [a, b] = [first.lines[i], other.lines[i]];
    const isSame =
      a !== undefined &&
      b !== undefined &&
      meaningOf(first, a.code, ownNumbers) === meaningOf(other, b.code, ownNumbers);
    if (!isSame) return `${placeOf(first, a)} against ${placeOf(other, b)}`;
  }
  return undefined;
}

function placeOf({ file }: TwinBlock, line: CodeLine | undefined): string {
  return line === undefined ? `the end in ${file}` : `${file}:${line.number} '${line.code}'`;
}

/** Runs of at least so many lines of code that two files share and neither marks. */
export function unmarkedRuns(files: ReadonlyMap<string, string>, least: number): readonly string[] {
  const marked = [...files].map(([file, source]) => ({ file, lines: readMarks(file, source).lines }));
  return marked.flatMap((a, index) => marked.slice(index + 1).flatMap((b) => runsOf(a, b, least)));
}

interface FileLines {
  readonly file: string;
  readonly lines: readonly CodeLine[];
}

function runsOf(a: FileLines, b: FileLines, least: number): readonly string[] {
  const isShared = (i: number, j: number): boolean => {
    const [left, right] = [a.lines[i], b.lines[j]];
    return left !== undefined && left.twin === undefined && right?.twin === undefined && left.code === right?.code;
  };
  const runs: string[] = [];
  for (let i = 0; i < a.lines.length; i++) {
    for (let j = 0; j < b.lines.length; j++) {
      if (!isShared(i, j) || isShared(i - 1, j - 1)) continue;
      let length = 1;
      while (isShared(i + length, j + length)) length += 1;
      if (length >= least)
        runs.push(`${length} lines at ${a.file}:${a.lines[i]?.number} and ${b.file}:${b.lines[j]?.number}`);
    }
  }
  return runs;
}
