/**
 * `npm run bench:peers`: the same loss and gradient on the same pictures by us, by PyTorch on the CPU and by TensorFlow.js on the same
 * WebGPU adapter, in one run. Each is a process of its own that stays open; they take turns, one evaluation each a round, so
 * that whatever else the machine does falls on all of them. Tables go to stdout, progress to stderr.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Size, sizeName } from '../src/bench/pictures.ts';
import { answer } from '../src/cli/output.ts';
import { describeEnvironment, progress } from './bench/environment.ts';
import { openBenchGpu } from './bench/open-gpu.ts';
import { type PeersOptions, parsePeers } from './bench/peers/arguments.ts';
import { compareRuns, type PeerReport, type PeerRun, peerMarkdown, peerText } from './bench/peers/compare.ts';
import { ours, pytorch, tensorflow } from './bench/peers/find-peers.ts';
import { PeerProcess } from './bench/peers/process.ts';
import { picturesAt } from './bench/pictures.ts';
import { runTool } from './run-tool.ts';

async function main(): Promise<number> {
  const options = parsePeers(process.argv.slice(2));
  const report = await measure(options);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  const text = options.markdown ? peerMarkdown(report) : peerText(report);
  answer(...text.split('\n'));
  return report.rows.every(({ agrees }) => agrees) ? 0 : 1;
}

async function measure(options: PeersOptions): Promise<PeerReport> {
  const environment = await environmentOf(options);
  const found = [ours(options.kernels, options.adapter), pytorch(), tensorflow(options.adapter, options.install)];
  const missing = found.flatMap((peer) => ('missing' in peer ? [peer.missing] : []));
  for (const line of missing) progress(line);
  const peers: Peer[] = [];
  try {
    for (const peer of found) {
      if ('missing' in peer) continue;
      const started = await PeerProcess.start(peer.command);
      progress(`${started.name} is ready`);
      const isSlow = peer.key === 'tfjs';
      const [rounds, sizes] = isSlow ? [options.slowRounds, options.slowSizes] : [options.rounds, options.sizes];
      peers.push({ process: started, rounds, sizes: new Set(sizes.map(sizeName)) });
    }
    const runs: PeerRun[] = [];
    for (const size of options.sizes) runs.push(...(await runSize(peers, size, options.rounds)));
    return { environment, rows: compareRuns(runs, peers[0]?.process.name ?? ''), missing };
  } finally {
    for (const { process: started } of peers) started[Symbol.dispose]();
  }
}

/** A running peer, and how much it is asked. */
interface Peer {
  readonly process: PeerProcess;
  readonly rounds: number;
  /** Sizes by name. */
  readonly sizes: ReadonlySet<string>;
}

/** All peers at one size: an untimed evaluation each, then rounds. */
async function runSize(all: readonly Peer[], size: Size, rounds: number): Promise<readonly PeerRun[]> {
  const peers = all.filter(({ sizes }) => sizes.has(sizeName(size)));
  const folder = mkdtempSync(path.join(tmpdir(), 'impasto-peers-'));
  try {
    for (const [name, { pixels }] of Object.entries(await picturesAt(size))) {
      writeFileSync(path.join(folder, `${name}.f32`), pixels);
    }
    const runs: { readonly run: PeerRun; readonly ms: number[]; readonly peer: Peer }[] = [];
    for (const peer of peers) {
      const first = await peer.process.ask({ kind: 'prepare', folder, ...size });
      const ms: number[] = [];
      const { name } = peer.process;
      runs.push({ run: { name, size: sizeName(size), lossTotal: first.lossTotal, firstMs: first.ms, ms }, ms, peer });
    }
    for (let round = 0; round < rounds; round++) {
      progress(`${sizeName(size)}, round ${round + 1} of ${rounds}`);
      for (const { peer, ms } of runs) {
        if (round >= peer.rounds) continue;
        // The first of a turn finds the caches full of the others' data, and threads that still wait for more of their work.
        await peer.process.ask({ kind: 'evaluate' });
        ms.push((await peer.process.ask({ kind: 'evaluate' })).ms);
      }
    }
    return runs.map(({ run }) => run);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Opens the adapter only to learn its name: every peer opens its own. */
async function environmentOf({ adapter, kernels }: PeersOptions): Promise<PeerReport['environment']> {
  using gpu = await openBenchGpu({ adapter, kernels });
  return describeEnvironment(gpu, kernels);
}

await runTool('bench:peers', main);
