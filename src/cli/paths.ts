/** Names of result files: defaults, snapshots, and the refusal to write over what is being read. */

import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, format, join, parse, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, messageOf } from '../core/errors.ts';

/** Folder of results that were given no name. */
export const defaultFolder = 'out';

/** A picture in `examples/`, seen from the current folder. */
export function examplePath(name: string): string {
  return seenFromHere(fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)));
}

/** An absolute path, relative where it lies in the current folder. */
export function seenFromHere(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}

/** `out/<content>-<style>.png`, with every style's name. */
export function defaultOutput(content: string, styles: readonly string[]): string {
  return join(defaultFolder, `${[content, ...styles].map((path) => parse(path).name).join('-')}.png`);
}

/** `out/cat-0050.png` for `out/cat.png`. */
export function snapshotPath(output: string, evaluation: number): string {
  const { dir, name, ext } = parse(output);
  return format({ dir, name: `${name}-${String(evaluation).padStart(4, '0')}`, ext });
}

/** Creates the folder of a file, for outputs whose name we chose. @throws InputError */
export async function createFolderOf(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw new InputError(
      `${path}: its folder could not be created (${messageOf(error)}); name another output with -o`,
      { cause: error },
    );
  }
}

/** @throws InputError when an output is one of the files to be read, or two outputs are the same file. */
export async function refuseOverwriting(outputs: readonly string[], inputs: readonly string[]): Promise<void> {
  const read = new Map<string, string>();
  for (const input of inputs) read.set(await canonical(input), input);
  const written = new Map<string, string>();
  for (const output of outputs) {
    const path = await canonical(output);
    const input = read.get(path);
    if (input !== undefined) {
      throw new InputError(`${output}: would be written over ${input}, which is read; choose another output path`);
    }
    if (written.has(path)) throw new InputError(`${output}: is named for two outputs; choose another path for one`);
    written.set(path, output);
  }
}

/** @throws InputError when a snapshot of `output` could be written over one of the files to be read. */
export async function refuseSnapshotsOver(output: string, inputs: readonly string[]): Promise<void> {
  const { dir, name, ext } = parse(await canonical(output));
  for (const input of inputs) {
    const read = parse(await canonical(input));
    const evaluation = read.name.startsWith(`${name}-`) ? read.name.slice(name.length + 1) : '';
    if (read.dir === dir && read.ext === ext && /^\d{4,}$/.test(evaluation)) {
      throw new InputError(`${input}: a snapshot of ${output} may be written over it; choose another output path`);
    }
  }
}

async function canonical(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    // Not there yet: its folder may still be reached by a link.
    const folder = await realpath(dirname(path)).catch(() => resolve(dirname(path)));
    return join(folder, basename(path));
  }
}
