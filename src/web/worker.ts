/** The worker of both pages, one file so that the engine is shipped once. The name it is opened with says what it serves. */

import './worker/symbols.ts';
import { serveBenchmark } from './bench/serve.ts';
import { servePainting } from './worker/serve.ts';

if (self.name === 'benchmark') serveBenchmark();
else servePainting();
