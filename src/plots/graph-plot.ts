/** A directed graph as boxes and lines, from what is read at the bottom to what is made at the top. */

import { element, svgDocument, text } from './svg.ts';

export interface GraphNode {
  readonly name: string;
  /** What stands in its box, a line each. */
  readonly lines: readonly string[];
  /** Names of the nodes that it reads, before it in the list. */
  readonly inputs: readonly string[];
}

const box = { width: 92, height: 40 } as const;
const gap = { across: 18, up: 30 } as const;
const margin = 10;

/** A box with its place: columns from the left, ranks from the bottom. */
interface Placed {
  readonly node: GraphNode;
  readonly column: number;
  readonly rank: number;
}

/**
 * SVG text. The first node is the input; a node stands above all that it reads, in the column of what it reads where that is free. Nodes that read
 * several others are as wide as these together.
 */
export function graphPlot({ title, nodes }: { readonly title: string; readonly nodes: readonly GraphNode[] }): string {
  const placed = place(nodes);
  const columns = 1 + Math.max(...placed.map(({ column }) => column));
  const ranks = 1 + Math.max(...placed.map(({ rank }) => rank));
  const width = 2 * margin + columns * box.width + (columns - 1) * gap.across;
  const height = 2 * margin + ranks * box.height + (ranks - 1) * gap.up;
  const boxes = new Map(placed.map((one) => [one.node.name, frameOf(one, { columns, height })]));
  return svgDocument({
    width,
    height,
    title,
    content: [...placed.flatMap(({ node }) => linesTo(node, boxes)), ...placed.map(({ node }) => drawn(node, boxes))],
  });
}

function place(nodes: readonly GraphNode[]): readonly Placed[] {
  const placed: Placed[] = [];
  const found = (name: string): Placed | undefined => placed.find(({ node }) => node.name === name);
  let columns = 0;
  for (const node of nodes) {
    const inputs = node.inputs.flatMap((name) => found(name) ?? []);
    const rank = inputs.length === 0 ? 0 : 1 + Math.max(...inputs.map((input) => input.rank));
    const [first] = inputs;
    const isOne = inputs.length === 1 && first !== undefined;
    const taken = isOne && placed.some((other) => other.column === first.column && other.rank >= rank);
    // The input's own column is that of the first branch.
    const column = isOne && !taken ? first.column : isOne ? columns : 0;
    columns = Math.max(columns, column + 1);
    placed.push({ node, column, rank });
  }
  return placed;
}

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Input and what joins several go over the whole width. */
function frameOf(
  { node, column, rank }: Placed,
  { columns, height }: { readonly columns: number; readonly height: number },
): Frame {
  const y = height - margin - box.height - rank * (box.height + gap.up);
  if (node.inputs.length !== 1) return { x: margin, y, width: columns * (box.width + gap.across) - gap.across };
  return { x: margin + column * (box.width + gap.across), y, width: box.width };
}

/** From the top of each input to the bottom of the node, straight up where one is as wide as both. */
function linesTo(node: GraphNode, boxes: ReadonlyMap<string, Frame>): readonly string[] {
  const to = boxes.get(node.name);
  return node.inputs.flatMap((input) => {
    const from = boxes.get(input);
    if (from === undefined || to === undefined) return [];
    const middle = (frame: Frame): number => frame.x + frame.width / 2;
    const x1 = from.width > box.width ? middle(to) : middle(from);
    const x2 = to.width > box.width ? middle(from) : middle(to);
    return [element('line', { x1, y1: from.y, x2, y2: to.y + box.height, stroke: 'currentColor', 'stroke-width': 1 })];
  });
}

function drawn({ name, lines }: GraphNode, boxes: ReadonlyMap<string, Frame>): string {
  const frame = boxes.get(name);
  if (frame === undefined) return '';
  const { x, y, width } = frame;
  const shape = { x, y, width, height: box.height, rx: 4, fill: 'none', stroke: 'currentColor', 'stroke-width': 1 };
  const line = 14;
  const first = y + box.height / 2 - ((lines.length - 1) * line) / 2 + 4;
  const words = lines.map((words, index) =>
    text(words, { x: x + width / 2, y: first + index * line, 'text-anchor': 'middle', 'font-size': 11 }),
  );
  return [element('rect', shape), ...words].join('');
}
