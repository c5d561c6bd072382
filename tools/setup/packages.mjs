/** The npm packages: are they as package-lock.json says, and if not, `npm ci`. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { firstLines, SetupError, say } from './report.mjs';
import { run } from './run.mjs';

/**
 * Why the installed packages do not serve, or null. npm keeps its own record of what it installed
 * (node_modules/.package-lock.json, written last), so an install by hand or one broken off halfway is judged rightly.
 */
export function packagesProblem(root, { dev }) {
  const wanted = readJson(path.join(root, 'package-lock.json'));
  if (wanted === null)
    throw new SetupError('package-lock.json is missing or unreadable; restore it from the repository');
  const installed = readJson(path.join(root, 'node_modules', '.package-lock.json'));
  return compareLocks(wanted, installed, { dev, exists: (place) => existsSync(path.join(root, place)) });
}

/**
 * The first difference between package-lock.json and npm's record of what is installed, in words; null without one.
 * Optional packages may be absent: most are builds for other platforms. Development packages count only with `dev`.
 */
export function compareLocks(wanted, installed, { dev, exists }) {
  if (installed === null) return 'node_modules is missing or incomplete';
  for (const [place, entry] of Object.entries(wanted.packages)) {
    const isRoot = place === '';
    if (isRoot || (entry.dev && !dev)) continue;
    const found = installed.packages?.[place];
    const name = place.replace(/^.*node_modules\//, '');
    if (found === undefined) {
      if (entry.optional || entry.devOptional) continue;
      return `${name} is missing`;
    }
    if (found.version !== entry.version) return `${name} is ${found.version}, package-lock.json says ${entry.version}`;
    if (!exists(place)) return `${name} is missing`;
  }
  return null;
}

/** Runs `npm ci`; its output is shown only when it fails. */
export async function installPackages(root, reason) {
  say(`installing the npm packages with \`npm ci\` (${reason}) ...`);
  const started = performance.now();
  const { command, prefix, shell } = npmCommand(process.env, process.platform);
  // Flags win over npm_config_* variables, which an outer `npm --silent test` or NODE_ENV=production would pass down.
  const flags = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error', '--dry-run=false', '--global=false'];
  const { status, output } = await run(command, [...prefix, 'ci', ...flags], { cwd: root, shell });
  if (status !== 0) {
    const advice = 'Once that is mended, run the command again (or `npm ci` by hand).';
    throw new SetupError(`\`npm ci\` failed (${status ?? 'not run to its end'}):\n${firstLines(output)}\n${advice}`);
  }
  const problem = packagesProblem(root, { dev: true });
  if (problem !== null) throw new SetupError(`\`npm ci\` succeeded, yet ${problem}; remove node_modules and try again`);
  say(`npm packages installed in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

/**
 * How to start npm: through the very npm that runs us where there is one (it may not be on the PATH, and on Windows `npm`
 * is a script that only a shell can start), otherwise by name. Another package manager's npm_execpath is not npm.
 */
export function npmCommand(env, platform) {
  const script = env.npm_execpath;
  if (script && /npm-cli\.c?js$/.test(script)) return { command: process.execPath, prefix: [script], shell: false };
  return { command: 'npm', prefix: [], shell: platform === 'win32' };
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
