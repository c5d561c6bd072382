/** The page of options in the documents, which is written from the table. */

import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { optionsPage } from '../../tools/options-page.ts';

it('docs/options.md says what the table says; `npm run options` writes it', async () => {
  expect(await readFile(new URL('../../docs/options.md', import.meta.url), 'utf8')).toBe(optionsPage());
});
