/** SVG as text: elements, numbers and the document round a plot. */

/** Attributes by name; numbers are rounded to a tenth of a pixel. */
export type Attributes = Readonly<Record<string, string | number>>;

/** One element; `content` is SVG already. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const texts = Object.entries(attributes).map(([key, value]) => `${key}="${attributeText(value)}"`);
  const opening = [name, ...texts].join(' ');
  return content === '' ? `<${opening}/>` : `<${opening}>${content}</${name}>`;
}

/** A text element. */
export function text(content: string, attributes: Attributes): string {
  return element('text', attributes, escapeXml(content));
}

/** A group; nothing where it has no content. */
export function group(attributes: Attributes, content: readonly string[]): string {
  return content.length === 0 ? '' : element('g', attributes, content.join(''));
}

/** `& < > "` as entities. */
export function escapeXml(content: string): string {
  return content.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function attributeText(value: string | number): string {
  return typeof value === 'string' ? escapeXml(value) : String(Math.round(value * 10) / 10);
}

/** Ink on a plot that stands alone; in a page `currentColor` is the page's, once it says `svg.plot { color: inherit }`. */
const ink = '#333333';

/**
 * A document of this size. Everything is drawn in `currentColor` but the series, whose colours are readable on white and on
 * black.
 *
 * @param options.title What a reader who cannot see it is told.
 * @param options.background A colour behind everything; none where absent, as a page wants it.
 */
export function svgDocument(options: {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly background?: string | undefined;
  readonly content: readonly string[];
}): string {
  const { width, height, title, background, content } = options;
  const sheet =
    background === undefined
      ? ''
      : element('rect', { width: '100%', height: '100%', fill: background, stroke: 'none' });
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'plot',
      role: 'img',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      color: ink,
      fill: 'currentColor',
      stroke: 'none',
      'font-family': 'system-ui, -apple-system, Segoe UI, Roboto, DejaVu Sans, sans-serif',
      'font-size': 12,
    },
    [element('title', {}, escapeXml(title)), sheet, ...content].join(''),
  );
}
