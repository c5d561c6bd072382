/** Figures, numbered as they come: pictures in rows, plots, and captions that say what one sees. */

import { escapeXml } from '../../src/plots/svg.ts';
import type { Outcome, Still } from './section.ts';

/** A picture with a line of words below it. */
export interface Plate {
  readonly outcome: Still;
  readonly label: string;
  /** A second line, for figures. */
  readonly note?: string;
}

export class Figures {
  #count = 0;

  /** Rows of pictures; every row has the columns of the longest. */
  plates(rows: readonly (readonly Plate[])[], caption: string): string {
    const columns = Math.max(...rows.map((row) => row.length));
    const grid = rows.map((row) => `<div class="row" style="--columns:${columns}">${row.map(plate).join('\n')}</div>`);
    return this.#figure('plates', grid.join('\n'), caption);
  }

  /** Plots beside each other where there is room; each with a title of its own, where it has one. */
  plots(plots: readonly { readonly svg: string; readonly label?: string }[], caption: string): string {
    const cells = plots.map(
      ({ svg, label }) => `<div>${label === undefined ? '' : `<p class="label">${escapeXml(label)}</p>`}${svg}</div>`,
    );
    const columns = Math.min(plots.length, 3);
    return this.#figure('plots', `<div class="row" style="--columns:${columns}">${cells.join('\n')}</div>`, caption);
  }

  /** @param caption HTML. */
  #figure(kind: string, content: string, caption: string): string {
    this.#count += 1;
    const number = `<span class="number">Figure ${this.#count}.</span>`;
    return `<figure class="${kind}" id="figure-${this.#count}">\n${content}\n<figcaption>${number} ${caption}</figcaption>\n</figure>`;
  }
}

function plate({ outcome, label, note }: Plate): string {
  const { picture, width, height } = outcome;
  const source = `data:image/webp;base64,${Buffer.from(picture).toString('base64')}`;
  const image = `<img src="${source}" width="${width}" height="${height}" alt="${escapeXml(label)}">`;
  const second = note === undefined ? '' : `<br><span class="note">${escapeXml(note)}</span>`;
  return `<div>${image}<p class="label">${escapeXml(label)}${second}</p></div>`;
}

/** Paragraphs of HTML. */
export function paragraphs(...texts: readonly string[]): string {
  return texts.map((text) => `<p>${text}</p>`).join('\n');
}

/** Three digits, with the exponent as people write it. */
export function formatLoss(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude === 0 || (magnitude >= 0.01 && magnitude < 1e4)) return String(Number(value.toPrecision(3)));
  const [digits = '', exponent = ''] = value.toExponential(2).split('e');
  return `${Number(digits)}e${Number(exponent)}`;
}

/** The last total loss of a run, and how often it was evaluated. */
export function lastLoss({ losses }: Outcome): number {
  return losses.at(-1)?.total ?? Number.NaN;
}
