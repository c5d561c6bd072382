/** A run by PyTorch at one scale: the same pictures and the same objective as ours, its own L-BFGS. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Job } from '../../../src/cli/job.ts';
import { prepareJob } from '../../../src/cli/run-job.ts';
import { InputError } from '../../../src/core/errors.ts';
import type { Gpu } from '../../../src/core/gpu.ts';
import { mixOf } from '../../../src/objective/style-mix.ts';
import type { PreparedRun } from '../../../src/transfer/prepare.ts';
import { type FoundPeer, pytorch } from '../peers/find-peers.ts';
import { type PeerCommand, PeerProcess } from '../peers/process.ts';
import type { Snapshot, Snapshots } from './ours.ts';

type Request =
  | { readonly kind: 'prepare'; readonly folder: string; readonly sizes: object; readonly objective: object }
  | { readonly kind: 'advance'; readonly evaluations: number; readonly file: string };

interface Answer {
  readonly evaluation: number;
  readonly seconds: number;
  /** Of the last evaluation; null before the first. */
  readonly lossTotal: number | null;
}

export function findPytorch(): FoundPeer {
  return pytorch(fileURLToPath(new URL('./gatys.py', import.meta.url)), 'bench:quality');
}

/** Runs what the job says. @param gpu Only to learn what the job makes of its adapter. @throws InputError for a job that it cannot do. */
export async function runByPytorch(
  job: Job,
  by: { readonly gpu: Gpu; readonly command: PeerCommand; readonly every: number },
): Promise<Snapshots & { readonly name: string }> {
  const { run } = prepareJob(job, await job.read(), by.gpu);
  const { content, style, steps } = partsOf(run);
  using peer = await PeerProcess.start<Request, Answer>(by.command);
  const folder = mkdtempSync(path.join(tmpdir(), 'impasto-quality-'));
  try {
    const pictures = { content, style, initial: run.initial };
    for (const [name, { pixels }] of Object.entries(pictures)) writeFileSync(path.join(folder, `${name}.f32`), pixels);
    const sizes = { content: sizeOf(content), style: sizeOf(style) };
    const objective = { ...run.settings.objective, ...run.settings.lbfgs };
    await peer.ask({ kind: 'prepare', folder, sizes, objective });
    const snapshots: Snapshot[] = [];
    const file = path.join(folder, 'image.f32');
    // The first alone, to know its loss.
    const first = await peer.ask({ kind: 'advance', evaluations: 1, file });
    for (let done = 1; done < steps; ) {
      const evaluations = Math.min(by.every - (done % by.every), steps - done);
      const { evaluation, seconds } = await peer.ask({ kind: 'advance', evaluations, file });
      const pixels = new Float32Array(Uint8Array.from(readFileSync(file)).buffer);
      snapshots.push({ picture: { ...sizeOf(content), pixels }, fullSize: evaluation, seconds });
      done = evaluation;
    }
    return { name: peer.name, snapshots, firstLoss: first.lossTotal ?? Number.NaN };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws InputError where the run asks for what `gatys.py` does not know. */
function partsOf({ scales, settings }: PreparedRun) {
  const [{ content, style, phases }] = scales;
  const [phase, ...morePhases] = phases;
  const [only, ...moreStyles] = mixOf(style);
  const { contentLayers, styleLayers, styleLoss, tvLoss, network } = settings.objective;
  const isAfterRelus = [...contentLayers, ...styleLayers].every(({ name }) => name.startsWith('relu'));
  const isPlain = scales.length === 1 && morePhases.length === 0 && moreStyles.length === 0;
  const isOfItsLosses = styleLoss === 'gram' && tvLoss === 'four';
  const isKnown = phase?.optimizer === 'lbfgs' && settings.lbfgs.lineSearch === 'none' && network === 'vgg16';
  if (phase === undefined || only === undefined || !isPlain || !isOfItsLosses || !isKnown || !isAfterRelus) {
    throw new InputError(
      '--peer asks for what gatys.py does not know; expected one scale of lbfgs without a search, taps after ReLUs of vgg16, --style-loss gram, --tv-loss four',
    );
  }
  return { content, style: only.picture, steps: phase.steps };
}

function sizeOf({ width, height }: { readonly width: number; readonly height: number }) {
  return { width, height };
}
