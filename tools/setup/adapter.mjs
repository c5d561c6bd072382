/** The WebGPU adapter: is there one, and if not, install Vulkan's CPU driver where we know how, or say what to do. */

import { fileURLToPath } from 'node:url';

import { installWithApt, isRoot, mayInstall, readSystem } from './apt.mjs';
import { SetupError, say } from './report.mjs';
import { run } from './run.mjs';
import { driverPlan, manualCommand } from './system.mjs';

const probeScript = fileURLToPath(new URL('./probe-adapter.mjs', import.meta.url));

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

  if (!mayInstall()) {
    const command = manualCommand(plan, { isRoot: isRoot() });
    throw new SetupError(
      `no WebGPU adapter found${overrideHint()}; install Vulkan's CPU driver (lavapipe) with\n  ${command}`,
    );
  }
  say(
    `no WebGPU adapter found: installing Vulkan's CPU driver, lavapipe (${plan.packages.join(', ')}${plan.from}) ...`,
  );
  await installWithApt(plan, 'the driver');
  const again = await probeAdapter();
  if (again.status !== 'found') {
    throw new SetupError(
      `${plan.packages.join(', ')} installed, but there is still no WebGPU adapter${overrideHint()}: ${again.message}`,
    );
  }
  say(`WebGPU adapter: ${again.info.description}`);
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
