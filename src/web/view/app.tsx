/** The page as a whole: the picture in the middle, its controls beside it, the instruments below. */

import { useEffect } from 'preact/hooks';
import type { PageModel } from '../model/page.ts';
import { Controls } from './controls.tsx';
import { Instruments } from './instruments.tsx';
import { Notices } from './notices.tsx';
import { Stage } from './stage.tsx';
import { Transport } from './transport.tsx';
import { Unsupported } from './unsupported.tsx';

export function App({ model }: { readonly model: PageModel }) {
  useEffect(() => watchPage(model), [model]);
  const isUnavailable = model.engineState.value === 'unavailable';
  return (
    <>
      <a class="skip" href="#controls">
        Skip to the controls
      </a>
      <header class="masthead">
        <h1>Impasto</h1>
        <p>a photograph, painted</p>
        <Adapter model={model} />
      </header>
      <main class="studio">
        <div class="easel">
          {isUnavailable ? <Unsupported /> : <Stage model={model} />}
          <Transport model={model} />
          <Instruments model={model} />
        </div>
        <Controls model={model} />
      </main>
      <Notices notices={model.notices} />
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
    if (files.length > 0) void model.receive('content', files);
  };
  const hide = (): void => model.visibilityChanged(document.hidden);
  document.addEventListener('paste', paste);
  document.addEventListener('visibilitychange', hide);
  return () => {
    document.removeEventListener('paste', paste);
    document.removeEventListener('visibilitychange', hide);
  };
}
