/** The browser of the browser tests: where it is, and if it is nowhere, Debian's package or what to do. */

import { accessSync, constants } from 'node:fs';
import path from 'node:path';

import { installWithApt, isRoot, mayInstall, readSystem } from './apt.mjs';
import { SetupError, say } from './report.mjs';
import { browserPlan, manualCommand } from './system.mjs';

const NAMES = ['chromium', 'google-chrome-stable', 'google-chrome', 'chromium-browser'];

/** Where installers put it on systems that do not keep programs on the PATH. */
const PLACES = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA'].map((name) =>
    path.join(process.env[name] ?? 'C:\\', 'Google', 'Chrome', 'Application', 'chrome.exe'),
  ),
};

/**
 * The path of Chrome or Chromium; null where there is none. IMPASTO_BROWSER names one; empty, it says that there is none.
 *
 * @returns {string | null}
 */
export function findBrowser(env = process.env, platform = process.platform) {
  if (env.IMPASTO_BROWSER !== undefined) return env.IMPASTO_BROWSER === '' ? null : env.IMPASTO_BROWSER;
  const folders = (env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const places = folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name)));
  return [...places, ...(PLACES[platform] ?? [])].find(isProgram) ?? null;
}

/** Whether the tests in a browser are part of a run: where there is one, and in CI, where they then fail. */
export function runsBrowserTests(env = process.env) {
  return findBrowser(env) !== null || env.CI === 'true';
}

/** One line that says how to get a browser. */
export function browserAdvice() {
  const plan = browserPlan(readSystem());
  const how =
    plan === null
      ? 'install Chrome or Chromium, or name one in IMPASTO_BROWSER'
      : `install Chromium with \`${manualCommand(plan, { isRoot: isRoot() })}\``;
  return `no Chrome or Chromium found; ${how}`;
}

/** Installs Chromium. Where that fails it says so and no more: the other tests can run without. */
export async function installBrowser() {
  const plan = browserPlan(readSystem());
  say(`no Chrome or Chromium found: installing ${plan.packages.join(', ')} for the browser tests ...`);
  try {
    await installWithApt(plan, 'Chromium');
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
  }
}

/** Whether apt has it, we may call apt, and nobody said by IMPASTO_BROWSER which browser to take, or none. */
export function canInstallBrowser() {
  return process.env.IMPASTO_BROWSER === undefined && mayInstall() && browserPlan(readSystem()) !== null;
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
