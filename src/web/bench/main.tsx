/** The benchmark page's entrance. */

import { render } from 'preact';
import { BenchModel } from './model.ts';
import { BenchPage } from './view.tsx';

const root = document.getElementById('page');
if (root !== null) render(<BenchPage model={new BenchModel()} />, root);
