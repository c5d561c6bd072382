/** A switch that is remembered: for the session, until the tab is closed, over reloads; or by the browser, from visit to visit. */

import { type Signal, signal } from '@preact/signals';

const [on, off] = ['on', 'off'];

const storages = { session: () => sessionStorage, visits: () => localStorage };

/** @param usual is what it is until somebody switches it. */
export function keptSwitch(name: string, lasts: keyof typeof storages, usual: boolean): Signal<boolean> {
  const key = `impasto ${name}`;
  const storageOf = storages[lasts];
  const isOn = signal((read(storageOf, key) ?? (usual ? on : off)) === on);
  isOn.subscribe((value) => {
    try {
      storageOf().setItem(key, value ? on : off);
    } catch {
      // It is forgotten with the page where the browser keeps nothing.
    }
  });
  return isOn;
}

function read(storageOf: () => Storage, key: string): string | null {
  try {
    return storageOf().getItem(key);
  } catch {
    return null;
  }
}
