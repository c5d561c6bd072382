/** Which packages bring lavapipe and Chromium to which Linux, and the commands for it. Pure: reads nothing, runs nothing. */

const DRIVER_PACKAGES = ['mesa-vulkan-drivers', 'libvulkan1'];
const BROWSER_PACKAGES = ['chromium', 'fonts-liberation'];
const BACKPORTS = 'bookworm-backports';

/** The variables of /etc/os-release, quotes removed. */
export function parseOsRelease(text) {
  const entries = [];
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z0-9_]+)=(.*?)\s*$/.exec(line);
    if (match === null) continue;
    const [, name, value] = match;
    entries.push([name, value.replace(/^(["'])(.*)\1$/, '$2')]);
  }
  return Object.fromEntries(entries);
}

/**
 * How apt brings lavapipe to this system; null where it is not Debian, Ubuntu or a child of them.
 *
 * Debian 12's own Mesa is 22.3, which Dawn refuses: there it has to be Mesa 25 from backports, whether or not the old
 * one is installed. `source` is the apt source file to write first, null when backports is already among the sources.
 */
export function driverPlan({ osRelease, aptSources }) {
  const family = [osRelease.ID, ...(osRelease.ID_LIKE ?? '').split(' ')];
  if (!family.includes('debian') && !family.includes('ubuntu')) return null;
  const isBookworm = osRelease.VERSION_CODENAME === 'bookworm';
  return {
    from: isBookworm ? ` from ${BACKPORTS}, as Debian 12's own Mesa is too old` : '',
    source: isBookworm && !hasSuite(aptSources, BACKPORTS) ? backportsSource() : null,
    ...aptArguments(DRIVER_PACKAGES, isBookworm ? ['-t', BACKPORTS] : []),
  };
}

/**
 * How apt brings Chromium to this system; null where it does not: Ubuntu's package of that name is a snap, which a container
 * cannot run.
 */
export function browserPlan({ osRelease }) {
  const family = [osRelease.ID, ...(osRelease.ID_LIKE ?? '').split(' ')];
  if (!family.includes('debian') || family.includes('ubuntu')) return null;
  return { from: '', source: null, ...aptArguments(BROWSER_PACKAGES, []) };
}

function aptArguments(packages, target) {
  const options = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  return {
    packages,
    target,
    updateArgs: [...options, 'update'],
    installArgs: [...options, 'install', '--no-install-recommends', ...target, ...packages],
  };
}

/** Whether a suite is switched on in any of apt's source files, in either of their formats (one-line, deb822). */
export function hasSuite(aptSources, suite) {
  return aptSources.some((text) => {
    const stanzas = text.replace(/^\s*#.*\n?/gm, '').split(/\n\s*\n/);
    return stanzas.some((stanza) => {
      if (/^Enabled:\s*(no|false|off|0)\s*$/im.test(stanza)) return false;
      const lines = stanza.split('\n');
      return lines.some((line) => /^(deb\s|Suites:)/i.test(line.trim()) && line.split(/\s+/).includes(suite));
    });
  });
}

/** The one command a person types for the same effect. */
export function manualCommand(plan, { isRoot }) {
  const steps = [
    ...(plan.source === null ? [] : [`echo '${plan.source.line}' > ${plan.source.file}`]),
    'apt-get update',
    ['apt-get install -y', ...plan.target, ...plan.packages].join(' '),
  ].join(' && ');
  return isRoot ? steps : `sudo sh -c "${steps}"`;
}

function backportsSource() {
  return {
    file: `/etc/apt/sources.list.d/impasto-${BACKPORTS}.list`,
    line: `deb http://deb.debian.org/debian ${BACKPORTS} main`,
  };
}
