/** Starting, holding, stepping and ending a run, and how far it is. */

import { useLayoutEffect, useRef } from 'preact/hooks';
import type { PageModel } from '../model/page.ts';
import { describePlace } from '../model/place.ts';
import { aboutDuration } from './durations.ts';
import { mainDeed } from './main-deed.ts';

export function Transport({ model }: { readonly model: PageModel }) {
  const place = useRef<HTMLElement>(null);
  const hasFocus = useRef(false);
  const phase = model.run.phase.value;
  // Stop goes with the run that it belongs to: the focus goes on to the button that stays.
  useLayoutEffect(() => {
    if (!hasFocus.current || document.activeElement !== document.body) return;
    place.current?.querySelector<HTMLElement>('button.first')?.focus();
  }, [phase]);
  return (
    <section
      class="transport"
      aria-label="Run"
      ref={place}
      onFocusIn={() => {
        hasFocus.current = true;
      }}
      onFocusOut={({ relatedTarget }) => {
        // A button that is taken away leaves the focus to nobody.
        if (relatedTarget !== null) hasFocus.current = false;
      }}
    >
      <Progress model={model} />
      <div class="buttons">
        <MainButton model={model} />
        <RunButtons model={model} />
        <ResultButtons model={model} />
      </div>
    </section>
  );
}

/** One button, whatever it does, so that the focus stays on it; what is of no use for a moment is not `disabled`, or the focus would be lost. */
function MainButton({ model }: { readonly model: PageModel }) {
  const { run } = model;
  const { name, label, use } = mainDeed(model);
  return (
    <button
      type="button"
      class={run.isBusy || run.picture.value === undefined ? 'first main' : 'first'}
      disabled={!run.isBusy && use === undefined}
      aria-disabled={use === undefined}
      onClick={use}
      data-testid={name}
    >
      {label}
    </button>
  );
}

function RunButtons({ model }: { readonly model: PageModel }) {
  const { run } = model;
  const phase = run.phase.value;
  const isUnderWay = phase === 'painting' || phase === 'paused';
  if (phase === 'idle') {
    if (run.picture.value === undefined) return null;
    return (
      <button type="button" onClick={() => void model.paint('here')} data-testid="from-here">
        Continue from here
      </button>
    );
  }
  return (
    <>
      <button type="button" aria-disabled={!isUnderWay} onClick={() => run.do('step')} data-testid="step">
        Step
      </button>
      <button type="button" aria-disabled={phase === 'ending'} onClick={() => run.do('stop')} data-testid="stop">
        Stop
      </button>
    </>
  );
}

function ResultButtons({ model }: { readonly model: PageModel }) {
  const hasPicture = model.run.picture.value !== undefined;
  return (
    <div class="result-buttons" data-picture={hasPicture}>
      <button
        type="button"
        class={hasPicture && !model.run.isBusy ? 'main' : 'quiet'}
        disabled={!hasPicture}
        onClick={() => void model.painted.download()}
        data-testid="download"
      >
        Download
      </button>
      <button type="button" class="quiet" onClick={() => void model.copyCommand()} data-testid="copy-command">
        Copy as command
      </button>
      <button type="button" class="quiet" onClick={() => void model.copyLink()} data-testid="copy-link">
        Copy link
      </button>
    </div>
  );
}

function Progress({ model }: { readonly model: PageModel }) {
  const { run } = model;
  const weights = model.weights.value;
  const isWaiting = (run.phase.value === 'planning' || run.phase.value === 'preparing') && !weights.isReady;
  const { loadedBytes, totalBytes } = weights;
  const loaded = totalBytes === 0 ? 0 : loadedBytes / totalBytes;
  const share = isWaiting ? loaded : run.share.value;
  return (
    <div class="progress">
      <div
        class="bar"
        role="progressbar"
        aria-label={isWaiting ? 'Fetching the network' : 'Painting'}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * share)}
        data-testid="progress"
        ref={(bar) => bar?.style.setProperty('--share', String(share))}
      />
      <p class="status" data-testid="status" data-phase={run.phase.value}>
        {statusOf(model)}
      </p>
      {/* Counting megabytes and steps aloud would help nobody. */}
      <p class="unseen" aria-live="polite" data-testid="announced">
        {announcementOf(model) || null}
      </p>
    </div>
  );
}

/** What a screen reader says by itself: that a run begins, is held, and how it ends. */
function announcementOf({ run, weights }: PageModel): string {
  switch (run.phase.value) {
    case 'idle':
      return weights.value.hasFailed ? 'The network could not be fetched' : (endOf(run) ?? '');
    case 'paused':
      return 'Paused';
    case 'ending':
      return 'Ending';
    default:
      return 'Painting';
  }
}

/** What is going on, in a few words. */
function statusOf({ run, weights, engineState }: PageModel): string {
  if (engineState.value === 'opening') return 'Opening the graphics adapter';
  if (run.isRecovering.value) return 'The graphics device was lost, opening a new one';
  switch (run.phase.value) {
    case 'planning':
    case 'preparing':
      return weights.value.isReady ? 'Getting ready' : `Fetching the network, ${downloaded(weights.value)}`;
    case 'painting':
      return run.evaluation.value === 0 ? 'Preparing the graphics device' : stepOf(run);
    case 'paused':
      return `Paused at step ${run.evaluation.value} of ${run.budget.value}`;
    case 'ending':
      return 'Ending after this step';
    case 'idle':
      if (weights.value.hasFailed) return 'The network could not be fetched';
      return (
        endOf(run) ??
        (isArriving(weights.value) ? `Ready; the network is on its way, ${downloaded(weights.value)}` : 'Ready')
      );
  }
}

/** `Step 12 of 80, scale 2 of 3, 181 px, about 3 minutes left`; what is not known is left out. */
function stepOf({ evaluation, budget, scales, place, pace }: PageModel['run']): string {
  const { secondsLeft } = pace.value;
  const parts = [
    `Step ${evaluation.value} of ${budget.value}`,
    describePlace(scales.value, place.value),
    secondsLeft === undefined ? '' : `${aboutDuration(secondsLeft)} left`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function endOf({ summary }: PageModel['run']): string | undefined {
  if (summary.value === undefined) return undefined;
  const { end, evaluations, elapsedMs } = summary.value;
  if (evaluations === 0 && end === 'aborted') return 'Stopped before anything was painted';
  const spent = `${evaluations} ${evaluations === 1 ? 'step' : 'steps'} in ${(elapsedMs / 1000).toFixed(1)} s`;
  if (end === 'complete') return `Done: ${spent}`;
  if (end === 'aborted') return `Stopped: ${spent}`;
  return end === 'non-finite' || end === 'exploded' ? `Ended early: ${spent}` : `Converged: ${spent}`;
}

/** Being fetched: before anybody wants the network, nothing is. */
function isArriving({ isReady, totalBytes }: PageModel['weights']['value']): boolean {
  return !isReady && totalBytes > 0;
}

const bytesPerMegabyte = 1e6;

function downloaded({ loadedBytes, totalBytes }: PageModel['weights']['value']): string {
  if (totalBytes === 0) return '…';
  return `${(loadedBytes / bytesPerMegabyte).toFixed(0)} of ${(totalBytes / bytesPerMegabyte).toFixed(0)} MB`;
}
