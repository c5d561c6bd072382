/** Types of browser.mjs, for the tests. */

export function findBrowser(env?: Readonly<Record<string, string | undefined>>, platform?: string): string | null;
export function runsBrowserTests(env?: Readonly<Record<string, string | undefined>>): boolean;
export function browserAdvice(): string;
