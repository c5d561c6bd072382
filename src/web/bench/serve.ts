/** The benchmark in a worker: opens the adapter, then measures when it is asked to. Whoever wants it to stop ends the worker. */

import { messageOf } from '../../core/errors.ts';
import type { Gpu } from '../../core/gpu.ts';
import { openGpu } from '../../platform/browser/gpu.ts';
import { browserFacts } from '../../platform/browser/support.ts';
import { describeBrowser } from './environment.ts';
import type { BenchEvent, BenchOrder } from './protocol.ts';

const tell = (event: BenchEvent): void => self.postMessage(event);

export function serveBenchmark(): void {
  const opened = openGpu();
  opened.then(
    ({ profile: { description, isSoftware } }) => tell({ kind: 'adapter', description, isSoftware }),
    () => tell({ kind: 'no-webgpu' }),
  );
  self.addEventListener('message', ({ data }: MessageEvent<BenchOrder>) => {
    measure(opened, data).then(
      () => tell({ kind: 'done' }),
      (error: unknown) => tell({ kind: 'failed', message: messageOf(error) }),
    );
  });
}

async function measure(opened: Promise<Gpu>, request: BenchOrder): Promise<void> {
  const gpu = await opened;
  // Loaded when it is wanted: the painting page has no use for it.
  const { BrowserBenchmark } = await import('./measure.ts');
  const environment = describeBrowser(gpu, browserFacts());
  await new BrowserBenchmark(gpu, { request, environment, tell }).run();
}
