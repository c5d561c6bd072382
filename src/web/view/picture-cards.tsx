/** The chosen pictures: the photograph, and the paintings with their shares in the mix. */

import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { printable } from '../../core/errors.ts';
import { mostStyles } from '../link.ts';
import type { PageModel } from '../model/page.ts';
import type { Card, Role } from '../model/pictures.ts';
import { Camera } from './camera.tsx';
import { Gallery } from './gallery.tsx';

export function PictureCards({ model }: { readonly model: PageModel }) {
  const { content, styles } = model.pictures;
  const isMix = styles.value.length > 1;
  return (
    <div class="pictures">
      <section aria-label="Photograph" data-testid="content">
        <h2>Photograph</h2>
        <PictureCard model={model} part="content" card={content.value} />
      </section>
      <section aria-label="Painting" data-testid="styles">
        <h2>{isMix ? 'Paintings' : 'Painting'}</h2>
        {styles.value.length === 0 && <PictureCard model={model} part="style" card={undefined} />}
        {styles.value.map((card) => (
          <PictureCard key={card.id} model={model} part="style" card={card} isMix={isMix} />
        ))}
        {styles.value.length < mostStyles && <AddStyle model={model} />}
      </section>
      <p class="aside">Choose, drop or paste your own pictures. They stay on this device.</p>
    </div>
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
  return (
    <article class="card" data-drop={part} data-replaces={card?.id}>
      <div class="thumbnail">{card !== undefined && <img src={card.url} alt="" width={72} height={72} />}</div>
      <div class="card-text">
        <p class="name" title={name}>
          {name ?? `No ${what} yet`}
        </p>
        <p class="detail">{card === undefined ? '' : (card.example?.maker ?? `${card.width} × ${card.height}`)}</p>
        <PickButtons model={model} part={part} replaces={card?.id} label={`Choose another ${what}`} />
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
        disabled={model.run.isBusy}
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
        ×
      </button>
    </div>
  );
}

function AddStyle({ model }: { readonly model: PageModel }) {
  return (
    <details class="add">
      <summary>Mix in another painting</summary>
      <PickButtons model={model} part="style" label="Choose a further painting" />
    </details>
  );
}

interface PickProperties {
  readonly model: PageModel;
  readonly part: Role;
  readonly replaces?: string | undefined;
  readonly label: string;
}

/** The ways to a picture: a file, the camera, the examples. */
function PickButtons({ model, part, replaces, label }: PickProperties) {
  const input = useRef<HTMLInputElement>(null);
  const open = useSignal<'camera' | 'gallery' | undefined>(undefined);
  const take = (files: readonly File[]): void => void model.changes.receive(part, files, replaces);
  const close = (): void => {
    open.value = undefined;
  };
  return (
    <div class="pick">
      <input
        ref={input}
        type="file"
        accept="image/*"
        hidden
        aria-label={label}
        data-testid={`file-${part}`}
        onChange={(event) => {
          take([...(event.currentTarget.files ?? [])]);
          // The same file can be chosen again.
          event.currentTarget.value = '';
        }}
      />
      <button type="button" class="quiet" aria-label={`${label}: file`} onClick={() => input.current?.click()}>
        File
      </button>
      <button
        type="button"
        class="quiet"
        aria-label={`${label}: camera`}
        onClick={() => {
          open.value = 'camera';
        }}
      >
        Camera
      </button>
      <button
        type="button"
        class="quiet"
        aria-label={`${label}: examples`}
        onClick={() => {
          open.value = 'gallery';
        }}
      >
        Examples
      </button>
      {open.value === 'camera' && <Camera onPicture={take} onClose={close} />}
      {open.value === 'gallery' && (
        <Gallery part={part} onChoose={(id) => void model.changes.receiveExample(part, id, replaces)} onClose={close} />
      )}
    </div>
  );
}
