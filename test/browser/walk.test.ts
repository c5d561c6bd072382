/** A random walk through the painting page, the same for the same seed. `IMPASTO_WALK=500x3` walks 500 actions with each of 3 seeds. SwiftShader, tiny sizes. */

import { describe, it } from 'vitest';
import { seededRandom } from '../support/random.ts';
import { rememberDevices } from './lost-devices.ts';
import { runTimeoutMs } from './studio-page.ts';
import { useStudio } from './use-studio.ts';
import { Walk } from './walk.ts';

const { open } = useStudio();

const [actions = 60, seeds = 1] = (process.env['IMPASTO_WALK'] ?? '').split('x').filter(Boolean).map(Number);

/** Of the log, what a failure shows. */
const shown = 25;

const link = (seed: number) =>
  `preset=gatys&size=24&content-layers=relu2_2&style-layers=relu1_1,relu2_1&iterations=3&seed=${seed}`;

describe('a random walk', () => {
  it.each(Array.from({ length: seeds }, (_, index) => index + 1))(
    'with seed %i leaves the page alive and loses no painting',
    async (seed) => {
      await using studio = await open('', { serviceWorkers: 'block' });
      await rememberDevices(studio.page);
      const walk = await Walk.begin(studio, seededRandom(`walk ${seed}`), link);
      try {
        for (let done = 1; done <= actions; done++) {
          await walk.step();
          if (done % 30 === 0 || done === actions) await walk.settle();
        }
      } catch (error) {
        const last = walk.log.slice(-shown).join('\n');
        throw new Error(`seed ${seed}, after ${walk.log.length} actions:\n${last}`, { cause: error });
      }
    },
    runTimeoutMs + 5000 * actions,
  );
});
