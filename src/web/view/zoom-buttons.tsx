/** Zoom and full screen, in a corner of the stage. */

import { hasFullScreen, isFullScreen } from './full-screen.ts';
import type { StageView } from './stage-view.ts';
import { largestScale } from './zoom.ts';

export function ZoomButtons({ view }: { readonly view: StageView }) {
  const percent = `${view.percent.value} %`;
  const screenLabel = isFullScreen.value ? 'Leave full screen' : 'Full screen';
  return (
    <fieldset class="zoom-buttons" aria-label="Zoom">
      <button
        type="button"
        class="icon"
        aria-label="Zoom out"
        aria-disabled={!view.isZoomed.value}
        onClick={() => view.zoomOut()}
      >
        −
      </button>
      <button
        type="button"
        class="icon percent"
        aria-label={`${percent}, fit in the frame`}
        title="Fit in the frame"
        onClick={() => view.fit()}
        data-testid="zoom-fit"
      >
        {percent}
      </button>
      <button
        type="button"
        class="icon"
        aria-label="Zoom in"
        aria-disabled={view.zoom.value.scale >= largestScale}
        onClick={() => view.zoomIn()}
      >
        +
      </button>
      {hasFullScreen && (
        <button
          type="button"
          class="icon"
          aria-label={screenLabel}
          title={screenLabel}
          onClick={() => view.toggleFullScreen()}
        >
          <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path
              d={
                isFullScreen.value ? 'M6 2v4H2M14 6h-4V2M10 14v-4h4M2 10h4v4' : 'M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4'
              }
            />
          </svg>
        </button>
      )}
    </fieldset>
  );
}
