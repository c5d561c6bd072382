/** A strip of pictures, each chosen by one click: the examples of a kind, then the user's own. */

import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { printable } from '../../core/errors.ts';
import { examples } from '../examples.ts';
import type { PageModel } from '../model/page.ts';
import type { Role } from '../model/pictures.ts';

interface Offered {
  readonly title: string;
  readonly thumbnail: string;
  readonly choose: () => Promise<void>;
}

interface StripProperties {
  readonly model: PageModel;
  readonly part: Role;
  /** The painting that a click replaces; it adds one where there is none. */
  readonly replaces: string | undefined;
}

export function Strip({ model, part, replaces }: StripProperties) {
  const strip = useRef<HTMLDivElement>(null);
  /** Asked for, and not there yet. */
  const asked = useSignal<string | undefined>(undefined);
  const reached = useSignal<string | undefined>(undefined);
  const { content, styles } = model.pictures;
  const cards = part === 'content' ? [content.value] : styles.value;
  const isChosen = ({ thumbnail }: Offered) => cards.some((card) => card?.thumbnail === thumbnail);
  const offers = offersOf(model, part, replaces);
  const chosen = offers.find(isChosen)?.thumbnail;
  useLayoutEffect(() => {
    if (strip.current !== null) bringIntoView(strip.current);
  }, [chosen, offers.length]);
  const choose = async ({ thumbnail, choose }: Offered): Promise<void> => {
    asked.value = thumbnail;
    await choose();
    if (asked.value === thumbnail) asked.value = undefined;
  };
  // One stop of the Tab key; arrows go along the strip from there.
  const stop = reached.value ?? chosen ?? offers[0]?.thumbnail;
  return (
    <div
      ref={strip}
      class="strip"
      role="toolbar"
      aria-label={part === 'content' ? 'Photographs to choose from' : 'Paintings to choose from'}
      data-testid={`strip-${part}`}
      onKeyDown={goAlong}
    >
      {offers.map((offer) => (
        <button
          key={offer.thumbnail}
          type="button"
          class="offer"
          title={offer.title}
          aria-label={offer.title}
          aria-pressed={isChosen(offer)}
          aria-busy={asked.value === offer.thumbnail}
          tabIndex={offer.thumbnail === stop ? 0 : -1}
          onFocus={() => {
            reached.value = offer.thumbnail;
          }}
          onClick={() => {
            if (!isChosen(offer)) void choose(offer);
          }}
        >
          <img src={offer.thumbnail} alt="" width={56} height={56} decoding="async" />
        </button>
      ))}
    </div>
  );
}

function offersOf(model: PageModel, part: Role, replaces: string | undefined): readonly Offered[] {
  const kind = part === 'content' ? 'photograph' : 'painting';
  const ofKind = examples.filter((example) => example.kind === kind);
  return [
    ...ofKind.map(({ id, title, thumbnail }) => ({
      title,
      thumbnail,
      choose: () => model.changes.receiveExample(part, id, replaces),
    })),
    ...model.pictures.shelf.of(part).map(({ file, thumbnail }) => ({
      title: printable(file.name),
      thumbnail,
      choose: () => model.changes.receive(part, [file], replaces),
    })),
  ];
}

/** Scrolls the strip, and nothing but the strip, to what is chosen. */
function bringIntoView(strip: HTMLElement): void {
  const chosen = strip.querySelector<HTMLElement>('[aria-pressed=true]');
  if (chosen === null) return;
  const [all, one] = [strip.getBoundingClientRect(), chosen.getBoundingClientRect()];
  if (one.left < all.left || one.right > all.right) strip.scrollLeft += one.left - all.left - all.width / 2;
}

/** Arrows, Home and End move the focus, and the browser scrolls after it. */
function goAlong(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  const buttons = [...event.currentTarget.querySelectorAll('button')];
  const at = buttons.findIndex((button) => button.matches(':focus'));
  const places: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    Home: 0,
    End: buttons.length - 1,
  };
  const place = places[event.key];
  if (place === undefined) return;
  event.preventDefault();
  buttons[place]?.focus();
}
