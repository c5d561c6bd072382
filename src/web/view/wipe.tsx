/** The handle between the painting and what it is compared with: a place in the frame, wherever the picture below it is moved to. */

import type { StageView } from './stage-view.ts';

/** Dragging belongs to the stage's gestures; here keys move it. */
export function Wipe(properties: { readonly view: StageView; readonly with: 'photograph' | 'other painting' }) {
  const { view } = properties;
  const percent = Math.round(view.wiped.value);
  const press = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => view.wipeBy(-1),
      ArrowDown: () => view.wipeBy(-1),
      ArrowRight: () => view.wipeBy(1),
      ArrowUp: () => view.wipeBy(1),
      Home: () => view.wipeTo(0),
      End: () => view.wipeTo(100),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  };
  return (
    <div
      class="handle"
      role="slider"
      tabIndex={0}
      aria-label={`Compare with the ${properties.with}`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={`${percent} percent ${properties.with}`}
      data-testid="wipe"
      onKeyDown={press}
    />
  );
}
