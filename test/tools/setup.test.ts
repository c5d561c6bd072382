/** The setup's decisions: what counts as installed, and which commands bring a driver to which system. */

import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRoot, mayInstall } from '../../tools/setup/apt.mjs';
import { findBrowser, runsBrowserTests } from '../../tools/setup/browser.mjs';
import { withLock } from '../../tools/setup/lock.mjs';
import { compareLocks, npmCommand } from '../../tools/setup/packages.mjs';
import {
  type AptPlan,
  browserPlan,
  driverPlan,
  hasSuite,
  manualCommand,
  parseOsRelease,
} from '../../tools/setup/system.mjs';

const bookworm = { ID: 'debian', VERSION_ID: '12', VERSION_CODENAME: 'bookworm' };
const backportsLine = 'deb http://deb.debian.org/debian bookworm-backports main';

function planFor(osRelease: Readonly<Record<string, string>>, aptSources: readonly string[] = []): AptPlan {
  const plan = driverPlan({ osRelease, aptSources });
  if (plan === null) throw new Error('expected a plan');
  return plan;
}

describe('the Node version', () => {
  it('that setup.mjs asks for is the one in package.json', () => {
    const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    expect(read('tools/setup.mjs')).toContain(`const MINIMUM_NODE = '${engines.node.replace('>=', '')}';`);
  });
});

describe('parseOsRelease', () => {
  it('reads names and values, with either quotes or none, past comments and empty lines', () => {
    const text =
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n\n# a comment\nID=debian\nID_LIKE=\'a b\'\nURL="https://x/?a=b"\n';
    expect(parseOsRelease(text)).toEqual({
      PRETTY_NAME: 'Debian GNU/Linux 12 (bookworm)',
      ID: 'debian',
      ID_LIKE: 'a b',
      URL: 'https://x/?a=b',
    });
  });
});

describe('driverPlan', () => {
  it('takes Mesa from backports on Debian 12 and adds the source', () => {
    const plan = planFor(bookworm);
    expect(plan.source?.line).toBe(backportsLine);
    expect(plan.installArgs.join(' ')).toMatch(/install .*-t bookworm-backports mesa-vulkan-drivers libvulkan1$/);
  });

  it('adds no source on Debian 12 where backports is switched on already', () => {
    expect(planFor(bookworm, [backportsLine]).source).toBeNull();
  });

  it.each([
    ['Debian 13', { ID: 'debian', VERSION_CODENAME: 'trixie' }],
    ['Ubuntu', { ID: 'ubuntu', ID_LIKE: 'debian', VERSION_CODENAME: 'noble' }],
    ['a child of Ubuntu', { ID: 'pop', ID_LIKE: 'ubuntu debian', VERSION_CODENAME: 'jammy' }],
  ])("takes the distribution's own packages on %s", (_name, osRelease) => {
    const plan = planFor(osRelease);
    expect(plan.source).toBeNull();
    expect(plan.installArgs).not.toContain('-t');
    expect(plan.installArgs.slice(-2)).toEqual(['mesa-vulkan-drivers', 'libvulkan1']);
  });

  it.each([[{ ID: 'fedora' }], [{ ID: 'alpine' }], [{}]])('knows no way on %o', (osRelease) => {
    expect(driverPlan({ osRelease, aptSources: [] })).toBeNull();
  });
});

describe('browserPlan', () => {
  it.each([
    ['Debian 12', bookworm],
    ['a child of Debian', { ID: 'raspbian', ID_LIKE: 'debian' }],
  ])("takes Debian's Chromium on %s", (_name, osRelease) => {
    expect(browserPlan({ osRelease })?.installArgs.join(' ')).toMatch(/install --no-install-recommends chromium /);
  });

  it.each([[{ ID: 'ubuntu', ID_LIKE: 'debian' }], [{ ID: 'pop', ID_LIKE: 'ubuntu debian' }], [{ ID: 'fedora' }], [{}]])(
    'knows no way on %o',
    (osRelease) => {
      expect(browserPlan({ osRelease })).toBeNull();
    },
  );
});

describe('findBrowser', () => {
  it('takes what IMPASTO_BROWSER names, and an empty name for none', () => {
    expect(findBrowser({ IMPASTO_BROWSER: '/opt/chrome', PATH: '/usr/bin' })).toBe('/opt/chrome');
    expect(findBrowser({ IMPASTO_BROWSER: '', PATH: '/usr/bin' })).toBeNull();
  });

  it('takes the first on the PATH that can be run', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'impasto-browser-'));
    await writeFile(path.join(folder, 'chromium'), '');
    expect(findBrowser({ PATH: folder }, 'linux')).toBeNull();
    await chmod(path.join(folder, 'chromium'), 0o755);
    expect(findBrowser({ PATH: `/nowhere:${folder}` }, 'linux')).toBe(path.join(folder, 'chromium'));
    await rm(folder, { recursive: true });
  });
});

describe('runsBrowserTests', () => {
  it('leaves them out where there is no browser, but not in CI', () => {
    expect(runsBrowserTests({ IMPASTO_BROWSER: '' })).toBe(false);
    expect(runsBrowserTests({ IMPASTO_BROWSER: '', CI: 'true' })).toBe(true);
    expect(runsBrowserTests({ IMPASTO_BROWSER: '/opt/chrome' })).toBe(true);
  });
});

describe('mayInstall', () => {
  it.each(['1', 'true', 'yes'])('forbids with IMPASTO_NO_INSTALL=%s', (value) => {
    expect(mayInstall({ IMPASTO_NO_INSTALL: value })).toBe(false);
  });

  it.each(['', '0', undefined])('leaves it to root with IMPASTO_NO_INSTALL=%s', (value) => {
    expect(mayInstall({ IMPASTO_NO_INSTALL: value })).toBe(isRoot());
  });
});

describe('hasSuite', () => {
  const deb822 =
    'Types: deb\nURIs: http://deb.debian.org/debian\nSuites: bookworm bookworm-backports\nComponents: main\n';

  it.each([
    ['one-line format', backportsLine],
    ['one-line format with options', `deb [signed-by=/x.gpg] http://mirror bookworm-backports main`],
    ['deb822 format', deb822],
  ])('finds a suite in %s', (_name, text) => {
    expect(hasSuite(['', text], 'bookworm-backports')).toBe(true);
  });

  it.each([
    ['a comment', `# ${backportsLine}`],
    ['a stanza that is switched off', `Enabled: no\n${deb822}`],
    ['a suite of a longer name', backportsLine.replace('backports', 'backports-sloppy')],
    ['source packages only', backportsLine.replace('deb ', 'deb-src ')],
  ])('does not take %s for it', (_name, text) => {
    expect(hasSuite([text], 'bookworm-backports')).toBe(false);
  });
});

describe('manualCommand', () => {
  it('is one command under sudo', () => {
    expect(manualCommand(planFor(bookworm), { isRoot: false })).toBe(
      `sudo sh -c "echo '${backportsLine}' > /etc/apt/sources.list.d/impasto-bookworm-backports.list && ` +
        'apt-get update && apt-get install -y -t bookworm-backports mesa-vulkan-drivers libvulkan1"',
    );
  });

  it('does without sudo for root', () => {
    expect(manualCommand(planFor({ ID: 'ubuntu' }), { isRoot: true })).toBe(
      'apt-get update && apt-get install -y mesa-vulkan-drivers libvulkan1',
    );
  });
});

describe('compareLocks', () => {
  const wanted = {
    packages: {
      '': { version: '0.1.0' },
      'node_modules/webgpu': { version: '1.0.0' },
      'node_modules/vitest': { version: '4.0.0', dev: true },
      'node_modules/fsevents': { version: '2.0.0', optional: true },
    },
  };
  const runtime = { 'node_modules/webgpu': { version: '1.0.0' } };
  const all = { ...runtime, 'node_modules/vitest': { version: '4.0.0', dev: true } };
  const exists = () => true;

  it('is content with a complete install that lacks builds for other platforms', () => {
    expect(compareLocks(wanted, { packages: all }, { dev: true, exists })).toBeNull();
  });

  it('misses development packages only when they are asked for', () => {
    expect(compareLocks(wanted, { packages: runtime }, { dev: false, exists })).toBeNull();
    expect(compareLocks(wanted, { packages: runtime }, { dev: true, exists })).toBe('vitest is missing');
  });

  it('sees no install, another version, and a folder that is gone', () => {
    expect(compareLocks(wanted, null, { dev: false, exists })).toMatch(/missing or incomplete/);
    const older = { packages: { 'node_modules/webgpu': { version: '0.9.0' } } };
    expect(compareLocks(wanted, older, { dev: false, exists })).toBe('webgpu is 0.9.0, package-lock.json says 1.0.0');
    expect(compareLocks(wanted, { packages: all }, { dev: true, exists: () => false })).toBe('webgpu is missing');
  });
});

describe('npmCommand', () => {
  it('prefers the npm that runs us, and takes no other package manager for it', () => {
    const npm = '/usr/lib/node_modules/npm/bin/npm-cli.js';
    expect(npmCommand({ npm_execpath: npm }, 'win32')).toEqual({
      command: process.execPath,
      prefix: [npm],
      shell: false,
    });
    expect(npmCommand({ npm_execpath: '/opt/yarn/bin/yarn.js' }, 'linux').command).toBe('npm');
    expect(npmCommand({}, 'win32').shell).toBe(true);
  });
});

describe('withLock', () => {
  async function inFolder(test: (lock: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(path.join(tmpdir(), 'impasto-lock-'));
    await test(path.join(folder, 'lock'));
    await rm(folder, { recursive: true });
  }

  it('passes the result on and frees the lock, also after an error', () =>
    inFolder(async (lock) => {
      await expect(
        withLock(
          lock,
          () => {},
          () => Promise.reject(new Error('no')),
        ),
      ).rejects.toThrow('no');
      expect(
        await withLock(
          lock,
          () => {},
          async () => 7,
        ),
      ).toBe(7);
    }));

  it('takes over from an owner that no longer lives', () =>
    inFolder(async (lock) => {
      await mkdir(lock);
      await writeFile(path.join(lock, 'owner'), '999999999');
      expect(
        await withLock(
          lock,
          () => {},
          async () => 'mine',
        ),
      ).toBe('mine');
    }));

  it('waits for a living owner, and says so once', () =>
    inFolder(async (lock) => {
      await mkdir(lock);
      // The parent of this worker lives as long as the test does.
      await writeFile(path.join(lock, 'owner'), String(process.ppid));
      const said: string[] = [];
      const release = setTimeout(() => void rm(lock, { recursive: true }), 500);
      await withLock(
        lock,
        (line) => said.push(line),
        async () => {},
      );
      clearTimeout(release);
      expect(said).toHaveLength(1);
    }));
});
