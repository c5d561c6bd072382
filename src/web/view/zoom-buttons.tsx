/** Zoom and full screen, in a corner of the stage. */

import { hasFullScreen, isFullScreen } from './full-screen.ts';
import { Sign } from './sign.tsx';
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
        <Sign is="minus" />
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
        <Sign is="plus" />
      </button>
      {hasFullScreen && (
        <button
          type="button"
          class="icon"
          aria-label={screenLabel}
          title={screenLabel}
          onClick={() => view.toggleFullScreen()}
        >
          <Sign is={isFullScreen.value ? 'leaveFullScreen' : 'fullScreen'} />
        </button>
      )}
    </fieldset>
  );
}
