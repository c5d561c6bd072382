/** Tables as text with aligned columns, and as Markdown. Pure. */

export interface Column {
  readonly title: string;
  /** Numbers stand at the right, names at the left. */
  readonly align: 'left' | 'right';
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

/** A column of names. */
export const names = (title: string): Column => ({ title, align: 'left' });

/** A column of numbers. */
export const numbers = (title: string): Column => ({ title, align: 'right' });

/** Lines with every column as wide as its widest cell and two spaces between. */
export function textTable({ columns, rows }: Table): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(...[title, ...rows.map((row) => row[index] ?? '')].map(width)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => pad(cells[index] ?? '', widths[index] ?? 0, align))
      .join('  ')
      .trimEnd();
  return [
    line(columns.map(({ title }) => title)),
    line(widths.map((each) => '─'.repeat(each))),
    ...rows.map(line),
  ].join('\n');
}

/** The same as a Markdown table. */
export function markdownTable({ columns, rows }: Table): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    line(columns.map(({ title }) => title)),
    `|${columns.map(({ align }) => (align === 'right' ? '---:' : '---')).join('|')}|`,
    ...rows.map((row) => line(columns.map((_, index) => row[index] ?? ''))),
  ].join('\n');
}

function pad(cell: string, to: number, align: Column['align']): string {
  const space = ' '.repeat(Math.max(to - width(cell), 0));
  return align === 'left' ? cell + space : space + cell;
}

/** Characters, not UTF-16 units. */
function width(text: string): number {
  return [...text].length;
}

/** Three significant digits without an exponent; `–` for what is not known. */
export function figure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  const magnitude = Math.abs(value);
  if (magnitude >= 100 || value === 0) return value.toFixed(0);
  return magnitude >= 10 ? value.toFixed(1) : magnitude >= 1 ? value.toFixed(2) : value.toFixed(3);
}

/** `12 %`; one decimal below 10. */
export function percent(share: number | undefined): string {
  if (share === undefined || !Number.isFinite(share)) return '–';
  const value = 100 * share;
  return `${value.toFixed(value < 10 ? 1 : 0)} %`;
}

/** `1.50 MiB` */
export function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? '–' : `${figure(bytes / 2 ** 20)} MiB`;
}
