/**
 * When the page fetches what it does not need to open, the network's weights and the files that let it open offline: not before the picture is painted;
 * then as soon as the browser is idle, or, where bytes are dear, when somebody turns to the controls.
 */

import { useEffect } from 'preact/hooks';
import { mayFetchAhead } from '../../platform/browser/connection.ts';
import { keepPage } from '../../platform/browser/offline.ts';
import type { PageModel } from '../model/page.ts';

/** A picture that is not seen to be painted within this time is not waited for. */
const mostPaintingMs = 5000;

/** Fetches once, at the right moment, whatever the model has not yet. */
export function useFetchAhead(model: PageModel): void {
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const fetchAll = (): void => {
      if (signal.aborted) return;
      stop.abort();
      model.fetchWeights();
      // While developing, files change under one name.
      if (import.meta.env.PROD) void keepPage();
    };
    void pictureIsPainted(signal).then(() => {
      onIntent(fetchAll, signal);
      if (mayFetchAhead()) whenIdle(fetchAll);
    });
    return () => stop.abort();
  }, [model]);
}

/** Resolves when the photograph, the largest thing on the page and the last to come, is on the screen. */
async function pictureIsPainted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const loaded = ({ target }: Event): void => {
      if (target instanceof Element && target.matches('.frame .before')) resolve();
    };
    // Events of an image do not bubble.
    document.addEventListener('load', loaded, { capture: true, signal });
  });
  // It is in the next frame, and the one after begins when that is done.
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  // A compositor that has just started brings frames to the screen a second later, which not every browser tells.
  if (!PerformanceObserver.supportedEntryTypes.includes('element')) return;
  await new Promise<void>((resolve) => {
    const observer = new PerformanceObserver(() => {
      observer.disconnect();
      resolve();
    });
    observer.observe({ type: 'element', buffered: true });
    // It may be outside the window.
    setTimeout(resolve, mostPaintingMs);
  });
}

/** Calls when somebody turns to the controls, touches the page, or brings a picture. */
function onIntent(act: () => void, signal: AbortSignal): void {
  for (const type of ['pointerdown', 'dragover', 'paste', 'change']) document.addEventListener(type, act, { signal });
  for (const type of ['pointerover', 'focusin']) {
    const look = ({ target }: Event): void => {
      if (target instanceof Element && target.closest('.controls, .transport') !== null) act();
    };
    document.addEventListener(type, look, { signal });
  }
}

/** Not every browser tells when it is idle. */
function whenIdle(act: () => void): void {
  if ('requestIdleCallback' in globalThis) requestIdleCallback(act);
  else setTimeout(act, 500);
}
