/** Installing a plan's packages with apt, as root only; what a plan holds is in system.mjs. */

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { lastLines, SetupError } from './report.mjs';
import { run } from './run.mjs';
import { manualCommand, parseOsRelease } from './system.mjs';

const aptFolder = '/etc/apt';

export function isRoot() {
  return process.getuid?.() === 0;
}

/** Whether the setup may install system packages by itself: as root, unless IMPASTO_NO_INSTALL says no, by whatever but 0 or nothing. */
export function mayInstall(env = process.env) {
  return isRoot() && ['', '0'].includes(env.IMPASTO_NO_INSTALL ?? '');
}

/** What a plan is made from: which Linux this is, and where its packages come from. */
export function readSystem() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return { osRelease: parseOsRelease(release), aptSources: readAptSources() };
}

/** @throws SetupError saying what apt-get said, when `what` could not be installed. */
export async function installWithApt(plan, what) {
  if (plan.source !== null) writeFileSync(plan.source.file, `${plan.source.line}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // An update may fail over a source that has nothing to do with us; whether it mattered shows in the install.
  const update = await run('apt-get', plan.updateArgs, { env });
  const install = await run('apt-get', plan.installArgs, { env });
  if (install.status === 0) return;
  if (plan.source !== null) rmSync(plan.source.file, { force: true });
  const updateOutput = update.status === 0 ? '' : update.output;
  const byHand = manualCommand(plan, { isRoot: true });
  throw new SetupError(
    `apt-get could not install ${what}:\n${lastLines(updateOutput + install.output)}\n` +
      `Check the network and apt's sources, then run the command again, or type\n  ${byHand}`,
  );
}

/** The texts of all files apt reads its sources from. */
function readAptSources() {
  const files = [path.join(aptFolder, 'sources.list')];
  const folder = path.join(aptFolder, 'sources.list.d');
  if (existsSync(folder)) {
    const names = readdirSync(folder).filter((name) => /\.(list|sources)$/.test(name));
    files.push(...names.map((name) => path.join(folder, name)));
  }
  return files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'));
}
