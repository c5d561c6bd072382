/** The sections of the page, in the lecture's order. */

import type { Section, SectionContext } from './section.ts';
import { contentSection, styleSection } from './sections/experiments.ts';
import { inceptionSection } from './sections/inception.ts';
import { noiseSection } from './sections/noise.ts';
import { raceSection, resizingSection } from './sections/race.ts';
import { schedulesSection } from './sections/schedules.ts';
import { batchNormSection, transferSection } from './sections/transfer.ts';

export function sectionsOf(context: SectionContext): readonly Section[] {
  return [
    schedulesSection(context),
    inceptionSection(context),
    contentSection(context),
    styleSection(context),
    noiseSection(context),
    transferSection(context),
    raceSection(context),
    resizingSection(context),
    batchNormSection(context),
  ];
}
