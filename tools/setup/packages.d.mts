/** Types of packages.mjs, for the tests. */

export interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

export function compareLocks(
  wanted: Lock,
  installed: Lock | null,
  options: { readonly dev: boolean; readonly exists: (place: string) => boolean },
): string | null;
export function npmCommand(
  env: Readonly<Record<string, string | undefined>>,
  platform: string,
): { readonly command: string; readonly prefix: readonly string[]; readonly shell: boolean };
