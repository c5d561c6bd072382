/** Types of system.mjs, for the tests. */

/** How apt brings something to this system. */
export interface AptPlan {
  readonly packages: readonly string[];
  /** Where from and why, for the message; empty for the distribution's own packages. */
  readonly from: string;
  /** The apt source file to write first, null when none is needed. */
  readonly source: { readonly file: string; readonly line: string } | null;
  readonly target: readonly string[];
  readonly updateArgs: readonly string[];
  readonly installArgs: readonly string[];
}

export function parseOsRelease(text: string): Readonly<Record<string, string>>;
export function driverPlan(system: {
  readonly osRelease: Readonly<Record<string, string>>;
  readonly aptSources: readonly string[];
}): AptPlan | null;
export function browserPlan(system: { readonly osRelease: Readonly<Record<string, string>> }): AptPlan | null;
export function hasSuite(aptSources: readonly string[], suite: string): boolean;
export function manualCommand(plan: AptPlan, options: { readonly isRoot: boolean }): string;
