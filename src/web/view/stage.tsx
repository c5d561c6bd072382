/** The picture: the photograph below, the painting over it, and a wipe between the two; both are zoomed together. */

import { effect, useSignalEffect } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { PageModel } from '../model/page.ts';
import { DropZones } from './drop-zones.tsx';
import { watchGestures } from './stage-gestures.ts';
import type { StageView } from './stage-view.ts';
import { Wipe } from './wipe.tsx';
import { ZoomButtons } from './zoom-buttons.tsx';

/** Percent of the photograph that a finished picture shows, so that the wipe is seen to be one. */
const waitsAt = 15;

export function Stage({ model, view }: { readonly model: PageModel; readonly view: StageView }) {
  const frame = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    view.wiped.value = view.isCompared.value ? waitsAt : 0;
  });
  useSignalEffect(() => view.follow());
  useLayoutEffect(() => watchFrame(frame.current, view), [view]);
  const shown = model.pictures.photograph.value;
  const photograph = shown && { url: shown.url, words: `The photograph: ${shown.name}` };
  const other = view.isCompared.value ? model.history.compared.value : undefined;
  const before = other
    ? { url: model.history.urlOf(other), words: `To compare: ${other.making.description}` }
    : photograph;
  const painted = model.run.picture.value;
  return (
    <section class="stage" aria-label="Picture" ref={view.stage} data-hand={view.isHand.value}>
      <figure
        class="frame"
        aria-label={view.isZoomed.value ? 'Zoomed in; arrow keys move the picture' : undefined}
        ref={frame}
        // Arrow keys move what is zoomed in, as they scroll what is longer than its frame.
        tabIndex={view.isZoomed.value ? 0 : -1}
        data-zoomed={view.isZoomed.value}
        data-compared={view.isCompared.value}
        data-peeking={view.isPeeking.value}
        data-testid="frame"
      >
        <div class="window">
          {before !== undefined && (
            <img
              class="before"
              src={before.url}
              alt={before.words}
              draggable={false}
              // The browser tells when it is on the screen, which `fetch-ahead.ts` waits for.
              elementtiming="photograph"
              data-painting={before !== photograph}
              data-testid="before"
            />
          )}
          <div class="curtain">
            <Canvas key={model.canvasNumber.value} model={model} isSharp={view.isSharp.value} />
          </div>
        </div>
        {view.isCompared.value && <Wipe view={view} with={other === undefined ? 'photograph' : 'other painting'} />}
        {painted === undefined && !view.isZoomed.value && <Hint model={model} />}
      </figure>
      <ZoomButtons view={view} />
      <DropZones model={model} />
    </section>
  );
}

function watchFrame(frame: HTMLElement | null, view: StageView): (() => void) | undefined {
  const stage = view.stage.current;
  if (stage === null || frame === null) return undefined;
  const observer = new ResizeObserver(([entry]) => {
    view.framePixels.value = (entry?.contentRect.width ?? 0) * devicePixelRatio;
  });
  observer.observe(frame);
  const ends = [() => observer.disconnect(), watchGestures(stage, frame, view), effect(() => paintStyle(frame, view))];
  return () => {
    for (const end of ends) end();
  };
}

/** What changes while a pointer moves goes past the views, straight to the style. */
function paintStyle({ style }: HTMLElement, { wiped, size, zoom }: StageView): void {
  const { width, height } = size.value;
  const { scale, x, y } = zoom.value;
  style.setProperty('--aspect', String(width / height));
  style.setProperty('--wiped', `${wiped.value}%`);
  style.setProperty('--zoom', `translate(${100 * x}%, ${100 * y}%) scale(${scale})`);
}

/** What the engine draws on. A canvas can be handed over once only; each has its own number. */
function Canvas({ model, isSharp }: { readonly model: PageModel; readonly isSharp: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  // Before the first frame, which the pictures of a first visit are asked for in.
  useLayoutEffect(() => {
    if (canvas.current !== null) void model.useCanvas(canvas.current);
  }, [model]);
  const isPainted = model.run.picture.value !== undefined;
  return (
    <canvas
      ref={canvas}
      class="after"
      data-testid="canvas"
      data-painted={isPainted}
      data-sharp={isSharp}
      aria-label={isPainted ? 'The painting' : 'Nothing is painted yet'}
      role="img"
    />
  );
}

/** Small pictures of the paintings on the photograph, while nothing is painted. */
function Hint({ model }: { readonly model: PageModel }) {
  const styles = model.pictures.styles.value;
  if (styles.length === 0) return null;
  return (
    <div class="swatches" aria-hidden="true">
      {styles.map(({ id, url }) => (
        <img key={id} src={url} alt="" />
      ))}
    </div>
  );
}
