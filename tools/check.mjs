/**
 * `npm run check`: types, lint, shaders on the null backend, conventions. Needs no GPU and less than half a minute.
 */

import { conventionsStep, runSteps, staticSteps } from './steps.mjs';

const { failed } = await runSteps([...staticSteps, conventionsStep]);
process.exitCode = failed === 0 ? 0 : 1;
