/** The worker's entrance: answers the page's calls with a studio. */

import './symbols.ts';
import { LimitError, messageOf } from '../../core/errors.ts';
import type { CallName, Calls, FromWorker, Refusal, ToWorker } from '../protocol.ts';
import { Studio } from './studio.ts';

const studio = new Studio((event) => send({ kind: 'event', event }));

type Handlers = {
  readonly [Name in CallName]: (sent: Calls[Name]['sent']) => Calls[Name]['answer'] | Promise<Calls[Name]['answer']>;
};

const handlers: Handlers = {
  open: ({ canvas }) => studio.open(canvas),
  picture: ({ id, file, name }) => studio.picture(id, file, name),
  forget: ({ id }) => void studio.forget(id),
  show: ({ file }) => studio.show(file),
  weights: () => void studio.loadWeights(),
  plan: (job) => studio.plan(job),
  start: (job) => studio.start(job),
  pace: ({ pace }) => void studio.pace(pace),
  stop: () => void studio.stop(),
  png: ({ texts }) => studio.png(texts),
};

self.addEventListener('message', (message: MessageEvent<ToWorker>) => {
  const { id, call, sent } = message.data;
  answer(call, sent).then(
    (answer) => send({ kind: 'answer', id, answer }),
    (error: unknown) => send({ kind: 'refusal', id, refusal: refusalOf(error) }),
  );
});

/** The page's client checks `sent` against `Calls`; a message cannot carry the type. */
async function answer(call: CallName, sent: unknown): Promise<unknown> {
  const handler = handlers[call] as (sent: unknown) => unknown;
  return await handler(sent);
}

function refusalOf(error: unknown): Refusal {
  return { message: messageOf(error), largestSide: error instanceof LimitError ? error.largestSide : undefined };
}

function send(message: FromWorker): void {
  self.postMessage(message);
}
