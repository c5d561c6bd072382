/** The chosen pictures: the photograph, and the paintings with their shares in the mix; below each a strip of others. */

import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { printable } from '../../core/errors.ts';
import { mostStyles } from '../link.ts';
import type { PageModel } from '../model/page.ts';
import type { Card, Role } from '../model/pictures.ts';
import { FileButton, PickButtons } from './picks.tsx';
import { Sign } from './sign.tsx';
import { Strip } from './strip.tsx';

export function PictureCards({ model }: { readonly model: PageModel }) {
  const { isBusy } = model.run;
  return (
    <fieldset class="pictures" aria-label="Pictures" aria-describedby="about-pictures" disabled={isBusy}>
      <section aria-label="Photograph" data-testid="content">
        <h2>Photograph</h2>
        <PictureCard model={model} part="content" card={model.pictures.content.value} />
        <Strip model={model} part="content" replaces={undefined} />
      </section>
      <Paintings model={model} />
      <p class="aside" id="about-pictures">
        {isBusy
          ? 'Stop to choose other pictures.'
          : 'Choose, drop or paste your own pictures. They stay on this device.'}
      </p>
    </fieldset>
  );
}

function Paintings({ model }: { readonly model: PageModel }) {
  const styles = model.pictures.styles.value;
  const plus = useRef<HTMLButtonElement>(null);
  const further = useRef<HTMLDivElement>(null);
  const isAdding = useSignal(false);
  const canAdd = styles.length > 0 && styles.length < mostStyles;
  useLayoutEffect(() => {
    // What was asked for is there, or not wanted any more; the button that asked goes, and the focus with it.
    if (further.current?.contains(document.activeElement)) plus.current?.focus();
    isAdding.value = false;
  }, [styles.length, isAdding]);
  return (
    <section aria-label="Painting" data-testid="styles">
      <h2>{styles.length > 1 ? 'Paintings' : 'Painting'}</h2>
      {styles.length === 0 && <PictureCard model={model} part="style" card={undefined} />}
      {styles.map((card) => (
        <PictureCard key={card.id} model={model} part="style" card={card} isMix={styles.length > 1} />
      ))}
      <div class="strip-row">
        <Strip model={model} part="style" replaces={isAdding.value ? undefined : styles[0]?.id} />
        {canAdd && (
          <button
            ref={plus}
            type="button"
            class="plus"
            title="Mix in another painting"
            aria-label="Mix in another painting"
            aria-expanded={isAdding.value}
            onClick={() => {
              isAdding.value = !isAdding.value;
            }}
          >
            <span aria-hidden="true">+</span>
            Mix in
          </button>
        )}
      </div>
      {isAdding.value && (
        <div class="pick further" ref={further} data-testid="further">
          <span role="status">One of these, or:</span>
          <FileButton model={model} part="style" label="Choose a further painting" look="quiet">
            File
          </FileButton>
          <PickButtons model={model} part="style" label="Choose a further painting" />
        </div>
      )}
    </section>
  );
}

interface CardProperties {
  readonly model: PageModel;
  readonly part: Role;
  readonly card: Card | undefined;
  readonly isMix?: boolean;
}

function PictureCard({ model, part, card, isMix = false }: CardProperties) {
  const what = part === 'content' ? 'photograph' : 'painting';
  const name = card && printable(card.name);
  const pick = { model, part, replaces: card?.id, label: `Choose another ${what}` };
  return (
    <article class="card" data-drop={part} data-replaces={card?.id}>
      <FileButton {...pick} look="thumbnail">
        {card !== undefined && <img src={card.thumbnail} alt="" width={72} height={72} />}
        <span class="ribbon">Choose</span>
      </FileButton>
      <div class="card-text">
        <p class="name" title={name}>
          {name ?? `No ${what} yet`}
        </p>
        <p class="detail">{card === undefined ? '' : (card.example?.maker ?? `${card.width} × ${card.height}`)}</p>
        <div class="pick">
          <PickButtons {...pick} />
        </div>
      </div>
      {isMix && card !== undefined && <Mix model={model} card={card} />}
    </article>
  );
}

function Mix({ model, card }: { readonly model: PageModel; readonly card: Card }) {
  const name = printable(card.name);
  return (
    <div class="mix">
      <input
        type="range"
        min={0}
        max={1}
        step={0.05}
        value={card.weight}
        aria-label={`Share of ${name} in the mix`}
        data-testid="mix"
        onInput={(event) => model.changes.setWeight(card.id, event.currentTarget.valueAsNumber)}
      />
      <button
        type="button"
        class="icon"
        aria-label={`Remove ${name}`}
        onClick={() => model.changes.removeStyle(card.id)}
      >
        <Sign is="cross" />
      </button>
    </div>
  );
}
