/** The WebGPU adapter: is there one, and if not, install Vulkan's CPU driver where we know how, or say what to do. */

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { lastLines, SetupError, say } from './report.mjs';
import { run } from './run.mjs';
import { driverPlan, manualCommand, parseOsRelease } from './system.mjs';

const probeScript = fileURLToPath(new URL('./probe-adapter.mjs', import.meta.url));
const aptFolder = '/etc/apt';

/**
 * Looks for an adapter in a process of its own.
 *
 * @returns {Promise<{ status: 'found' | 'none' | 'broken', info?: object, message?: string }>} `message` says what the
 *   driver or the module complained about
 */
export async function probeAdapter() {
  const { status, stdout, stderr } = await run(process.execPath, [probeScript], { timeoutMs: 30_000 });
  const complaint = stderr.trim().split('\n')[0] ?? '';
  if (status !== 0) return { status: 'none', message: `the driver failed: ${stderr.trim().split('\n').pop()}` };
  const answer = JSON.parse(stdout);
  return { message: complaint, ...answer };
}

/** Installs lavapipe after a probe that found nothing, or throws a SetupError that says what to do instead. */
export async function installDriver(probe) {
  if (probe.status === 'broken') throw new SetupError(`the npm module webgpu does not load: ${probe.message}`);
  if (process.platform !== 'linux') {
    throw new SetupError('no WebGPU adapter found; update the graphics driver, then run the command again');
  }
  const plan = driverPlan(readSystem());
  if (plan === null) throw new SetupError(unknownSystemAdvice());

  const isRoot = process.getuid?.() === 0;
  if (!isRoot || process.env.IMPASTO_NO_INSTALL === '1') {
    const command = manualCommand(plan, { isRoot });
    throw new SetupError(
      `no WebGPU adapter found${overrideHint()}; install Vulkan's CPU driver (lavapipe) with\n  ${command}`,
    );
  }
  await installWithApt(plan);
  const again = await probeAdapter();
  if (again.status !== 'found') {
    throw new SetupError(
      `${plan.packages.join(', ')} installed, but there is still no WebGPU adapter${overrideHint()}: ${again.message}`,
    );
  }
  say(`WebGPU adapter: ${again.info.description}`);
}

async function installWithApt(plan) {
  say(
    `no WebGPU adapter found: installing Vulkan's CPU driver, lavapipe (${plan.packages.join(', ')}${plan.from}) ...`,
  );
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
    `apt-get could not install the driver:\n${lastLines(updateOutput + install.output)}\n` +
      `Check the network and apt's sources, then run the command again, or type\n  ${byHand}`,
  );
}

function readSystem() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return { osRelease: parseOsRelease(release), aptSources: readAptSources() };
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

/** Variables that make Vulkan's loader ignore installed drivers. */
function overrideHint() {
  const set = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'].filter((name) => process.env[name]);
  return set.length === 0 ? '' : ` (${set.join(' and ')} may hide installed drivers)`;
}

function unknownSystemAdvice() {
  return (
    `no WebGPU adapter found${overrideHint()}; install a Vulkan driver for the GPU, or Mesa's CPU driver ` +
    '(Fedora: mesa-vulkan-drivers, Arch: vulkan-swrast, openSUSE: libvulkan_lvp), then run the command again'
  );
}
