/** What shaders repeat is marked, and stays the same. */

import { describe, expect, it } from 'vitest';
import { listFiles, readSource } from './source.ts';
import { twinProblems, unmarkedRuns } from './twins.ts';

const shaders = new Map(listFiles('shaders', ['.wgsl']).map((file) => [file, readSource(file)]));

/** Shorter ones are seen at a glance. */
const longestUnmarked = 11;

describe('shaders', () => {
  it('that repeat a block have it alike', () => {
    expect(twinProblems(shaders)).toEqual([]);
  });

  it('repeat no dozen lines without a mark', () => {
    expect(unmarkedRuns(shaders, longestUnmarked + 1)).toEqual([]);
  });
});

describe('twins', () => {
  const marked = (code: string, differences = ''): string =>
    `fn main() {\n  // twin sum${differences}\n${code}\n  // end twin sum\n}\n`;
  const problems = (a: string, b: string) =>
    twinProblems(
      new Map([
        ['a.wgsl', a],
        ['b.wgsl', b],
      ]),
    );
  const sum = '  let x = 4u;  // four\n\n  sum += x;';

  it.each([
    ['with other comments and other room', sum, '    let x  = 4u;\n  // all\n    sum += x;', ''],
    ['with words that are said to be others', sum, '  let value = 4u;\n  sum += value;', ': value = x'],
    ['with numbers of their own', sum, '  let x = 6u;\n  sum += x;', ': numbers'],
    ['with both', 'sum += a[3] * 0.5;', 'sum += b[4] * 0.25;', ': b = a, numbers'],
  ])('are alike %s', (_what, a, b, differences) => {
    expect(problems(marked(a), marked(b, differences))).toEqual([]);
  });

  it.each([
    ['another number', '  let x = 6u;\n  sum += x;', '', "a.wgsl:3 'let x = 4u;' against b.wgsl:3 'let x = 6u;'"],
    ['another word', '  let y = 4u;\n  sum += y;', '', "'let x = 4u;' against b.wgsl:3 'let y = 4u;'"],
    ['a word that was not said', '  let y = 4u;\n  sum += y;', ': z = x', "against b.wgsl:3 'let y = 4u;'"],
    ['another operator', '  let x = 4u;\n  sum -= x;', ': numbers', "'sum += x;' against b.wgsl:4 'sum -= x;'"],
    ['a line more', `${sum}\n  sum *= x;`, '', "the end in a.wgsl against b.wgsl:6 'sum *= x;'"],
    ['a line less', '  let x = 4u;', '', "a.wgsl:5 'sum += x;' against the end in b.wgsl"],
  ])('have come apart by %s', (_what, code, differences, message) => {
    expect(problems(marked(sum), marked(code, differences)).join()).toContain(message);
  });

  it.each([
    ['one that has no other', marked(sum), 'fn main() {}', ["a.wgsl: twin 'sum' has no other"]],
    ['one that never ends', '// twin sum\nx', marked('x'), ["a.wgsl: twin 'sum' never ends"]],
    [
      'an end of another',
      '// twin sum\nx\n// end twin all',
      marked('x'),
      ["a.wgsl: twin 'all' ends where it has not begun"],
    ],
  ])('are refused: %s', (_what, a, b, expected) => {
    expect(problems(a, b)).toEqual(expected);
  });
});

describe('unmarked runs', () => {
  const lines = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `line${from + i}();`).join('\n');
  const runs = (a: string, b: string) =>
    unmarkedRuns(
      new Map([
        ['a.wgsl', a],
        ['b.wgsl', b],
      ]),
      12,
    );

  it('are found from a dozen lines on, whatever comments stand between', () => {
    expect(runs(lines(12), `other();\n// note\n${lines(12)}\nmore();`)).toEqual(['12 lines at a.wgsl:1 and b.wgsl:3']);
    expect(runs(lines(11), lines(11))).toEqual([]);
  });

  it('end at a mark', () => {
    const marked = `${lines(6)}\n// twin some\n${lines(6, 6)}\n// end twin some`;
    expect(runs(marked, marked)).toEqual([]);
  });
});
