/** Types of apt.mjs, for the tests. */

export function mayInstall(env?: Readonly<Record<string, string | undefined>>): boolean;
export function isRoot(): boolean;
