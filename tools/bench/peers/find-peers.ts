/** Which peers this machine has. What is missing gets one line on how to get it; TensorFlow.js is installed where asked for. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundledWeightPath } from '../pictures.ts';
import type { PeerCommand } from './process.ts';

/** A peer, or why there is none. */
export type FoundPeer = { readonly key: string; readonly command: PeerCommand } | { readonly missing: string };

const loader = import.meta.resolve('tsx');
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const node = (file: string, args: readonly string[]): PeerCommand => ({
  command: process.execPath,
  args: ['--import', loader, script(file), ...args],
});

export function ours(kernels: string, adapter: string | undefined): FoundPeer {
  return { key: 'impasto', command: node('./impasto-vgg.ts', [kernels, ...(adapter === undefined ? [] : [adapter])]) };
}

/** PyTorch, in the Python that IMPASTO_PYTHON names or the one on the PATH. @param program What it runs, on our weights. */
export function pytorch(program = script('./pytorch_vgg.py'), tool = 'bench:peers'): FoundPeer {
  const python = process.env['IMPASTO_PYTHON'] ?? 'python3';
  const { status } = spawnSync(python, ['-c', 'import numpy, torch'], { stdio: 'ignore' });
  if (status === 0) return { key: 'pytorch', command: { command: python, args: [program, bundledWeightPath] } };
  const where = process.env['IMPASTO_PYTHON'] === undefined ? 'python3' : 'the Python that IMPASTO_PYTHON names';
  return {
    missing: `PyTorch: ${where} has no torch and numpy; pip install torch numpy, then IMPASTO_PYTHON=<that python> npm run ${tool}`,
  };
}

/** Outside the project's own dependencies. */
const tfjsPackages = { '@tensorflow/tfjs-core': '4.22.0', '@tensorflow/tfjs-backend-webgpu': '4.22.0' } as const;

function peersFolder(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  return path.join(cache, 'impasto', 'peers');
}

/** TensorFlow.js on the same adapter, from the user's cache folder; `install` puts it there. */
export function tensorflow(adapter: string | undefined, install: boolean): FoundPeer {
  const folder = peersFolder();
  if (!isInstalled(folder) && install) installPackages(folder);
  if (!isInstalled(folder)) {
    return { missing: 'TensorFlow.js: not installed; npm run bench:peers -- --install puts it into your cache folder' };
  }
  return { key: 'tfjs', command: node('./tfjs-vgg.mjs', [folder, ...(adapter === undefined ? [] : [adapter])]) };
}

function isInstalled(folder: string): boolean {
  return Object.entries(tfjsPackages).every(([name, version]) => {
    const file = path.join(folder, 'node_modules', name, 'package.json');
    if (!existsSync(file)) return false;
    const found: { readonly version?: string } = JSON.parse(readFileSync(file, 'utf8'));
    return found.version === version;
  });
}

function installPackages(folder: string): void {
  mkdirSync(folder, { recursive: true });
  // Without a package.json of its own, npm would look for one further up.
  writeFileSync(
    path.join(folder, 'package.json'),
    `${JSON.stringify({ private: true, dependencies: tfjsPackages }, undefined, 2)}\n`,
  );
  spawnSync('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  });
}
