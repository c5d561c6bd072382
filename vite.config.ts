/** The page: built from `src/web/` into static files that any host can serve, also below a path of its own. */

import { existsSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';
import { contentSecurityPolicy, securityHeaders } from './src/web/security.ts';
import { bareShaders } from './tools/bare-shaders.ts';
import { offlineFiles } from './tools/offline-files.ts';

const pages = ['index', 'bench'].filter((page) => existsSync(new URL(`src/web/${page}.html`, import.meta.url)));

/** The policy in the page itself, for hosts that send no headers. */
const policyInPage: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy },
      injectTo: 'head-prepend',
    },
  ],
};

/** Rooms of `src/` whose modules only declare: importing one does nothing, so that what is not used of them is left out. */
const declaring = /\/src\/(?:core|images|kernels|losses|models|objective|optimizers|settings|transfer)\//;
const treeshake = { moduleSideEffects: (id: string) => !declaring.test(id) };

export default defineConfig({
  root: 'src/web',
  // A path that does not exist is an error, not the page.
  appType: 'mpa',
  base: './',
  publicDir: false,
  plugins: [policyInPage, bareShaders, offlineFiles],
  build: {
    outDir: '../../dist/page',
    emptyOutDir: true,
    target: 'es2022',
    // The policy allows no data: scripts or styles, and pictures are better cached than inlined.
    assetsInlineLimit: 0,
    // Every browser with WebGPU knows `modulepreload`.
    modulePreload: { polyfill: false },
    rolldownOptions: { input: pages.map((page) => `src/web/${page}.html`), treeshake },
  },
  worker: { format: 'es', plugins: () => [bareShaders], rolldownOptions: { treeshake } },
  server: { host: '127.0.0.1' },
  preview: { host: '127.0.0.1', port: 4173, headers: securityHeaders },
});
