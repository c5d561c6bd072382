/** The keys that do something by themselves: one table, which handles them and is what the `?` sheet lists. */

import type { ReadonlySignal } from '@preact/signals';
import type { PageModel } from '../model/page.ts';
import { hasFullScreen } from './full-screen.ts';
import { mainDeed } from './main-deed.ts';
import type { StageView } from './stage-view.ts';

export interface Shortcut {
  /** As `nameOf` gives them. */
  readonly keys: readonly string[];
  /** The keys that the sheet shows; words where a sign would be read out as nothing. */
  readonly caps: readonly string[];
  /** What it does, as the sheet says it. */
  readonly does: string;
  /** Where it is not, the key is left to others. */
  readonly isOfUse?: () => boolean;
  readonly press: (key: string) => void;
  /** For what lasts as long as the key is held. */
  readonly release?: () => void;
  /** Whether a key that is held presses again and again. */
  readonly repeats?: true;
  /** Whether the key means something else with the focus elsewhere: it counts on the picture, and where nothing has the focus. */
  readonly onPictureOnly?: true;
}

const arrows: Readonly<Record<string, readonly [right: number, down: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowRight: [1, 0],
};

/** The table. @param list opens the sheet. */
export function shortcutsOf(model: PageModel, view: StageView, list: () => void): readonly Shortcut[] {
  return [
    ...runShortcuts(model),
    ...pictureShortcuts(view),
    ...changeShortcuts(model),
    { keys: ['?'], caps: ['?'], does: 'This list', press: list },
  ];
}

function runShortcuts(model: PageModel): readonly Shortcut[] {
  const { run } = model;
  return [
    { keys: ['p'], caps: ['P'], does: 'Paint, pause, continue', press: () => mainDeed(model).use?.() },
    { keys: ['.'], caps: ['.'], does: 'One step', press: () => run.do('step') },
    {
      keys: ['Escape'],
      caps: ['Esc'],
      does: 'Stop painting',
      // It leaves the full screen first.
      isOfUse: () => run.isBusy && document.fullscreenElement === null,
      press: () => run.do('stop'),
    },
    {
      keys: ['d'],
      caps: ['D'],
      does: 'Download the painting',
      isOfUse: () => run.picture.value !== undefined,
      press: () => void model.painted.download(),
    },
  ];
}

function changeShortcuts(model: PageModel): readonly Shortcut[] {
  return [
    { keys: ['mod+z'], caps: ['Ctrl', 'Z'], does: 'Undo the last change', press: () => void model.changes.undo() },
    {
      keys: ['mod+shift+z', 'mod+y'],
      caps: ['Ctrl', 'Shift', 'Z'],
      does: 'Make it again',
      press: () => void model.changes.redo(),
    },
  ];
}

function pictureShortcuts(view: StageView): readonly Shortcut[] {
  const isZoomed = () => view.isZoomed.value;
  const hold = (held: StageView['isHand']) => ({
    press: () => {
      held.value = true;
    },
    release: () => {
      held.value = false;
    },
  });
  const fullScreen: Shortcut = {
    keys: ['f'],
    caps: ['F'],
    does: 'Full screen, and back',
    press: () => view.toggleFullScreen(),
  };
  return [
    { keys: ['b'], caps: ['B'], does: 'Hold to see the photograph', ...hold(view.isPeeking) },
    { keys: ['+', '='], caps: ['+'], does: 'Zoom in', repeats: true, press: () => view.zoomIn() },
    { keys: ['-'], caps: ['Minus'], does: 'Zoom out', repeats: true, press: () => view.zoomOut() },
    { keys: ['0'], caps: ['0'], does: 'Fit the picture in its frame', press: () => view.fit() },
    { keys: ['1'], caps: ['1'], does: '100 %, or the next closer look', press: () => view.closeUp() },
    {
      keys: ['ArrowLeft', 'ArrowRight'],
      caps: ['Left', 'Right'],
      does: 'Move the line between photograph and painting',
      isOfUse: () => view.isCompared.value && !isZoomed(),
      press: (key) => view.wipeBy(key === 'ArrowLeft' ? -1 : 1),
      repeats: true,
      onPictureOnly: true,
    },
    {
      keys: Object.keys(arrows),
      caps: ['Arrow keys'],
      does: 'Move the picture when zoomed in',
      isOfUse: isZoomed,
      press: (key) => view.look(...(arrows[key] ?? [0, 0])),
      repeats: true,
      onPictureOnly: true,
    },
    {
      keys: [' '],
      caps: ['Space'],
      does: 'Hold and drag to move the picture when zoomed in',
      isOfUse: isZoomed,
      onPictureOnly: true,
      ...hold(view.isHand),
    },
    ...(hasFullScreen ? [fullScreen] : []),
  ];
}

/** `p`, `?`, `Escape`, `mod+z`: Ctrl, on a Mac ⌘, is `mod`. Shift is told where the character does not tell it. */
function nameOf({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): string {
  const hasCase = key.toLowerCase() !== key.toUpperCase();
  const held = [ctrlKey || metaKey ? 'mod+' : '', altKey ? 'alt+' : '', shiftKey && hasCase ? 'shift+' : ''];
  return `${held.join('')}${key.length === 1 ? key.toLowerCase() : key}`;
}

/** Elements that keys are typed into, or moved by. */
const fields = 'input, textarea, select, [contenteditable], [role="slider"]';
/** Elements that take their own changes back. */
const textFields = 'input:not([type="range"], [type="checkbox"]), textarea, [contenteditable]';

function isFree({ target, defaultPrevented, isComposing }: KeyboardEvent, isSingle: boolean): boolean {
  const isInField = target instanceof Element && target.closest(isSingle ? fields : textFields) !== null;
  return !defaultPrevented && !isComposing && !isInField && document.querySelector('dialog[open]') === null;
}

/** Space presses a button. */
function isOnPicture({ target }: KeyboardEvent): boolean {
  return target === document.body || (target instanceof Element && target.closest('.frame') !== null);
}

/** Handles keys until what it returns is called. @param areUsed says whether those of one character do anything. */
export function watchShortcuts(shortcuts: readonly Shortcut[], areUsed: ReadonlySignal<boolean>): () => void {
  /** By the key's place on the keyboard: its character may change while it is held. */
  const held = new Map<string, Shortcut>();
  const press = (event: KeyboardEvent): void => {
    const name = nameOf(event);
    const isSingle = !name.startsWith('mod+');
    if ((isSingle && !areUsed.value) || !isFree(event, isSingle)) return;
    const shortcut = shortcuts.find(({ keys, isOfUse }) => keys.includes(name) && isOfUse?.() !== false);
    if (shortcut === undefined) return;
    if (shortcut.onPictureOnly && !isOnPicture(event)) return;
    event.preventDefault();
    if (event.repeat && !shortcut.repeats) return;
    if (shortcut.release !== undefined) held.set(event.code, shortcut);
    shortcut.press(name);
  };
  const release = ({ code }: KeyboardEvent): void => {
    held.get(code)?.release?.();
    held.delete(code);
  };
  const releaseAll = (): void => {
    for (const shortcut of held.values()) shortcut.release?.();
    held.clear();
  };
  document.addEventListener('keydown', press);
  document.addEventListener('keyup', release);
  // Of a key that is let go elsewhere nothing is heard.
  addEventListener('blur', releaseAll);
  return () => {
    document.removeEventListener('keydown', press);
    document.removeEventListener('keyup', release);
    removeEventListener('blur', releaseAll);
    releaseAll();
  };
}
