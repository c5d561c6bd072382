/** What the run's first button does, and its key: paint, hold, go on. */

import type { PageModel } from '../model/page.ts';

export interface MainDeed {
  /** For tests. */
  readonly name: string;
  readonly label: string;
  /** Undefined where it is of no use for the moment. */
  readonly use: (() => void) | undefined;
}

export function mainDeed(model: PageModel): MainDeed {
  const { run, pictures, engineState } = model;
  const hasPictures = pictures.content.value !== undefined && pictures.styles.value.length > 0;
  const isReady = engineState.value === 'ready' && hasPictures;
  switch (run.phase.value) {
    case 'idle':
      return { name: 'paint', label: 'Paint', use: isReady ? () => void model.paint() : undefined };
    case 'paused':
      return { name: 'resume', label: 'Continue', use: () => run.do('resume') };
    case 'painting':
      return { name: 'pause', label: 'Pause', use: () => run.do('pause') };
    default:
      return { name: 'pause', label: 'Pause', use: undefined };
  }
}
