/** Starting, holding, stepping and ending a run, and how far it is. */

import type { PageModel } from '../model/page.ts';
import { describePlace } from '../model/place.ts';

export function Transport({ model }: { readonly model: PageModel }) {
  return (
    <section class="transport" aria-label="Run">
      <Progress model={model} />
      <div class="buttons">
        <MainButton model={model} />
        <RunButtons model={model} />
        <ResultButtons model={model} />
      </div>
    </section>
  );
}

function MainButton({ model }: { readonly model: PageModel }) {
  const phase = model.run.phase.value;
  const { content, styles } = model.pictures;
  const hasPictures = content.value !== undefined && styles.value.length > 0;
  const isReady = model.engineState.value === 'ready' && hasPictures;
  switch (phase) {
    case 'idle':
      return (
        <button type="button" class="main" disabled={!isReady} onClick={() => void model.paint()} data-testid="paint">
          Paint
        </button>
      );
    case 'paused':
      return (
        <button type="button" class="main" onClick={() => model.run.do('resume')} data-testid="resume">
          Go on
        </button>
      );
    default:
      return (
        <button
          type="button"
          class="main"
          disabled={phase !== 'painting'}
          onClick={() => model.run.do('pause')}
          data-testid="pause"
        >
          Pause
        </button>
      );
  }
}

function RunButtons({ model }: { readonly model: PageModel }) {
  const { run } = model;
  const phase = run.phase.value;
  const isUnderWay = phase === 'painting' || phase === 'paused';
  if (phase === 'idle') {
    if (run.picture.value === undefined) return null;
    return (
      <button type="button" onClick={() => void model.paint('here')} data-testid="from-here">
        Go on from here
      </button>
    );
  }
  return (
    <>
      <button type="button" disabled={!isUnderWay} onClick={() => run.do('step')} data-testid="step">
        Step
      </button>
      <button type="button" disabled={phase === 'ending'} onClick={() => run.do('stop')} data-testid="stop">
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
        class="quiet"
        disabled={!hasPicture}
        onClick={() => void model.download()}
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
        aria-label={isWaiting ? 'Weights' : 'Evaluations'}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * share)}
        data-testid="progress"
        ref={(bar) => bar?.style.setProperty('--share', String(share))}
      />
      <p
        class="status"
        // Counting megabytes aloud would help nobody.
        aria-live={isWaiting ? 'off' : 'polite'}
        data-testid="status"
        data-phase={run.phase.value}
      >
        {statusOf(model)}
      </p>
    </div>
  );
}

/** What is going on, in a few words. */
function statusOf({ run, weights, engineState }: PageModel): string {
  if (engineState.value === 'opening') return 'Opening the graphics adapter';
  if (run.isRecovering.value) return 'The graphics device was lost, opening a new one';
  switch (run.phase.value) {
    case 'planning':
    case 'preparing':
      return weights.value.isReady ? 'Looking at the pictures' : `Fetching the network, ${downloaded(weights.value)}`;
    case 'painting':
      return run.evaluation.value === 0 ? 'Compiling the kernels' : withPlace('Painting', run);
    case 'paused':
      return withPlace('Paused', run);
    case 'ending':
      return 'Ending after this step';
    case 'idle':
      if (weights.value.hasFailed) return 'The network could not be fetched';
      return (
        endOf(run) ??
        (weights.value.isReady ? 'Ready' : `Ready; the network is on its way, ${downloaded(weights.value)}`)
      );
  }
}

function withPlace(what: string, { scales, place }: PageModel['run']): string {
  const where = describePlace(scales.value, place.value);
  return where === '' ? what : `${what}: ${where}`;
}

function endOf({ summary }: PageModel['run']): string | undefined {
  if (summary.value === undefined) return undefined;
  const { end, evaluations, elapsedMs } = summary.value;
  const spent = `${evaluations} ${evaluations === 1 ? 'evaluation' : 'evaluations'} in ${(elapsedMs / 1000).toFixed(1)} s`;
  if (end === 'complete') return `Done: ${spent}`;
  if (end === 'aborted') return `Stopped: ${spent}`;
  return end === 'non-finite' || end === 'exploded' ? `Ended early: ${spent}` : `Converged: ${spent}`;
}

const bytesPerMegabyte = 1e6;

function downloaded({ loadedBytes, totalBytes }: PageModel['weights']['value']): string {
  if (totalBytes === 0) return '…';
  return `${(loadedBytes / bytesPerMegabyte).toFixed(0)} of ${(totalBytes / bytesPerMegabyte).toFixed(0)} MB`;
}
