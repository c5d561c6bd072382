/** What is seen of the picture: its size, the part that the zoom shows, and how much of it is the photograph. */

import { computed, signal } from '@preact/signals';
import { createRef } from 'preact';
import type { PageModel } from '../model/page.ts';
import { toggleFullScreen } from './full-screen.ts';
import { closeUpScale, fitted, isSharp, isZoomed, middle, type Point, type Zoom, zoomTo } from './zoom.ts';

/** One press of a button or key. */
const zoomStep = Math.SQRT2;
/** Share of the frame that one press of an arrow moves by. */
const panStep = 0.1;
/** Percent of the frame's width. */
const wipeStep = 5;
/** Of the logarithm of a picture's shape, above which it is another picture: at small sizes, rounding changes the shape too. */
const otherShape = 0.1;

export class StageView {
  readonly #model: PageModel;
  /** The element, which can have the full screen. */
  readonly stage = createRef<HTMLElement>();
  readonly zoom = signal<Zoom>(fitted);
  /** Percent of the frame's width that shows the photograph. */
  readonly wiped = signal(0);
  /** Whether the photograph is shown for as long as a key is held. */
  readonly isPeeking = signal(false);
  /** Whether dragging moves the picture for as long as a key is held. */
  readonly isHand = signal(false);
  /** Device pixels across the frame. */
  readonly framePixels = signal(0);
  /** Whether there are two pictures to compare: while it is painted the whole painting is seen. */
  readonly isCompared = computed(() => {
    const { phase, picture } = this.#model.run;
    return picture.value !== undefined && (phase.value === 'idle' || phase.value === 'paused');
  });
  /** Of the result, as far as it is known. Smaller scales have its shape but for rounding, which must not move the frame. */
  readonly size = computed(() => {
    const { run, pictures } = this.#model;
    return run.scales.value.at(-1) ?? run.picture.value ?? pictures.photograph.value ?? { width: 3, height: 2 };
  });
  readonly #pixelsAtFit = computed(() => this.framePixels.value / this.size.value.width);
  readonly isZoomed = computed(() => isZoomed(this.zoom.value));
  readonly isSharp = computed(() => isSharp(this.zoom.value, this.#pixelsAtFit.value));
  /** Device pixels on a pixel of the painting. */
  readonly percent = computed(() => Math.round(100 * this.zoom.value.scale * this.#pixelsAtFit.value));
  #shown = { aspect: 1, photograph: '' };

  constructor(model: PageModel) {
    this.#model = model;
  }

  fit(): void {
    this.zoom.value = fitted;
  }

  /** Back to the fit if another picture came; a run that paints the same one leaves the zoom. */
  follow(): void {
    const { width, height } = this.size.value;
    const shown = { aspect: width / height, photograph: this.#model.pictures.photograph.value?.url ?? '' };
    const before = this.#shown;
    this.#shown = shown;
    const isOther = Math.abs(Math.log(shown.aspect / before.aspect)) > otherShape;
    if (isOther || shown.photograph !== before.photograph) this.fit();
  }

  /** Multiplies the scale and brings what is at `from` to `to`. */
  zoomBy(factor: number, from: Point, to: Point = from): void {
    const zoom = this.zoom.value;
    this.zoom.value = zoomTo(zoom, zoom.scale * factor, from, to);
  }

  zoomIn(): void {
    this.zoomBy(zoomStep, middle);
  }

  zoomOut(): void {
    this.zoomBy(1 / zoomStep, middle);
  }

  closeUp(about: Point = middle): void {
    this.zoom.value = zoomTo(this.zoom.value, closeUpScale(this.#pixelsAtFit.value), about);
  }

  toggleCloseUp(about: Point): void {
    if (this.isZoomed.value) this.fit();
    else this.closeUp(about);
  }

  /** Moves what is looked at, in presses of an arrow: to the right the picture goes left. */
  look(right: number, down: number): void {
    this.zoomBy(1, middle, { x: middle.x - right * panStep, y: middle.y - down * panStep });
  }

  toggleFullScreen(): void {
    if (this.stage.current !== null) toggleFullScreen(this.stage.current);
  }

  wipeTo(percent: number): void {
    this.wiped.value = Math.min(100, Math.max(0, Math.round(percent * 10) / 10));
  }

  wipeBy(steps: number): void {
    this.wipeTo(this.wiped.value + steps * wipeStep);
  }
}
