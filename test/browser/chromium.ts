/** A headless Chromium with WebGPU, and a static server on loopback, for the tests in a browser. */

import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { browserAdvice, findBrowser } from '../../tools/setup/browser.mjs';

/** SwiftShader computes on the CPU, so the tests see the same adapter everywhere. */
const webGpuArguments = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  // Without a Vulkan compositor a WebGPU canvas cannot be shown, and the device is lost with its first frame.
  '--use-vulkan=swiftshader',
  '--use-angle=vulkan',
  '--enable-features=Vulkan',
];

/** A test pattern for a camera, which nobody has to allow. */
const cameraArguments = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

export interface LaunchOptions {
  /** False starts a browser that has no `navigator.gpu`. */
  readonly webGpu?: boolean;
}

/** Starts the browser; the caller closes it. @throws Error where there is none. */
export async function launchChromium({ webGpu = true }: LaunchOptions = {}): Promise<Browser> {
  const executablePath = findBrowser();
  if (executablePath === null) throw new Error(browserAdvice());
  return await chromium.launch({
    executablePath,
    args: [
      ...cameraArguments,
      ...(webGpu ? webGpuArguments : ['--disable-features=WebGPU,WebGPUService']),
      // Containers run as root, where Chromium refuses its sandbox, and have a /dev/shm too small for its pictures.
      ...(process.getuid?.() === 0 ? ['--no-sandbox', '--disable-dev-shm-usage'] : []),
    ],
  });
}

/** A folder served on loopback. */
export interface StaticSite extends AsyncDisposable {
  /** Where the folder's `index.html` is, with a slash at the end. */
  readonly address: string;
  /** Paths that were asked for, from the folder. */
  readonly requests: readonly string[];
  /** Lets requests for files with this ending wait until what it returns is called. */
  readonly hold: (ending: string) => () => void;
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** Serves a folder as the plainest of hosts does, below `prefix`: what is built must work from there. */
export async function serveFolder(folder: string, prefix = '/'): Promise<StaticSite> {
  const requests: string[] = [];
  const held = new Map<string, Promise<void>>();
  const hold = (ending: string): (() => void) => {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    held.set(ending, released);
    return release;
  };
  const server = createServer((request, response) => {
    const asked = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
    const inside = asked.startsWith(prefix) ? path.posix.normalize(`/${asked.slice(prefix.length)}`) : undefined;
    if (inside === undefined) {
      response.writeHead(404).end();
      return;
    }
    requests.push(inside.slice(1));
    const file = path.join(folder, inside.endsWith('/') ? `${inside}index.html` : inside);
    const waits = [...held].flatMap(([ending, released]) => (file.endsWith(ending) ? [released] : []));
    Promise.all(waits)
      .then(() => readFile(file))
      .then(
        (bytes) => {
          const type = mediaTypes[path.extname(file)] ?? 'application/octet-stream';
          response.writeHead(200, { 'content-type': type, 'content-length': bytes.length }).end(bytes);
        },
        () => response.writeHead(404).end(),
      );
  });
  const port = await listen(server);
  return {
    address: `http://127.0.0.1:${port}${prefix}`,
    requests,
    hold,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
