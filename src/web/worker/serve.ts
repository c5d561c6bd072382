/** Answers the painting page's calls with a studio. */

import { LimitError, messageOf } from '../../core/errors.ts';
import type { CallName, Calls, FromWorker, Refusal, ToWorker } from '../protocol.ts';
import { wordsOf } from './checkpoints.ts';
import { Studio } from './studio.ts';

type Handlers = {
  readonly [Name in CallName]: (sent: Calls[Name]['sent']) => Calls[Name]['answer'] | Promise<Calls[Name]['answer']>;
};

export function servePainting(): void {
  const handlers = handlersOf(new Studio((event) => send({ kind: 'event', event })));
  self.addEventListener('message', (message: MessageEvent<ToWorker>) => {
    const { id, call, sent } = message.data;
    answer(handlers, call, sent).then(
      (answer) => send({ kind: 'answer', id, answer }),
      (error: unknown) => send({ kind: 'refusal', id, refusal: refusalOf(error) }),
    );
  });
}

function handlersOf(studio: Studio): Handlers {
  return {
    open: ({ canvas }) => studio.open(canvas),
    canvas: ({ canvas }) => void studio.takeCanvas(canvas),
    picture: ({ id, file, name }) => studio.picture(id, file, name),
    thumbnail: ({ id }) => studio.thumbnail(id),
    forget: ({ id }) => void studio.forget(id),
    show: ({ file }) => studio.show(file),
    weights: () => void studio.loadWeights(),
    plan: (order) => studio.plan(order),
    start: ({ run, order }) => studio.start(run, order),
    pace: ({ run, pace }) => void studio.pace(run, pace),
    checkpoint: ({ file }) => wordsOf(file),
    png: ({ texts }) => studio.png(texts),
  };
}

/** The page's client checks `sent` against `Calls`; a message cannot carry the type. */
async function answer(handlers: Handlers, call: CallName, sent: unknown): Promise<unknown> {
  const handler = handlers[call] as (sent: unknown) => unknown;
  return await handler(sent);
}

function refusalOf(error: unknown): Refusal {
  return { message: messageOf(error), largestSide: error instanceof LimitError ? error.largestSide : undefined };
}

function send(message: FromWorker): void {
  self.postMessage(message);
}
