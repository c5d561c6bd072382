/** The lecture's page: its opening and its end round the sections that are made. */

import { availableParallelism, cpus } from 'node:os';
import { basename } from 'node:path';
import { impastoVersion } from '../../src/cli/package-info.ts';
import { printable } from '../../src/core/errors.ts';
import { escapeXml } from '../../src/plots/svg.ts';
import type { LectureOptions } from './arguments.ts';
import { paragraphs } from './figures.ts';
import { renderPage } from './page.ts';
import type { Section } from './section.ts';

export function lecturePage(page: {
  readonly options: LectureOptions;
  readonly adapter: string;
  readonly sections: readonly Section[];
  /** Bodies by section. */
  readonly made: ReadonlyMap<string, string>;
  /** Time spent on the runs of this page, in words. */
  readonly elapsed: string;
}): string {
  const { options, adapter, sections, made, elapsed } = page;
  const { content, style, effort, isQuick } = options;
  return renderPage({
    title: 'Style transfer, from the beginning',
    lead: paragraphs(
      `A lecture on neural style transfer, computed by Impasto on the machine that made this page: schedules for the learning rate, what
       a network remembers of a picture, what of a painting, and both together. Gatys, Ecker and Bethge (2016) had the idea; the
       order, the experiments and the constants are those of fast.ai's lesson 13 of 2018.`,
      `The photograph is ${escapeXml(printable(basename(content)))}, the painting ${escapeXml(printable(basename(style)))}; pictures are ${effort.size} pixels long. The network is VGG16, its
       weights never change: what is optimised is always the picture.`,
    ),
    sections: sections.map(({ id, title }) => ({ id, title, body: made.get(id) })),
    colophon: paragraphs(
      `Made with Impasto ${escapeXml(impastoVersion())} by <code>npm run lecture${isQuick ? ' -- --quick' : ''}</code> on ${escapeXml(adapter)}
       (${escapeXml(cpus()[0]?.model.trim() ?? 'unknown CPU')}, ${availableParallelism()} cores) on ${new Date().toISOString().slice(0, 10)}, in ${elapsed} minutes
       besides runs kept from before.`,
    ),
  });
}
