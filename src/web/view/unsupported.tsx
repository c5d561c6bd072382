/** Instead of the picture where the browser gives no WebGPU: what would help, by name. */

import { browserFacts, webGpuAdvice } from '../../platform/browser/support.ts';

/** @param detail What was tried, and how it failed. */
export function Unsupported({ detail = '' }: { readonly detail?: string }) {
  const { problem, remedies } = webGpuAdvice(browserFacts());
  return (
    <section class="unsupported" role="alert" data-testid="unsupported">
      <h2>This page needs WebGPU</h2>
      <p>{problem}</p>
      <ul>
        {remedies.map((remedy) => (
          <li key={remedy}>{remedy}</li>
        ))}
      </ul>
      {detail !== '' && <p>What happened: {detail}.</p>}
    </section>
  );
}
