/** Counts what vitest's JSON report says, so that nothing that went wrong can look like a pass. */

/**
 * @param {object | null} results the report, null when vitest did not get to write one
 * @param {{ status: number | null, countSkipped: boolean }} options vitest's exit status; whether tests that did not
 *   run count as failed
 * @returns {{ passed: number, failed: number }}
 */
export function countResults(results, { status, countSkipped }) {
  if (results === null) return { passed: 0, failed: 1 };
  let passed = 0;
  let failed = 0;
  for (const file of results.testResults) {
    // A file that could not be loaded has no tests to its name, or only some.
    const failedTests = file.assertionResults.filter((test) => test.status === 'failed').length;
    if (file.status === 'failed' && failedTests === 0) failed += 1;
    failed += failedTests;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed += 1;
      else if (test.status !== 'failed' && countSkipped) failed += 1;
    }
  }
  // An error outside any test, no tests at all, or a crash after the last one.
  if (failed === 0 && (status !== 0 || passed === 0)) failed = 1;
  return { passed, failed };
}
