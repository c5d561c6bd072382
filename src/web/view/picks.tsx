/** The ways to a picture: a file, the camera, the examples. */

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import type { PageModel } from '../model/page.ts';
import type { Role } from '../model/pictures.ts';
import { Camera } from './camera.tsx';
import { Gallery } from './gallery.tsx';

/** What is chosen, and where it goes. */
export interface PickProperties {
  readonly model: PageModel;
  readonly part: Role;
  readonly replaces?: string | undefined;
  readonly label: string;
}

/** A button that lets the browser ask for a file; on a telephone `capture` makes it take a photograph instead. */
export function FileButton(
  properties: PickProperties & {
    readonly look: 'thumbnail' | 'quiet';
    readonly capture?: 'environment';
    readonly children: ComponentChildren;
  },
) {
  const { model, part, replaces, label, look, capture, children } = properties;
  const input = useRef<HTMLInputElement>(null);
  const name = `${label}: ${capture === undefined ? 'file' : 'camera'}`;
  return (
    <>
      <input
        ref={input}
        type="file"
        accept="image/*"
        capture={capture}
        hidden
        aria-label={name}
        data-testid={`${capture === undefined ? 'file' : 'photograph'}-${part}`}
        onChange={(event) => {
          void model.changes.receive(part, [...(event.currentTarget.files ?? [])], replaces);
          // The same file can be chosen again.
          event.currentTarget.value = '';
        }}
      />
      <button type="button" class={look} aria-label={name} onClick={() => input.current?.click()}>
        {children}
      </button>
    </>
  );
}

/** The ways beside the file. */
export function PickButtons(properties: PickProperties) {
  const { model, part, replaces, label } = properties;
  const open = useSignal<'camera' | 'gallery' | undefined>(undefined);
  const close = (): void => {
    open.value = undefined;
  };
  const opener = (what: 'camera' | 'gallery', name: string, word: string) => (
    <button
      type="button"
      class="quiet"
      aria-label={`${label}: ${name}`}
      onClick={() => {
        open.value = what;
      }}
    >
      {word}
    </button>
  );
  // A telephone's own camera is better than a small picture of it in the page.
  const hasOwnCamera = matchMedia('(pointer: coarse)').matches;
  return (
    <>
      {hasOwnCamera ? (
        <FileButton {...properties} look="quiet" capture="environment">
          Camera
        </FileButton>
      ) : (
        opener('camera', 'camera', 'Camera')
      )}
      {opener('gallery', 'examples', 'Examples')}
      {open.value === 'camera' && (
        <Camera onPicture={(files) => void model.changes.receive(part, files, replaces)} onClose={close} />
      )}
      {open.value === 'gallery' && (
        <Gallery part={part} onChoose={(id) => void model.changes.receiveExample(part, id, replaces)} onClose={close} />
      )}
    </>
  );
}
