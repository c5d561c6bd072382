/** The page as a whole: the picture in the middle, its controls beside it, the instruments below. */

import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { PageModel } from '../model/page.ts';
import { takePasted } from '../model/pasting.ts';
import { Controls } from './controls.tsx';
import { useFetchAhead } from './fetch-ahead.ts';
import { History } from './history.tsx';
import { Instruments } from './instruments.tsx';
import { Notices } from './notices.tsx';
import { ShortcutSheet } from './shortcut-sheet.tsx';
import { shortcutsOf, watchShortcuts } from './shortcuts.ts';
import { Sign } from './sign.tsx';
import { Stage } from './stage.tsx';
import { StageView } from './stage-view.ts';
import { Transport } from './transport.tsx';
import { Unsupported } from './unsupported.tsx';

export function App({ model }: { readonly model: PageModel }) {
  useEffect(() => watchPage(model), [model]);
  const view = useMemo(() => new StageView(model), [model]);
  const isListed = useSignal(false);
  const list = (): void => {
    isListed.value = true;
  };
  const shortcuts = useMemo(() => shortcutsOf(model, view, list), [model, view]);
  useEffect(() => watchShortcuts(shortcuts, model.usesSingleKeys), [model, shortcuts]);
  useFetchAhead(model);
  useSignalEffect(() => {
    const { evaluation, budget, phase } = model.run;
    const share = Math.floor((100 * evaluation.value) / Math.max(budget.value, 1));
    // Seen in the tab while another one is in front.
    document.title = phase.value === 'idle' ? 'Impasto' : `${share} % · Impasto`;
  });
  const isUnavailable = model.engineState.value === 'unavailable';
  return (
    <>
      {!isUnavailable && (
        <a class="skip" href="#controls">
          Skip to the controls
        </a>
      )}
      <header class="masthead">
        <h1>Impasto</h1>
        <p>a photograph, painted</p>
        <Adapter model={model} />
        <button type="button" class="icon" aria-label="Keyboard shortcuts" title="Keyboard shortcuts" onClick={list}>
          <Sign is="question" />
        </button>
      </header>
      <main class="studio">
        <div class="easel">
          {isUnavailable ? <Unsupported detail={model.engineProblem.value} /> : <Stage model={model} view={view} />}
          {!isUnavailable && <Transport model={model} />}
          {!isUnavailable && <History model={model} />}
          <Instruments model={model} />
        </div>
        {!isUnavailable && <Controls model={model} />}
      </main>
      <Notices notices={model.notices} />
      {isListed.value && (
        <ShortcutSheet
          shortcuts={shortcuts}
          areUsed={model.usesSingleKeys}
          onClose={() => {
            isListed.value = false;
          }}
        />
      )}
    </>
  );
}

function Adapter({ model }: { readonly model: PageModel }) {
  const adapter = model.adapter.value;
  return (
    <nav class="adapter" aria-label="Pages">
      {adapter !== undefined && (
        <span data-testid="adapter" title={adapter.description}>
          {adapter.isSoftware ? 'No GPU: on the processor' : adapter.description}
        </span>
      )}
      <a href="./bench.html">Benchmark</a>
    </nav>
  );
}

/** What happens to the page as a whole: pasting, and being hidden. */
function watchPage(model: PageModel): () => void {
  const paste = (event: ClipboardEvent): void => {
    const files = [...(event.clipboardData?.files ?? [])];
    const place = event.target instanceof Element ? event.target : null;
    // Words belong to the field that they are pasted into.
    const text = place?.closest('input[type=text]') ? '' : (event.clipboardData?.getData('text/plain') ?? '');
    // A card that has the focus takes what is pasted; else it is the photograph.
    const { drop, replaces } = place?.closest<HTMLElement>('[data-drop]')?.dataset ?? {};
    void takePasted(model, { files, text }, drop === 'style' ? 'style' : 'content', replaces);
  };
  const hide = (): void => model.visibilityChanged(document.hidden);
  const follow = (): void => void model.followLink();
  document.addEventListener('paste', paste);
  addEventListener('hashchange', follow);
  document.addEventListener('visibilitychange', hide);
  return () => {
    document.removeEventListener('paste', paste);
    removeEventListener('hashchange', follow);
    document.removeEventListener('visibilitychange', hide);
  };
}
