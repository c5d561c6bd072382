/**
 * `node tools/setup.mjs [--no-adapter] [--dev] [--browser]`: makes a checkout ready to run, without questions and without
 * help. It runs before `npm start`, `npm test` and their kin, and is quick when nothing is missing.
 *
 * - Node new enough?                                   otherwise one line, exit status 1
 * - node_modules as package-lock.json says?            otherwise `npm ci`
 * - a WebGPU adapter? (not with --no-adapter)          otherwise, on Debian and Ubuntu, lavapipe: Vulkan on the CPU
 * - a browser? (with --browser)                        otherwise, as root on Debian, Chromium
 *
 * `--dev` asks for the development packages too (tests and checks need them). IMPASTO_NO_INSTALL=1 forbids installing
 * system packages. This file stays in old syntax, so that an old Node gets as far as saying that it is too old.
 */

/** The `engines` entry of package.json; test/tools/setup.test.ts holds the two together. */
const MINIMUM_NODE = '20.19';

const minimum = MINIMUM_NODE.split('.').map(Number);
const running = process.versions.node.split('.').map(Number);

if (running[0] < minimum[0] || (running[0] === minimum[0] && running[1] < minimum[1])) {
  console.error(`Impasto needs Node ${MINIMUM_NODE} or newer; this is Node ${process.versions.node}.`);
  process.exit(1);
}

import('./setup/main.mjs').then((setup) => setup.main(process.argv.slice(2)));
