import { defineConfig } from 'vitest/config';
import { runsBrowserTests } from './tools/setup/browser.mjs';

const timeouts = { testTimeout: 120_000, hookTimeout: 120_000 };

/** Small pictures keep a software adapter's two cores busy a part of the time only: most goes to compilers and to the start of processes. */
const inNode = {
  test: {
    ...timeouts,
    name: 'node',
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**'],
    maxWorkers: 2,
    sequence: { groupOrder: 0 },
  },
};

/** A browser is several processes, and some of what is tested there is time: one file after the other, with nothing beside them. */
const inBrowser = {
  test: {
    ...timeouts,
    name: 'browser',
    include: ['test/browser/**/*.test.ts'],
    maxWorkers: 1,
    sequence: { groupOrder: 1 },
  },
};

export default defineConfig({ test: { projects: runsBrowserTests() ? [inNode, inBrowser] : [inNode] } });
