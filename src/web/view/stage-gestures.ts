/**
 * Pointers and wheel on the picture. One pointer wipes; zoomed in it moves the picture, and wipes on the handle alone. The middle button,
 * and a drag while the hand's key is held, always move. Two fingers zoom and move.
 */

import type { StageView } from './stage-view.ts';
import type { Point } from './zoom.ts';

/** Natural logarithm of the scale for a pixel of the wheel; a pinch on a trackpad comes as small turns with Ctrl. */
const wheelRate = 0.002;
const pinchRate = 0.01;
const mostAtOnce = 0.25;
const pixelsALine = 20;
/** Turns of the wheel that follow within this time are one movement: at the fit it does not go over into scrolling the page. */
const wheelPauseMs = 300;
const middleButton = 1;

/** Follows gestures until what it returns is called. @param stage holds the frame; the wheel is heard all over it. */
export function watchGestures(stage: HTMLElement, frame: HTMLElement, view: StageView): () => void {
  const pointers = new Pointers(frame, view);
  const listening = new AbortController();
  const { signal } = listening;
  frame.addEventListener('pointerdown', (event) => pointers.press(event), { signal });
  frame.addEventListener('pointermove', (event) => pointers.move(event), { signal });
  frame.addEventListener('pointerup', (event) => pointers.release(event), { signal });
  frame.addEventListener('pointercancel', (event) => pointers.cancel(event), { signal });
  frame.addEventListener('mousedown', (event) => pointers.focus(event), { signal });
  frame.addEventListener('dblclick', (event) => pointers.doubleClick(event), { signal });
  // Two fingers would scroll the page too. After a flick the browser would take the next tap, on whichever button, for the end of it.
  const holdPage = (event: TouchEvent): void => {
    const isOurs = event.touches.length > 1 || view.isZoomed.value;
    if (isOurs && event.cancelable) event.preventDefault();
  };
  frame.addEventListener('touchmove', holdPage, { signal, passive: false });
  stage.addEventListener('wheel', wheelOf(frame, view), { signal, passive: false });
  return () => listening.abort();
}

class Pointers {
  readonly #frame: HTMLElement;
  readonly #view: StageView;
  /** Where the pointers that are down were last. */
  readonly #places = new Map<number, Point>();
  #isWiping = false;
  #wipedBeforePress = 0;
  #wipedBeforeClicks = 0;

  constructor(frame: HTMLElement, view: StageView) {
    this.#frame = frame;
    this.#view = view;
  }

  press(event: PointerEvent): void {
    if (event.button > middleButton || this.#places.size === 2) return;
    this.#frame.setPointerCapture(event.pointerId);
    const place = shareOf(this.#frame, event);
    this.#places.set(event.pointerId, place);
    if (this.#places.size === 2) {
      // The first finger of two meant no wipe.
      if (this.#isWiping) this.#putWipeBack();
      return;
    }
    const { isCompared, isHand, isZoomed, wiped } = this.#view;
    const isOnHandle = event.target instanceof Element && event.target.closest('.handle') !== null;
    const isMove = event.button === middleButton || isHand.value || (isZoomed.value && !isOnHandle);
    this.#isWiping = isCompared.value && !isMove;
    this.#wipedBeforePress = wiped.value;
    if (this.#isWiping) this.#view.wipeTo(100 * place.x);
  }

  move(event: PointerEvent): void {
    const from = this.#places.get(event.pointerId);
    if (from === undefined) return;
    const to = shareOf(this.#frame, event);
    this.#places.set(event.pointerId, to);
    const other = [...this.#places].find(([id]) => id !== event.pointerId)?.[1];
    if (other !== undefined) {
      const spread = this.#distance(to, other) / Math.max(this.#distance(from, other), 1);
      this.#view.zoomBy(spread, between(from, other), between(to, other));
    } else if (this.#isWiping) this.#view.wipeTo(100 * to.x);
    else this.#view.zoomBy(1, from, to);
  }

  release({ pointerId }: PointerEvent): void {
    this.#places.delete(pointerId);
    // The finger that stays after two moves the picture.
    this.#isWiping = false;
  }

  /** The browser took the gesture for its own, as scrolling the page. */
  cancel(event: PointerEvent): void {
    if (this.#isWiping) this.#putWipeBack();
    this.release(event);
  }

  /**
   * Gives the picture the focus, wherever the press brought the handle: keys of a slider are its own. Without this the middle button would
   * begin to scroll.
   */
  focus(event: MouseEvent): void {
    event.preventDefault();
    this.#frame.focus({ preventScroll: true });
    if (event.detail === 1) this.#wipedBeforeClicks = this.#wipedBeforePress;
  }

  /** A close look, or the whole picture again. The two presses meant no wipe. */
  doubleClick(event: MouseEvent): void {
    this.#view.wipeTo(this.#wipedBeforeClicks);
    this.#view.toggleCloseUp(shareOf(this.#frame, event));
  }

  #putWipeBack(): void {
    this.#isWiping = false;
    this.#view.wipeTo(this.#wipedBeforePress);
  }

  /** In pixels. */
  #distance(a: Point, b: Point): number {
    const { width, height } = this.#frame.getBoundingClientRect();
    return Math.hypot((a.x - b.x) * width, (a.y - b.y) * height);
  }
}

/** Zooms about the pointer. A plain wheel belongs to the page where it can scroll, unless the picture is zoomed in. */
function wheelOf(frame: HTMLElement, view: StageView): (event: WheelEvent) => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (event) => {
    const { ctrlKey, timeStamp, deltaMode, deltaY } = event;
    const goesOn = timeStamp - lastMs < wheelPauseMs;
    if (!ctrlKey && !view.isZoomed.value && !goesOn && canPageScroll()) return;
    event.preventDefault();
    lastMs = timeStamp;
    const pixels = deltaMode === WheelEvent.DOM_DELTA_PIXEL ? deltaY : deltaY * pixelsALine;
    const turn = pixels * (ctrlKey ? pinchRate : wheelRate);
    view.zoomBy(Math.exp(-Math.min(mostAtOnce, Math.max(-mostAtOnce, turn))), shareOf(frame, event));
  };
}

function canPageScroll(): boolean {
  const { scrollHeight, clientHeight } = document.documentElement;
  return document.fullscreenElement === null && scrollHeight > clientHeight;
}

function shareOf(frame: HTMLElement, { clientX, clientY }: MouseEvent): Point {
  const { left, top, width, height } = frame.getBoundingClientRect();
  return { x: (clientX - left) / width, y: (clientY - top) / height };
}

function between(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
