/** Counting vitest's report: nothing that went wrong may look like a pass. */

import { describe, expect, it } from 'vitest';
import { countResults } from '../../tools/test-results.mjs';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
});
const green = { status: 0, countSkipped: true };

describe('countResults', () => {
  it('adds up passed and failed tests over the files', () => {
    const report = { testResults: [file('passed', 'passed', 'passed'), file('failed', 'failed', 'passed')] };
    expect(countResults(report, { status: 1, countSkipped: true })).toEqual({ passed: 3, failed: 1 });
  });

  it.each(['skipped', 'pending', 'todo'])('counts a test that is %s as failed', (status) => {
    expect(countResults({ testResults: [file('passed', 'passed', status)] }, green)).toEqual({ passed: 1, failed: 1 });
  });

  it('leaves tests alone that were not chosen by title', () => {
    const report = { testResults: [file('passed', 'passed', 'skipped')] };
    expect(countResults(report, { status: 0, countSkipped: false })).toEqual({ passed: 1, failed: 0 });
  });

  it('counts a file that could not be loaded as one failure', () => {
    expect(countResults({ testResults: [file('failed')] }, { status: 1, countSkipped: true })).toEqual({
      passed: 0,
      failed: 1,
    });
  });

  it('takes no report, no tests and a bad exit status for failures', () => {
    expect(countResults(null, green).failed).toBe(1);
    expect(countResults({ testResults: [] }, green).failed).toBe(1);
    expect(countResults({ testResults: [file('passed', 'passed')] }, { status: 139, countSkipped: true }).failed).toBe(
      1,
    );
  });
});
