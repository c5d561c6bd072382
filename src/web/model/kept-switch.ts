/** A switch that is remembered for the session: until the tab is closed, over reloads. */

import { type Signal, signal } from '@preact/signals';

const on = 'on';

/** Off at first. */
export function keptSwitch(name: string): Signal<boolean> {
  const key = `impasto ${name}`;
  const isOn = signal(read(key) === on);
  isOn.subscribe((value) => {
    try {
      sessionStorage.setItem(key, value ? on : '');
    } catch {
      // It is forgotten with the page where the browser keeps nothing.
    }
  });
  return isOn;
}

function read(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}
