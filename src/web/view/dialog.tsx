/** A dialog over the page; Escape and a click beside it close it, and the focus goes back where it came from. */

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Sign } from './sign.tsx';

export function Dialog(properties: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-label={properties.title} closedby="any" onClose={properties.onClose}>
      <header>
        <h2 class="dialog-title">{properties.title}</h2>
        <button type="button" class="icon" aria-label="Close" onClick={() => dialog.current?.close()}>
          <Sign is="cross" />
        </button>
      </header>
      {properties.children}
    </dialog>
  );
}
