/** The `?` sheet: the table of keys, and a switch for who wants none. */

import type { Signal } from '@preact/signals';
import { Dialog } from './dialog.tsx';
import type { Shortcut } from './shortcuts.ts';

interface SheetProperties {
  readonly shortcuts: readonly Shortcut[];
  /** Whether keys do things by themselves. */
  readonly areUsed: Signal<boolean>;
  readonly onClose: () => void;
}

export function ShortcutSheet({ shortcuts, areUsed, onClose }: SheetProperties) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl class="shortcuts">
        {shortcuts.map(({ caps, does }) => (
          <div key={does}>
            <dt>
              {caps.map((cap) => (
                <kbd key={cap}>{cap}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="aside">
        With a mouse or fingers: turn the wheel or pinch to zoom, drag to move, double-click for a close look and back.
      </p>
      <label class="check">
        <input
          type="checkbox"
          checked={areUsed.value}
          onChange={(event) => {
            areUsed.value = event.currentTarget.checked;
          }}
        />
        Use these keys
      </label>
    </Dialog>
  );
}
