/** A peer's process, from the side of `bench:peers`: asks one thing at a time and waits for the answer. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { PeerAnswer, PeerRequest } from './child.ts';

export interface PeerCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** A running peer. */
export class PeerProcess<Request extends object = PeerRequest, Answer = PeerAnswer> implements Disposable {
  /** What it calls itself, with its version. */
  readonly name: string;
  readonly #child: ReturnType<typeof startChild>['child'];
  readonly #lines: AsyncIterator<string>;

  private constructor(name: string, child: ReturnType<typeof startChild>['child'], lines: AsyncIterator<string>) {
    this.name = name;
    this.#child = child;
    this.#lines = lines;
  }

  /** Starts a peer and waits until it has loaded. @throws Error with its last words when it ends instead. */
  static async start<Request extends object = PeerRequest, Answer = PeerAnswer>(
    command: PeerCommand,
  ): Promise<PeerProcess<Request, Answer>> {
    const { child, lines } = startChild(command);
    const { name } = await nextValue<{ readonly name: string }>(lines, command.command);
    return new PeerProcess<Request, Answer>(name, child, lines);
  }

  /** Asks, of a peer of `bench:peers` for one evaluation. */
  async ask(request: Request): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return nextValue<Answer>(this.#lines, this.name);
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

function startChild({ command, args }: PeerCommand) {
  const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  // Dawn writes warnings there; what a peer says when it dies is kept for the error.
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-2000);
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', () => resolve(complaints));
  });
  const iterator = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const lines: AsyncIterator<string> = {
    next: async () => {
      const result = await iterator.next();
      if (result.done !== true) return result;
      throw new Error((await ended).trim().split('\n').at(-1) ?? 'it ended');
    },
  };
  return { child, lines };
}

async function nextValue<Value>(lines: AsyncIterator<string>, name: string): Promise<Value> {
  try {
    const { value } = await lines.next();
    const parsed: Value = JSON.parse(value);
    return parsed;
  } catch (error) {
    throw new Error(`${name} stopped: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
