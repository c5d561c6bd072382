/** The full screen, where browsers have it for more than videos: iPhones do not. */

import { type ReadonlySignal, signal } from '@preact/signals';

const isOn = signal(false);
document.addEventListener('fullscreenchange', () => {
  isOn.value = document.fullscreenElement !== null;
});

export const isFullScreen: ReadonlySignal<boolean> = isOn;

export const hasFullScreen = document.fullscreenEnabled === true;

/** Shows the element alone, or the page again. */
export function toggleFullScreen(element: Element): void {
  const changed = document.fullscreenElement === null ? element.requestFullscreen() : document.exitFullscreen();
  // A browser that refuses leaves the page as it is.
  changed.catch(() => {});
}
