/** The page: one file, with its style, pictures and plots in it. Nothing is fetched when it is viewed. */

import { readFileSync } from 'node:fs';
import { escapeXml } from '../../src/plots/svg.ts';

const style = readFileSync(new URL('./page.css', import.meta.url), 'utf8');

export interface PageSection {
  readonly id: string;
  readonly title: string;
  /** HTML; undefined while it is being made. */
  readonly body: string | undefined;
}

/** The whole document. `lead` and bodies are HTML. */
export function renderPage(page: {
  readonly title: string;
  readonly lead: string;
  readonly sections: readonly PageSection[];
  /** How and on what it was made. */
  readonly colophon: string;
}): string {
  const { title, lead, sections, colophon } = page;
  const entries = sections.map(
    (section) =>
      `<li><a href="#${section.id}">${escapeXml(section.title)}</a>${section.body === undefined ? ' …' : ''}</li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeXml(title)}</title>
<style>
${style}</style>
</head>
<body>
<header>
<h1>${escapeXml(title)}</h1>
${lead}
<nav aria-label="Contents"><ol>
${entries.join('\n')}
</ol></nav>
</header>
<main>
${sections.map(renderSection).join('\n')}
</main>
<footer>
${colophon}
</footer>
</body>
</html>
`;
}

function renderSection({ id, title, body }: PageSection): string {
  const content = body ?? '<p class="pending">Not made yet.</p>';
  return `<section id="${id}">\n<h2>${escapeXml(title)}</h2>\n${content}\n</section>`;
}
