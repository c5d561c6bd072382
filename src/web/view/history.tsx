/** Everything that was painted, in a drawer: to open again, compare, download and delete. */

import { printable } from '../../core/errors.ts';
import type { PageModel } from '../model/page.ts';
import type { KeptPainting } from '../model/painting-store.ts';

export function History({ model }: { readonly model: PageModel }) {
  const { history } = model;
  const paintings = history.paintings.value;
  const room = history.roomBytes.value;
  return (
    <details class="drawer" data-testid="history">
      <summary>Your paintings ({paintings.length})</summary>
      {paintings.length === 0 ? (
        <p class="aside">What you paint is kept here, on this device.</p>
      ) : (
        <ul class="paintings">
          {paintings.map((painting) => (
            <PaintingCard key={painting.id} model={model} painting={painting} />
          ))}
        </ul>
      )}
      {paintings.length > 0 && (
        <p class="aside" data-testid="history-room">
          {megabytes(history.bytes.value)} on this device
          {room === undefined ? '' : ` of ${megabytes(room)} that the browser gives`}. When there is no more room the
          oldest go.
        </p>
      )}
    </details>
  );
}

function PaintingCard({ model, painting }: { readonly model: PageModel; readonly painting: KeptPainting }) {
  const { history, run } = model;
  const { id, making, width, height, evaluations, keptAtMs } = painting;
  const isShown = !run.isBusy && history.shown.value === id;
  const isCompared = history.compared.value?.id === id;
  const name = printable(making.description);
  const canCompare = run.picture.value !== undefined && !isShown;
  return (
    <li class="painting">
      <button
        type="button"
        class="painting-picture"
        aria-label={`Open ${name}`}
        aria-current={isShown}
        disabled={run.isBusy}
        onClick={() => void model.changes.openPainting(id)}
        data-testid="painting"
      >
        <img src={history.urlOf(painting)} alt="" loading="lazy" decoding="async" width={width} height={height} />
      </button>
      <p class="name" title={name}>
        {name}
      </p>
      <p class="detail">
        {width} × {height}, {evaluations} steps, {timeOf(keptAtMs)}
      </p>
      <div class="painting-deeds">
        <button
          type="button"
          class="quiet"
          aria-pressed={isCompared}
          disabled={!canCompare}
          onClick={() => history.compare(id)}
          data-testid="compare"
        >
          Compare
        </button>
        <button type="button" class="quiet" onClick={() => model.downloadPainting(painting)}>
          Download
        </button>
        <button type="button" class="quiet" onClick={() => void model.changes.removePainting(id)} data-testid="delete">
          Delete
        </button>
      </div>
    </li>
  );
}

/** `14:05` today, else `3 May, 14:05`, as the reader's language has it. */
function timeOf(ms: number): string {
  const date = new Date(ms);
  const isToday = date.toDateString() === new Date().toDateString();
  const day: Intl.DateTimeFormatOptions = isToday ? {} : { day: 'numeric', month: 'short' };
  return date.toLocaleString(undefined, { ...day, hour: '2-digit', minute: '2-digit' });
}

function megabytes(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
