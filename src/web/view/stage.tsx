/** The picture: the photograph below, the painting over it, and a wipe between the two. */

import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { PageModel } from '../model/page.ts';
import { DropZones } from './drop-zones.tsx';
import { Wipe } from './wipe.tsx';

/** Percent of the photograph that a finished picture shows, so that the wipe is seen to be one. */
const waitsAt = 15;

export function Stage({ model }: { readonly model: PageModel }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const wiped = useSignal(0);
  useEffect(() => {
    // A canvas can be handed over once only.
    if (canvas.current !== null) void model.open(canvas.current);
  }, [model]);
  const { phase, picture } = model.run;
  // While it is painted the whole picture is seen.
  const isCompared = useComputed(
    () => picture.value !== undefined && (phase.value === 'idle' || phase.value === 'paused'),
  );
  useSignalEffect(() => {
    wiped.value = isCompared.value ? waitsAt : 0;
  });
  useSignalEffect(() => frame.current?.style.setProperty('--wiped', `${wiped.value}%`));
  const { content } = model.pictures;
  const photograph = content.value && { url: content.value.url, words: `The photograph: ${content.value.name}` };
  const other = isCompared.value ? model.history.compared.value : undefined;
  const before = other
    ? { url: model.history.urlOf(other), words: `To compare: ${other.making.description}` }
    : photograph;
  const painted = model.run.picture.value;
  // Smaller scales have the result's shape but for rounding, which must not move the frame.
  const result = model.run.scales.value.at(-1);
  const { width, height } = result ?? painted ?? content.value ?? { width: 3, height: 2 };
  useLayoutEffect(() => frame.current?.style.setProperty('--aspect', String(width / height)), [width, height]);
  return (
    <section class="stage" aria-label="Picture">
      <div class="frame" ref={frame}>
        {before !== undefined && (
          <img
            class="before"
            src={before.url}
            alt={before.words}
            data-painting={before !== photograph}
            data-testid="before"
          />
        )}
        <canvas
          ref={canvas}
          class="after"
          data-testid="canvas"
          data-painted={painted !== undefined}
          aria-label={painted === undefined ? 'Nothing is painted yet' : 'The painting'}
          role="img"
        />
        {isCompared.value && <Wipe position={wiped} with={other === undefined ? 'photograph' : 'other painting'} />}
        {painted === undefined && <Hint model={model} />}
      </div>
      <DropZones model={model} />
    </section>
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
