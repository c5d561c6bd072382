/** Versions: Impasto's own and those of the packages it runs on. */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The version in Impasto's package.json. */
export function impastoVersion(): string {
  return versionIn(fileURLToPath(new URL('../../package.json', import.meta.url))) ?? 'unknown';
}

/** The version of an installed package; undefined when it is not installed. */
export function packageVersion(name: string): string | undefined {
  let folder: string;
  try {
    folder = dirname(createRequire(import.meta.url).resolve(name));
  } catch {
    return undefined;
  }
  // A package need not export its package.json, so it is looked for above the file that it does export.
  while (folder !== dirname(folder)) {
    const file = join(folder, 'package.json');
    const version = existsSync(file) ? versionIn(file) : undefined;
    if (version !== undefined) return version;
    folder = dirname(folder);
  }
  return undefined;
}

function versionIn(file: string): string | undefined {
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const isNamed = typeof content === 'object' && content !== null && 'version' in content;
  return isNamed && typeof content.version === 'string' ? content.version : undefined;
}
