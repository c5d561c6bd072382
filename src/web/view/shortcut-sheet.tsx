/** The `?` sheet: the table of keys, and a switch for who wants none. */

import { singleKeysAreOn, switchSingleKeys } from '../model/single-keys.ts';
import { Dialog } from './dialog.tsx';
import type { Shortcut } from './shortcuts.ts';

export function ShortcutSheet(properties: { readonly shortcuts: readonly Shortcut[]; readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={properties.onClose}>
      <dl class="shortcuts">
        {properties.shortcuts.map(({ caps, does }) => (
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
          checked={singleKeysAreOn.value}
          onChange={(event) => switchSingleKeys(event.currentTarget.checked)}
        />
        Use these keys
      </label>
    </Dialog>
  );
}
