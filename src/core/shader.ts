/**
 * Turns a complete WGSL module into the variant that a pipeline wants. Two things and no more, so that every file in
 * `shaders/` stays valid WGSL as it stands:
 *
 * 1. Header constants. Between `// header` and `// end header` a line `const NAME: u32 = 8u;` may get another value.
 *    What varies per pipeline and sizes a private array cannot be an `override`, hence this.
 * 2. Marked loops. A `for (var i = 0u; i < BOUND; i++) {` directly below a line `// unroll` is written out, its variable
 *    replaced by literals. BOUND is an expression of literals and header constants. lavapipe keeps an array in registers
 *    only when its indices are literals before WGSL is parsed (factor 4 on the matrix product). A `subgroupShuffle` whose
 *    lane has become a literal is written as the `subgroupBroadcast` it then is: with 16 lanes, lavapipe takes 27 ns for the
 *    one and 1 ns for the other, and WGSL does not allow a broadcast from a loop's variable.
 */

import { ShapeError } from './errors.ts';

export type HeaderConstants = Readonly<Record<string, number>>;

const headerPattern = /\/\/ header\n([\s\S]*?)\/\/ end header/;
const constantPattern = /^const ([A-Z][A-Z0-9_]*): u32 = ([^;]+);(.*)$/gm;
const loopPattern = /^([ \t]*)\/\/ unroll\n[ \t]*for \(var (\w+) = 0u; \2 < ([^;]+); \2\+\+\) \{\n/m;

/** Applies both rules. @throws ShapeError when a constant has no line in the header or a marked loop is malformed. */
export function specialiseShader(fileName: string, source: string, constants: HeaderConstants = {}): string {
  const values = new Map<string, number>();
  const unknown = new Set(Object.keys(constants));
  const header = headerPattern.exec(source);
  let text = source;
  if (header?.[1] !== undefined) {
    const body = header[1].replace(constantPattern, (_line, name: string, initial: string, rest: string) => {
      unknown.delete(name);
      const value = constants[name] ?? evaluate(fileName, initial, values);
      values.set(name, value);
      return `const ${name}: u32 = ${value}u;${rest}`;
    });
    text = source.replace(headerPattern, () => `// header\n${body}// end header`);
  }
  for (const name of unknown) {
    throw new ShapeError(`${fileName}: its header has no line 'const ${name}: u32 = …;' that could take a value`);
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
