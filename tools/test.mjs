/**
 * `npm test`: the static checks and every test; `npm test -- test/weights` hands its arguments to vitest and runs only
 * that. Without a browser, the tests in one are left out, which a line says; in CI (CI=true) they fail instead. The last
 * line is `N passed, N failed`, each check counted as one test. A skipped test counts as failed: it has shown nothing. Only
 * when tests are chosen by title (-t) are the others left out of the count.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { browserAdvice, runsBrowserTests } from './setup/browser.mjs';
import { root, runSteps, staticSteps } from './steps.mjs';
import { countResults } from './test-results.mjs';

const args = process.argv.slice(2);
const checks = args.length === 0 ? await runSteps(staticSteps) : { passed: 0, failed: 0 };
const tests = await runVitest(args);
const failed = checks.failed + tests.failed;
if (!runsBrowserTests()) console.log(`tests in a browser were not run: ${browserAdvice()}`);
console.log(`${checks.passed + tests.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function runVitest(extraArgs) {
  const folder = mkdtempSync(path.join(tmpdir(), 'impasto-test-'));
  const resultFile = path.join(folder, 'results.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultFile}`];
  const command = [path.join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...reporters, ...extraArgs];
  const status = await new Promise((resolve) => {
    const child = spawn(process.execPath, command, { cwd: root, stdio: 'inherit' });
    child.on('close', resolve);
  });
  const results = readResults(resultFile);
  rmSync(folder, { recursive: true, force: true });
  const chosenByTitle = extraArgs.some((arg) => /^(-t|--testNamePattern)(=|$)/.test(arg));
  return countResults(results, { status, countSkipped: !chosenByTitle });
}

/** vitest's report, or null when it ended before it could write one. */
function readResults(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
