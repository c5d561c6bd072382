/**
 * Dropping files: two halves over the picture while files are dragged over the page, photograph left and painting right; a card of the
 * panel takes what is dropped on it.
 */

import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { PageModel } from '../model/page.ts';

export function DropZones({ model }: { readonly model: PageModel }) {
  const isDragging = useSignal(false);
  const { styles } = model.pictures;
  useEffect(() => watchDrops(model, isDragging), [model, isDragging]);
  return (
    <div class="drop-zones" data-active={isDragging.value}>
      <div class="drop-zone" data-drop="content" data-testid="drop-content">
        Drop here: the photograph
      </div>
      <div class="drop-zone" data-drop="style" data-replaces={styles.value[0]?.id} data-testid="drop-style">
        Drop here: the painting
      </div>
    </div>
  );
}

function watchDrops(model: PageModel, isDragging: Signal<boolean>): () => void {
  const over = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes('Files') !== true) return;
    // Without this the browser would leave the page for the file.
    event.preventDefault();
    isDragging.value = true;
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    isDragging.value = false;
    const place = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-drop]') : null;
    const { drop: role = 'content', replaces } = place?.dataset ?? {};
    void model.receive(role === 'style' ? 'style' : 'content', [...(event.dataTransfer?.files ?? [])], replaces);
  };
  const leave = (event: DragEvent): void => {
    if (event.relatedTarget === null) isDragging.value = false;
  };
  document.addEventListener('dragover', over);
  document.addEventListener('drop', drop);
  document.addEventListener('dragleave', leave);
  return () => {
    document.removeEventListener('dragover', over);
    document.removeEventListener('drop', drop);
    document.removeEventListener('dragleave', leave);
  };
}
