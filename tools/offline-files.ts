/** What makes the built page installable and lets it open without a network: its manifest with icons, and its service worker with the list of files to keep. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';

/** Where the page's own sources lie. */
const web = new URL('../src/web/', import.meta.url);

const manifestName = 'manifest.webmanifest';
const workerName = 'service-worker.js';

const icons = [
  { file: 'icon-192.png', sizes: '192x192', purpose: 'any' },
  { file: 'icon-512.png', sizes: '512x512', purpose: 'any' },
  { file: 'icon-maskable-512.png', sizes: '512x512', purpose: 'maskable' },
] as const;

/** Addresses are relative to the manifest, so that the page can lie below any path. */
const manifest = {
  name: 'Impasto',
  short_name: 'Impasto',
  description: 'Paint a photograph in the manner of a painting, in your browser. Nothing is uploaded.',
  start_url: './',
  scope: './',
  display: 'standalone',
  lang: 'en',
  categories: ['graphics', 'photo'],
  // The light ones of index.html, which has those of the dark scheme beside them.
  theme_color: '#f4f1ea',
  background_color: '#f4f1ea',
};

/** Weights are kept by whoever loads them, under a checksum of their own. */
const isKept = (file: string): boolean => file !== workerName && !file.endsWith('.safetensors');

function integrityOf(bytes: string | Uint8Array): string {
  return `sha256-${createHash('sha256').update(bytes).digest('base64')}`;
}

export const offlineFiles: Plugin = {
  name: 'offline-files',
  apply: 'build',
  enforce: 'post',
  buildStart() {
    this.emitFile({ type: 'chunk', id: new URL('service-worker.ts', web).pathname, fileName: workerName });
  },
  transformIndexHtml: () => [{ tag: 'link', attrs: { rel: 'manifest', href: `./${manifestName}` }, injectTo: 'head' }],
  generateBundle: {
    // When all other files are what they will be.
    order: 'post',
    async handler(_options, bundle) {
      const emitted = icons.map(async ({ file, sizes, purpose }) => {
        const source = await readFile(new URL(`icons/${file}`, web));
        const fileName = this.getFileName(this.emitFile({ type: 'asset', name: file, source }));
        return { fileName, source, entry: { src: fileName, type: 'image/png', sizes, purpose } };
      });
      const drawn = await Promise.all(emitted);
      const manifestText = JSON.stringify({ ...manifest, icons: drawn.map(({ entry }) => entry) });
      this.emitFile({ type: 'asset', fileName: manifestName, source: manifestText });
      const files = Object.fromEntries(
        [
          [manifestName, integrityOf(manifestText)] as const,
          ...drawn.map(({ fileName, source }) => [fileName, integrityOf(source)] as const),
          ...Object.values(bundle).map(
            (file) => [file.fileName, integrityOf(file.type === 'chunk' ? file.code : file.source)] as const,
          ),
        ]
          .filter(([file]) => isKept(file))
          .sort(),
      );
      const worker = bundle[workerName];
      if (worker?.type !== 'chunk') throw new Error(`${workerName} is missing from the build`);
      const id = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
      worker.code = `const built=${JSON.stringify({ id, files })};\n${worker.code}`;
    },
  },
};
