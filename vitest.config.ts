import { configDefaults, defineConfig } from 'vitest/config';
import { runsBrowserTests } from './tools/setup/browser.mjs';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(runsBrowserTests() ? [] : ['test/browser/**'])],
    // A software adapter already uses every core: run files one after the other and keep the device process-wide.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
