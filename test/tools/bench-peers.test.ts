/** What `bench:peers` makes of its peers' answers, and the protocol it speaks with their processes. */

import { describe, expect, it } from 'vitest';
import { parsePeers } from '../../tools/bench/peers/arguments.ts';
import { compareRuns, type PeerReport, peerMarkdown, peerText } from '../../tools/bench/peers/compare.ts';
import { PeerProcess } from '../../tools/bench/peers/process.ts';

const run = (name: string, ms: readonly number[], lossTotal = 1000) => ({
  name,
  size: '64x64',
  lossTotal,
  firstMs: 9,
  ms,
});

describe('comparing', () => {
  it('divides medians over the rounds that both ran, and shows the spread round by round', () => {
    const [own, peer] = compareRuns([run('ours', [10, 20, 1000]), run('theirs', [30, 40])], 'ours');
    expect(own?.ratio).toBe(1);
    expect(peer?.ratio).toBe(35 / 15);
    expect(peer?.ratioSpread).toEqual([2, 3]);
    expect(peer?.agrees).toBe(true);
  });

  it('says when a peer computes something else', () => {
    const rows = compareRuns([run('ours', [1]), run('theirs', [1], 1002), run('close', [1], 1000.9)], 'ours');
    expect(rows.map(({ agrees }) => agrees)).toEqual([true, false, true]);
    const report: PeerReport = {
      environment: {
        date: '2030-01-02T00:00:00Z',
        cpu: 'a CPU',
        cores: 2,
        os: 'Linux',
        runtime: 'Node v20',
        adapter: 'an adapter',
        kernels: 'auto',
        loadAverage: 0,
      },
      rows,
      missing: ['PyTorch: not here'],
    };
    expect(peerText(report)).toMatch(/theirs .* disagrees$/m);
    expect(peerText(report)).toContain('missing PyTorch: not here');
    expect(peerMarkdown(report)).toContain('| 64x64 | theirs | 1.00 |');
  });
});

describe('options', () => {
  it('ask TensorFlow.js for less', () => {
    const { sizes, slowSizes, rounds, slowRounds } = parsePeers([]);
    expect(slowSizes.length).toBeLessThan(sizes.length);
    expect(slowRounds).toBeLessThan(rounds);
  });

  it('refuse a count that is none', () => {
    expect(() => parsePeers(['--rounds', '0'])).toThrow('--rounds');
  });
});

describe("a peer's process", () => {
  const node = (script: string) => ({ command: process.execPath, args: ['-e', script] });

  it('says its name, then answers line by line', async () => {
    const script = `console.log('{"name":"echo"}'); process.stdin.on('data', () => console.log('{"ms":1,"lossTotal":2}'))`;
    using peer = await PeerProcess.start(node(script));
    expect(peer.name).toBe('echo');
    expect(await peer.ask({ kind: 'evaluate' })).toEqual({ ms: 1, lossTotal: 2 });
  });

  it('that ends gives its last words', async () => {
    await expect(PeerProcess.start(node(`console.error('no such module'); process.exit(1)`))).rejects.toThrow(
      'no such module',
    );
  });

  it('that is not there says so', async () => {
    await expect(PeerProcess.start({ command: 'impasto-no-such-program', args: [] })).rejects.toThrow('ENOENT');
  });
});
