/** Types of test-results.mjs, for the tests. */

export interface VitestReport {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

export function countResults(
  results: VitestReport | null,
  options: { readonly status: number | null; readonly countSkipped: boolean },
): { readonly passed: number; readonly failed: number };
