/** What every file has to keep: its length, a first line that says what it is, tests that run, no machine's paths. */

import { describe, expect, it } from 'vitest';

import { codeOnly, listFiles, readSource } from './source.ts';

const LINES_MAX = 400;

const sources = listFiles('src', ['.ts', '.mts', '.tsx']);
const shaders = listFiles('shaders', ['.wgsl']);
const tests = listFiles('test', ['.ts']);
const tools = listFiles('tools', ['.ts', '.mts', '.mjs', '.js']);
const documents = listFiles('docs', ['.md']);
const decisions = listFiles('docs/decisions', ['.md']);

/** The files, in one line each, in which `find` finds something. */
function offenders(files: readonly string[], find: (text: string, file: string) => string | null): readonly string[] {
  return files.flatMap((file) => {
    const found = find(readSource(file), file);
    return found === null ? [] : [`${file}: ${found}`];
  });
}

describe('files', () => {
  it('are found where the tests look for them', () => {
    for (const list of [sources, shaders, tests, tools]) expect(list.length).toBeGreaterThan(0);
  });

  it(`have fewer than ${LINES_MAX} lines`, () => {
    const tooLong = offenders([...sources, ...shaders, ...tests, ...tools], (text) => {
      const lines = text.trimEnd().split('\n').length;
      return lines < LINES_MAX ? null : `${lines} lines`;
    });
    expect(tooLong).toEqual([]);
  });

  it('say in their first lines what they are', () => {
    const silent = offenders([...sources, ...tools], (text) => {
      const opening = text.split('\n').slice(0, 3).join('\n');
      return /^\s*(\/\*\*|\/\/)/m.test(opening) ? null : 'no comment in the first three lines';
    });
    expect(silent).toEqual([]);
  });

  it('name no path of one machine', () => {
    const pattern = /(?<![\w.~/-])\/(?:work|tmp|root|home|Users)\/[^\s'"`)]*/;
    const paths = offenders(
      [...sources, ...shaders, ...tools, ...documents],
      (text) => pattern.exec(text)?.[0] ?? null,
    );
    expect(paths).toEqual([]);
  });
});

describe('tests', () => {
  it('all run: none is left out, none leaves others out', () => {
    const pattern = /\b(?:it|test|describe|suite)(?:\.\w+)*\.(?:only|skip|skipIf|runIf|todo)\b/;
    expect(offenders(tests, (text) => pattern.exec(codeOnly(text))?.[0] ?? null)).toEqual([]);
  });
});

describe('decisions', () => {
  it('are named NNNN-what-was-decided.md', () => {
    const pattern = /^docs\/decisions\/(\d{4}-[a-z0-9-]+|README)\.md$/;
    expect(decisions.filter((file) => !pattern.test(file))).toEqual([]);
  });

  it('each have a number of their own', () => {
    const numbers = decisions.flatMap((file) => /(\d{4})-[^/]*$/.exec(file)?.[1] ?? []);
    expect(numbers).toEqual([...new Set(numbers)]);
  });
});
