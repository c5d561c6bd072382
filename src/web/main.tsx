/** The page's entrance. */

import { render } from 'preact';
import { PageModel } from './model/page.ts';
import { App } from './view/app.tsx';

const root = document.getElementById('page');
if (root !== null) render(<App model={new PageModel()} />, root);
