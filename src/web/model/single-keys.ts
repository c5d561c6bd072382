/** Whether keys do things by themselves: who speaks to the computer, or strikes keys by accident, can switch it off. Kept by the browser. */

import { type ReadonlySignal, signal } from '@preact/signals';

const key = 'impasto-single-keys';
const off = 'off';

function kept(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

const areOn = signal(kept() !== off);

export const singleKeysAreOn: ReadonlySignal<boolean> = areOn;

export function switchSingleKeys(on: boolean): void {
  areOn.value = on;
  try {
    if (on) localStorage.removeItem(key);
    else localStorage.setItem(key, off);
  } catch {
    // A browser that keeps nothing begins anew with every visit.
  }
}
