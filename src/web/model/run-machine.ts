/**
 * The states of a run, and what brings it from one to the next: what a person does and what the engine says. Pure; `RunState` holds the
 * state and says to the engine what follows from it.
 *
 * Every run has a number, counted from 1. What is said of another run than the one at work changes nothing, so a late answer can
 * neither end nor hold a run that began meanwhile.
 */

import type { Pace, RunSummary } from '../protocol.ts';

/** No run is at work. */
interface Idle {
  readonly phase: 'idle';
  /** The number of the last one. */
  readonly run: number;
  /** How it ended; undefined where it never started or was refused. */
  readonly summary: RunSummary | undefined;
}

interface AtWork {
  readonly run: number;
  /** Whether a lost device is being replaced. */
  readonly isRecovering: boolean;
}

/** `planning`: what it would take is being found out, the engine has not been told to start. From `preparing` on it has. */
type Busy =
  | (AtWork & { readonly phase: 'planning' | 'preparing' | 'painting' | 'ending' })
  | (AtWork & { readonly phase: 'paused'; readonly by: 'person' | 'hiding' });

export type State = Idle | Busy;
export type RunPhase = State['phase'];

/** What a person does: clicks, and hiding the page or showing it again. */
export type Deed = 'paint' | 'pause' | 'resume' | 'step' | 'stop' | 'hide' | 'show';

/** What is said of a run: `planned`, its plan is made; `painting`, its evaluations begin, on a new device or at a new scale. */
type Report =
  | { readonly kind: 'planned' | 'painting' | 'device-lost' | 'refused'; readonly run: number }
  | { readonly kind: 'ended'; readonly run: number; readonly summary: RunSummary };

export type RunMessage = { readonly kind: Deed } | Report;

/** What the engine is to be told of the run at work. */
export type RunCommand = 'start' | Pace;

export interface Transition {
  readonly state: State;
  readonly command?: RunCommand;
}

export const noRun: State = { phase: 'idle', run: 0, summary: undefined };

/** The next state; the same one where the message means nothing in it. */
export function nextState(state: State, message: RunMessage): Transition {
  if (state.phase === 'idle') {
    const isPaint = message.kind === 'paint';
    return { state: isPaint ? { phase: 'planning', run: state.run + 1, isRecovering: false } : state };
  }
  if (!('run' in message)) return afterDeed(state, message.kind);
  return message.run === state.run ? afterReport(state, message) : { state };
}

function afterReport(state: Busy, message: Report): Transition {
  const { phase, run } = state;
  switch (message.kind) {
    case 'planned':
      return phase === 'planning' ? { state: { ...state, phase: 'preparing' }, command: 'start' } : { state };
    case 'painting': {
      // A run that is set up again on a new device stays held, or ends, as before.
      const there = { ...state, isRecovering: false };
      return { state: phase === 'preparing' ? { ...there, phase: 'painting' } : there };
    }
    case 'device-lost':
      return { state: { ...state, isRecovering: true } };
    case 'refused':
      return { state: { phase: 'idle', run, summary: undefined } };
    case 'ended':
      return { state: { phase: 'idle', run, summary: message.summary } };
  }
}

function afterDeed(state: Busy, deed: Deed): Transition {
  const { phase, run, isRecovering } = state;
  if (deed === 'stop') {
    if (phase === 'planning') return { state: { phase: 'idle', run, summary: undefined } };
    return phase === 'ending' ? { state } : { state: { phase: 'ending', run, isRecovering }, command: 'stop' };
  }
  if (phase === 'painting' && (deed === 'pause' || deed === 'hide')) {
    const by = deed === 'hide' ? 'hiding' : 'person';
    return { state: { phase: 'paused', by, run, isRecovering }, command: 'pause' };
  }
  if (deed === 'step' && (phase === 'painting' || phase === 'paused')) {
    return { state: { phase: 'paused', by: 'person', run, isRecovering }, command: 'step' };
  }
  if (phase === 'paused' && (deed === 'resume' || (deed === 'show' && state.by === 'hiding'))) {
    return { state: { phase: 'painting', run, isRecovering }, command: 'run' };
  }
  return { state };
}
