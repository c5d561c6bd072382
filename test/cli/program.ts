/** Runs the real program as a person would, and makes the pictures it is given. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll } from 'vitest';

export const weightsPath = fileURLToPath(new URL('../../weights/vgg16-f16.safetensors', import.meta.url));

export const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
export const loader = import.meta.resolve('tsx');

export interface Finished {
  /** Exit status, or the signal that ended the process. */
  readonly status: number | NodeJS.Signals | null;
  readonly stdout: string;
  /** Without the lines that Dawn's native code writes when it looks for adapters. */
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** Resolves when stderr so far matches. */
  said(pattern: RegExp): Promise<void>;
  readonly finished: Promise<Finished>;
}

/** No measurements of this machine's user; but the driver's compiled shaders, which lie beside them, are welcome. */
const ownCaches = {
  XDG_CACHE_HOME: join(tmpdir(), 'impasto-cli-no-cache'),
  MESA_SHADER_CACHE_DIR:
    process.env['MESA_SHADER_CACHE_DIR'] ?? process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
};

/** Starts `impasto` with arguments in a folder. */
export function start(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, ['--import', loader, main, ...args], {
    cwd: folder,
    env: { ...process.env, ...ownCaches, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (code, signal) => resolve({ status: code ?? signal, stdout, stderr: withoutDawn(stderr) }));
  });
  const said = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (pattern.test(stderr)) resolve();
      };
      child.stderr.on('data', look);
      child.on('close', () => reject(new Error(`ended without saying ${pattern}: ${stderr}`)));
      look();
    });
  return { child, said, finished };
}

/** Runs `impasto` with arguments in a folder. */
export function impasto(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
  return start(folder, args, env).finished;
}

function withoutDawn(stderr: string): string {
  return stderr.replace(/^(?:Warning: .*|\s+at Check.*|)\n/gm, '');
}

/** A folder that is removed after the tests of the calling file. */
export function workFolder(): { readonly folder: string; readonly path: (name: string) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'impasto-cli-'));
  afterAll(() => rm(folder, { recursive: true }));
  return { folder, path: (name) => join(folder, name) };
}

/** Samples of a texture with edges and colours, [height, width, channels]. */
export function texture(width: number, height: number, channels: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const [channel, x, y] = [i % channels, Math.floor(i / channels) % width, Math.floor(i / channels / width)];
    return 128 + 100 * Math.sin((x * (1 + channel + seed)) / 5) * Math.cos((y * (2 + seed)) / 7);
  });
}

/** Writes a PNG of {@link texture}. */
export async function writePng(path: string, width: number, height: number, seed = 0): Promise<void> {
  const raw = { width, height, channels: 3 } as const;
  await writeFile(
    path,
    await sharp(texture(width, height, 3, seed), { raw })
      .png()
      .toBuffer(),
  );
}
