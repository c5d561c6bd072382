/** The handle between the painting and what it is compared with: dragged anywhere on the picture, or moved by the arrow keys. */

import type { Signal } from '@preact/signals';

const step = 5;

export function Wipe(properties: {
  /** How much of the width shows what the painting is compared with, in percent. */
  readonly position: Signal<number>;
  readonly with: 'photograph' | 'other painting';
}) {
  const { position } = properties;
  const moveTo = (value: number): void => {
    position.value = Math.min(100, Math.max(0, Math.round(value * 10) / 10));
  };
  const follow = (event: PointerEvent & { readonly currentTarget: HTMLElement }): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    if (event.currentTarget.hasPointerCapture(event.pointerId)) moveTo(((event.clientX - left) / width) * 100);
  };
  const press = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: position.value - step,
      ArrowDown: position.value - step,
      ArrowRight: position.value + step,
      ArrowUp: position.value + step,
      Home: 0,
      End: 100,
    };
    const next = moves[event.key];
    if (next === undefined) return;
    event.preventDefault();
    moveTo(next);
  };
  return (
    <div
      class="wipe"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        follow(event);
      }}
      onPointerMove={follow}
    >
      <div
        class="handle"
        role="slider"
        tabIndex={0}
        aria-label={`Compare with the ${properties.with}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(position.value)}
        aria-valuetext={`${Math.round(position.value)} percent ${properties.with}`}
        data-testid="wipe"
        onKeyDown={press}
      />
    </div>
  );
}
