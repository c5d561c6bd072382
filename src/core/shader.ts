/**
 * Turns a complete WGSL module into the variant that a pipeline wants. Three things and no more, so that every file in
 * `shaders/` stays valid WGSL as it stands:
 *
 * 1. Header constants. Between `// header` and `// end header` a line `const NAME: u32 = 8u;` may get another value.
 *    What varies per pipeline and sizes a private array cannot be an `override`, hence this.
 * 2. Marked loops. A `for (var i = 0u; i < BOUND; i++) {` directly below a line `// unroll` is written out, its variable
 *    replaced by literals. BOUND is an expression of literals and header constants. lavapipe keeps an array in registers
 *    only when its indices are literals before WGSL is parsed (factor 4 on the matrix product). A `subgroupShuffle` whose
 *    lane has become a literal is written as the `subgroupBroadcast` it then is: with 16 lanes, lavapipe takes 27 ns for the
 *    one and 1 ns for the other, and WGSL does not allow a broadcast from a loop's variable.
 * 3. Stored types. In the header a line `alias Input = f32;` may become `f16`, for the binding `input`, which then reads
 *    half as many bytes; `enable f16;` is put in front. The module converts what it loads and stores (`f32(…)`, `Input(…)`).
 */

import { ShapeError } from './errors.ts';

/** Values of constants, and `f16` for aliases that shall not be f32. */
export type HeaderConstants = Readonly<Record<string, number | 'f16'>>;

const headerPattern = /\/\/ header\n([\s\S]*?)\/\/ end header/;
const constantPattern = /^const ([A-Z][A-Z0-9_]*): u32 = ([^;\n]+);(.*)$/gm;
const aliasPattern = /^alias ([A-Z]\w*) = f32;/gm;
const loopPattern = /^([ \t]*)\/\/ unroll\n[ \t]*for \(var (\w+) = 0u; \2 < ([^;\n]+); \2\+\+\) \{\n/m;

/** The alias that says how a binding's values are stored. */
export function storedTypeAlias(binding: string): string {
  return binding.charAt(0).toUpperCase() + binding.slice(1);
}

/** A module made of a file, and where its lines come from. */
export interface SpecialisedShader {
  readonly code: string;
  /** For each line of the code the line of the file, both counted from 0. */
  readonly origins: readonly number[];
}

/** The code of {@link specialise}. */
export function specialiseShader(fileName: string, source: string, constants: HeaderConstants = {}): string {
  return specialise(fileName, source, constants).code;
}

/** A place in a file of `shaders/`; line and column count from 1. */
export interface ShaderPlace {
  readonly line: number;
  readonly column: number;
  /** The line of the file. */
  readonly text: string;
  /** What the rules made of it. */
  readonly compiled: string;
}

/** Where in the file stands what a compiler found at `line` and `column` (from 1) of the code. */
export function placeInFile(
  source: string,
  { code, origins }: SpecialisedShader,
  { line, column }: Pick<ShaderPlace, 'line' | 'column'>,
): ShaderPlace {
  const compiled = code.split('\n')[line - 1] ?? '';
  const origin = origins[line - 1] ?? line - 1;
  const text = source.split('\n')[origin] ?? '';
  return { line: origin + 1, column: columnInFile(column, compiled, text), text, compiled };
}

/** Counted from the line's begin or, behind all that was replaced, from its end; within it, where the two lines part. */
function columnInFile(column: number, compiled: string, text: string): number {
  const [short, long] = [Math.min(compiled.length, text.length), Math.max(compiled.length, text.length)];
  let before = 0;
  while (before < short && compiled[before] === text[before]) before += 1;
  if (column <= before || before === long) return column;
  let after = 0;
  while (after < short - before && compiled.at(-1 - after) === text.at(-1 - after)) after += 1;
  return column > compiled.length - after ? column + text.length - compiled.length : before + 1;
}

/** Applies the rules. @throws ShapeError when a value has no line in the header or a marked loop is malformed. */
export function specialise(fileName: string, source: string, constants: HeaderConstants = {}): SpecialisedShader {
  const values = new Map<string, number>();
  const unknown = new Set(Object.keys(constants));
  const header = headerPattern.exec(source);
  let text = source;
  if (header?.[1] !== undefined) {
    const body = header[1]
      .replace(constantPattern, (_line, name: string, initial: string, rest: string) => {
        unknown.delete(name);
        const given = constants[name];
        const value = typeof given === 'number' ? given : evaluate(fileName, initial, values);
        values.set(name, value);
        return `const ${name}: u32 = ${value}u;${rest}`;
      })
      .replace(aliasPattern, (line, name: string) => {
        unknown.delete(name);
        return constants[name] === 'f16' ? `alias ${name} = f16;` : line;
      });
    text = source.replace(headerPattern, () => `// header\n${body}// end header`);
    // On the first line, so that the others keep their numbers.
    if (Object.values(constants).includes('f16')) text = `enable f16; ${text}`;
  }
  for (const name of unknown) {
    const line = constants[name] === 'f16' ? `alias ${name} = f32;` : `const ${name}: u32 = …;`;
    throw new ShapeError(`${fileName}: its header has no line '${line}' that could take another value`);
  }
  const { code, origins } = unrollLoops(fileName, text, values);
  return { code: broadcastLiterals(code), origins };
}

/** `subgroupShuffle(x, 3u)` is `subgroupBroadcast(x, 3u)`; the lane may be an expression of literals and header constants. */
function broadcastLiterals(source: string): string {
  const nested = String.raw`(?:[^(),]|\([^()]*\))+`;
  const call = new RegExp(String.raw`\bsubgroupShuffle\((${nested}), (${nested})\)`, 'g');
  return source.replace(call, (whole, value: string, lane: string) =>
    /^(?:\d+u|[A-Z][A-Z0-9_]*|[\s()*/%+])+$/.test(lane) ? `subgroupBroadcast(${value}, ${lane})` : whole,
  );
}

/** Writes out marked loops, outermost first, until none is left. */
function unrollLoops(fileName: string, source: string, values: ReadonlyMap<string, number>): SpecialisedShader {
  let text = source;
  let origins: readonly number[] = source.split('\n').map((_, line) => line);
  for (let match = loopPattern.exec(text); match !== null; match = loopPattern.exec(text)) {
    const [opening, indent = '', variable = '', bound = ''] = match;
    const bodyStart = match.index + opening.length;
    const bodyEnd = matchingBrace(fileName, text, bodyStart);
    const body = text.slice(bodyStart, bodyEnd);
    const count = evaluate(fileName, bound, values);
    const name = new RegExp(`\\b${variable}\\b`, 'g');
    const copies = Array.from({ length: count }, (_, index) => `${indent}{\n${body.replace(name, `${index}u`)}}\n`);
    const rest = text.slice(bodyEnd + 1);
    // A copy's lines are those of the loop from its `for` to its closing brace.
    const mark = linesIn(text.slice(0, match.index));
    const end = mark + 2 + linesIn(body);
    const copied = copies.flatMap(() => origins.slice(mark + 1, end + 1));
    origins = [...origins.slice(0, mark), ...copied, ...origins.slice(rest.startsWith('\n') ? end + 1 : end)];
    text = text.slice(0, match.index) + copies.join('') + rest.replace(/^\n/, '');
  }
  if (/^[ \t]*\/\/ unroll$/m.test(text)) {
    throw new ShapeError(
      `${fileName}: '// unroll' stands above something else than 'for (var i = 0u; i < BOUND; i++) {'`,
    );
  }
  return { code: text, origins };
}

function linesIn(text: string): number {
  return text.split('\n').length - 1;
}

/** The position of the `}` that closes the block whose inside begins at `start`. */
function matchingBrace(fileName: string, text: string, start: number): number {
  let depth = 1;
  for (let position = start; position < text.length; position++) {
    const character = text[position];
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (depth === 0) return position;
  }
  throw new ShapeError(`${fileName}: a loop marked '// unroll' has no closing brace`);
}

/** Evaluates `8u`, `KC` and products or quotients of them, left to right. */
function evaluate(fileName: string, expression: string, values: ReadonlyMap<string, number>): number {
  const tokens = expression.match(/\w+|[*/()]/g) ?? [];
  let position = 0;
  const atom = (): number => {
    const token = tokens[position++] ?? '';
    if (token === '(') {
      const inner = product();
      position += 1;
      return inner;
    }
    return /^\d+u?$/.test(token) ? Number.parseInt(token, 10) : (values.get(token) ?? Number.NaN);
  };
  const product = (): number => {
    let result = atom();
    while (tokens[position] === '*' || tokens[position] === '/') {
      const operator = tokens[position++];
      const right = atom();
      result = operator === '*' ? result * right : Math.floor(result / right);
    }
    return result;
  };
  const result = product();
  if (!Number.isInteger(result) || position !== tokens.length) {
    throw new ShapeError(`${fileName}: cannot evaluate '${expression.trim()}' from literals and header constants`);
  }
  return result;
}
