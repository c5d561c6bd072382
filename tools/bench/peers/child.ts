/**
 * How a peer's process talks with `bench:peers`: one JSON object a line. It says its name once it is loaded, answers `prepare` with its
 * first evaluation and `evaluate` with one more, and ends with its input. Only one peer works at a time.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** What the parent asks. */
export type PeerRequest =
  | { readonly kind: 'prepare'; readonly folder: string; readonly width: number; readonly height: number }
  | { readonly kind: 'evaluate' };

/** One evaluation of loss and gradient. */
export interface PeerAnswer {
  readonly ms: number;
  readonly lossTotal: number;
}

/** The objective at one size, its targets made. */
export interface PeerEvaluation {
  evaluate(): Promise<PeerAnswer>;
  dispose(): void;
}

export type PrepareRequest = PeerRequest & { readonly kind: 'prepare' };

/** A picture [H, W, 3] in 0..1 that the parent wrote as f32. */
export function readPixels(folder: string, name: string): Float32Array<ArrayBuffer> {
  return new Float32Array(Uint8Array.from(readFileSync(path.join(folder, `${name}.f32`))).buffer);
}

/** Serves requests from standard input until it ends. */
export async function answerRequests(
  name: string,
  prepare: (request: PrepareRequest) => Promise<PeerEvaluation>,
): Promise<void> {
  const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
  let evaluation: PeerEvaluation | undefined;
  say({ name });
  for await (const line of createInterface({ input: process.stdin })) {
    const request: PeerRequest = JSON.parse(line);
    if (request.kind === 'prepare') {
      evaluation?.dispose();
      evaluation = await prepare(request);
    }
    if (evaluation === undefined) throw new Error('a peer was asked to evaluate before it was given pictures');
    say(await evaluation.evaluate());
  }
  evaluation?.dispose();
}
