/** `npm run options`: writes `docs/options.md`. */

import { writeFile } from 'node:fs/promises';
import { optionsPage } from './options-page.ts';

await writeFile(new URL('../docs/options.md', import.meta.url), optionsPage());
