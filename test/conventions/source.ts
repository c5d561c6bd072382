/** Reading source files as text, for the convention tests: listing them, blanking what is not code, finding imports. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Files below a folder of the repository, as paths from its root with forward slashes; [] without such a folder. */
export function listFiles(folder: string, extensions: readonly string[]): readonly string[] {
  const entries = readdirOrNothing(path.join(root, folder));
  return entries
    .map((entry) => `${folder}/${entry.split(path.sep).join('/')}`)
    .filter((file) => extensions.some((extension) => file.endsWith(extension)))
    .filter((file) => !file.includes('/node_modules/') && !file.includes('/dist/'))
    .sort();
}

function readdirOrNothing(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}

export function readSource(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

/** Comments, string, template and regular expression literals; whichever begins first wins, as in the language. */
const tokenPattern = new RegExp(
  [
    /\/\/[^\n]*/,
    /\/\*[\s\S]*?\*\//,
    /'(?:\\.|[^'\\\n])*'/,
    /"(?:\\.|[^"\\\n])*"/,
    /`(?:\\[\s\S]|[^`\\])*`/,
    // A slash begins a regular expression only where a value may begin.
    /(?<=[(,=:[!&|?{};]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/,
  ]
    .map((pattern) => pattern.source)
    .join('|'),
  'g',
);

/** The source with comments blanked, so that strings (and with them import lines) stay. */
export function withoutComments(source: string): string {
  return source.replace(tokenPattern, (token) => (/^\/[/*]/.test(token) ? blank(token) : token));
}

/** The source with comments and literals blanked; what stands in a template's `${}` is code and stays. */
export function codeOnly(source: string): string {
  return source.replace(tokenPattern, (token) =>
    token
      .split(token.startsWith('`') ? /(\$\{[^}]*\})/ : /(?!)/)
      .map((part) => (part.startsWith('${') ? part : blank(part)))
      .join(''),
  );
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

/** One import, re-export or dynamic import. */
export interface ImportLine {
  /** As written; `(computed)` for a dynamic import of anything but a literal. */
  readonly specifier: string;
  /** `import type` or `export type`: gone at run time. */
  readonly typeOnly: boolean;
}

export function importsOf(source: string): readonly ImportLine[] {
  const text = withoutComments(source);
  const statements = /(?:^|[;}\n])\s*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s*from\s*)?(['"])([^'"\n]+)\2/g;
  const calls = /\bimport\s*\(\s*(?:(['"`])([^'"`$\n]+)\1\s*[,)])?/g;
  return [
    ...[...text.matchAll(statements)].map(([, type, , specifier = '']) => ({
      specifier,
      typeOnly: type !== undefined,
    })),
    ...[...text.matchAll(calls)].map(([, , specifier]) => ({ specifier: specifier ?? '(computed)', typeOnly: false })),
  ];
}
