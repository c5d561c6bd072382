/** The order of the setup's steps; what each step does is in packages.mjs, adapter.mjs and browser.mjs. */

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { installDriver, probeAdapter } from './adapter.mjs';
import { canInstallBrowser, findBrowser, installBrowser } from './browser.mjs';
import { withLock } from './lock.mjs';
import { installPackages, packagesProblem } from './packages.mjs';
import { SetupError, say } from './report.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Runs the setup; on a problem it says so in words and leaves exit status 1. */
export async function main(args) {
  const wanted = {
    adapter: !args.includes('--no-adapter'),
    dev: args.includes('--dev'),
    browser: args.includes('--browser'),
  };
  try {
    if (await isReady(wanted)) return;
    // Two commands typed at once must not both run `npm ci`: the second waits, then looks again.
    await withLock(path.join(root, '.cache', 'setup.lock'), say, () => makeReady(wanted));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`Impasto setup: ${error.message}`);
    process.exitCode = 1;
  }
}

async function isReady({ adapter, dev, browser }) {
  if (packagesProblem(root, { dev }) !== null) return false;
  if (browser && findBrowser() === null && canInstallBrowser()) return false;
  return !adapter || (await probeAdapter()).status === 'found';
}

async function makeReady({ adapter, dev, browser }) {
  const problem = packagesProblem(root, { dev });
  if (problem !== null) await installPackages(root, problem);
  if (adapter) {
    const probe = await probeAdapter();
    if (probe.status !== 'found') await installDriver(probe);
  }
  if (browser && findBrowser() === null && canInstallBrowser()) await installBrowser();
}
