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
const constantPattern = /^const ([A-Z][A-Z0-9_]*): u32 = ([^;]+);(.*)$/gm;
const aliasPattern = /^alias ([A-Z]\w*) = f32;/gm;
const loopPattern = /^([ \t]*)\/\/ unroll\n[ \t]*for \(var (\w+) = 0u; \2 < ([^;]+); \2\+\+\) \{\n/m;

/** The alias that says how a binding's values are stored. */
export function storedTypeAlias(binding: string): string {
  return binding.charAt(0).toUpperCase() + binding.slice(1);
}

/** Applies the rules. @throws ShapeError when a value has no line in the header or a marked loop is malformed. */
export function specialiseShader(fileName: string, source: string, constants: HeaderConstants = {}): string {
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
  return broadcastLiterals(unrollLoops(fileName, text, values));
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
function unrollLoops(fileName: string, source: string, values: ReadonlyMap<string, number>): string {
  let text = source;
  for (let match = loopPattern.exec(text); match !== null; match = loopPattern.exec(text)) {
    const [opening, indent = '', variable = '', bound = ''] = match;
    const bodyStart = match.index + opening.length;
    const bodyEnd = matchingBrace(fileName, text, bodyStart);
    const body = text.slice(bodyStart, bodyEnd);
    const count = evaluate(fileName, bound, values);
    const name = new RegExp(`\\b${variable}\\b`, 'g');
    const copies = Array.from({ length: count }, (_, index) => `${indent}{\n${body.replace(name, `${index}u`)}}\n`);
    text = text.slice(0, match.index) + copies.join('') + text.slice(bodyEnd + 1).replace(/^\n/, '');
  }
  if (/^[ \t]*\/\/ unroll$/m.test(text)) {
    throw new ShapeError(
      `${fileName}: '// unroll' stands above something else than 'for (var i = 0u; i < BOUND; i++) {'`,
    );
  }
  return text;
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
