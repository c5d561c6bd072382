/**
 * GoogLeNet and Inception v3 as layer tables, as torchvision has them (evaluation mode, without auxiliary heads and classifier); its names are
 * those of rows and weights, `Mixed_5b.branch3x3dbl_2` being the map after the ReLU of the convolution `Mixed_5b.branch3x3dbl_2.conv`.
 *
 * Sources: Szegedy et al., "Going Deeper with Convolutions" (2015), table 1; Szegedy et al., "Rethinking the Inception Architecture for Computer
 * Vision" (2016), table 1 and figures 5 to 7. Both with batch normalisation, which is folded into the convolutions. torchvision's GoogLeNet has
 * 3x3 where the paper has 5x5 (pytorch/vision, issue 906).
 */

import { type Layer, LayerTable } from './layers.ts';

type Kernel = number | readonly [number, number];

/** A convolution of a branch: channels, kernel, stride; padded to keep the size where the stride is 1, else not at all. */
type Link = readonly [name: string, channels: number, kernel: Kernel, stride?: number];

class InceptionTable extends LayerTable {
  readonly #share: number;

  /** @param share of the channels that rows have, rounded up to a multiple of 4. */
  constructor(channels = 3, share = 1) {
    super(channels);
    this.#share = share;
  }

  /** A convolution with its batch norm and ReLU. */
  unit(
    name: string,
    channels: number,
    kernel: Kernel,
    told: { from?: string; stride?: number; padding?: Kernel } = {},
  ): string {
    return this.conv(`${name}.conv`, 4 * Math.ceil((channels * this.#share) / 4), kernel, { reluName: name, ...told });
  }

  /** Convolutions one after the other, from `from` on. @returns the last one's map. */
  chain(block: string, from: string, links: readonly Link[]): string {
    return links.reduce((input, [name, channels, kernel, stride = 1]) => {
      const padding = stride === 1 ? half(kernel) : 0;
      return this.unit(`${block}.${name}`, channels, kernel, { from: input, stride, padding });
    }, from);
  }

  /** An average pool that keeps the size, and a 1x1 convolution. */
  pooled(block: string, from: string, channels: number): string {
    const pool = this.pool(`${block}.avgpool`, 3, { from, stride: 1, padding: 1, pooling: 'average' });
    return this.chain(block, pool, [['branch_pool', channels, 1]]);
  }
}

function half(kernel: Kernel): Kernel {
  return typeof kernel === 'number' ? (kernel - 1) / 2 : [(kernel[0] - 1) / 2, (kernel[1] - 1) / 2];
}

/** Figure 5 of "Rethinking": 5x5 and a double 3x3. */
function blockA(table: InceptionTable, name: string, poolChannels: number): void {
  const from = table.last;
  table.concat(name, [
    table.chain(name, from, [['branch1x1', 64, 1]]),
    table.chain(name, from, [
      ['branch5x5_1', 48, 1],
      ['branch5x5_2', 64, 5],
    ]),
    table.chain(name, from, [
      ['branch3x3dbl_1', 64, 1],
      ['branch3x3dbl_2', 96, 3],
      ['branch3x3dbl_3', 96, 3],
    ]),
    table.pooled(name, from, poolChannels),
  ]);
}

/** Halves the grid: convolutions of stride 2 beside a pool. */
function blockB(table: InceptionTable, name: string): void {
  const from = table.last;
  table.concat(name, [
    table.chain(name, from, [['branch3x3', 384, 3, 2]]),
    table.chain(name, from, [
      ['branch3x3dbl_1', 64, 1],
      ['branch3x3dbl_2', 96, 3],
      ['branch3x3dbl_3', 96, 3, 2],
    ]),
    table.pool(`${name}.maxpool`, 3, { from, stride: 2, pooling: 'max' }),
  ]);
}

const row: Kernel = [1, 7];
const column: Kernel = [7, 1];

/** Figure 6: 7x7 as 1x7 and 7x1, once and twice. */
function blockC(table: InceptionTable, name: string, inner: number): void {
  const from = table.last;
  table.concat(name, [
    table.chain(name, from, [['branch1x1', 192, 1]]),
    table.chain(name, from, [
      ['branch7x7_1', inner, 1],
      ['branch7x7_2', inner, row],
      ['branch7x7_3', 192, column],
    ]),
    table.chain(name, from, [
      ['branch7x7dbl_1', inner, 1],
      ['branch7x7dbl_2', inner, column],
      ['branch7x7dbl_3', inner, row],
      ['branch7x7dbl_4', inner, column],
      ['branch7x7dbl_5', 192, row],
    ]),
    table.pooled(name, from, 192),
  ]);
}

/** Halves the grid once more. */
function blockD(table: InceptionTable, name: string): void {
  const from = table.last;
  table.concat(name, [
    table.chain(name, from, [
      ['branch3x3_1', 192, 1],
      ['branch3x3_2', 320, 3, 2],
    ]),
    table.chain(name, from, [
      ['branch7x7x3_1', 192, 1],
      ['branch7x7x3_2', 192, row],
      ['branch7x7x3_3', 192, column],
      ['branch7x7x3_4', 192, 3, 2],
    ]),
    table.pool(`${name}.maxpool`, 3, { from, stride: 2, pooling: 'max' }),
  ]);
}

/** Figure 7: 1x3 beside 3x1. Their concatenations lie in that of the block, one part after the other. */
function blockE(table: InceptionTable, name: string): void {
  const from = table.last;
  const fork = (stem: string, input: string): readonly string[] => [
    table.chain(name, input, [[`${stem}a`, 384, [1, 3]]]),
    table.chain(name, input, [[`${stem}b`, 384, [3, 1]]]),
  ];
  table.concat(name, [
    table.chain(name, from, [['branch1x1', 320, 1]]),
    ...fork('branch3x3_2', table.chain(name, from, [['branch3x3_1', 384, 1]])),
    ...fork(
      'branch3x3dbl_3',
      table.chain(name, from, [
        ['branch3x3dbl_1', 448, 1],
        ['branch3x3dbl_2', 384, 3],
      ]),
    ),
    table.pooled(name, from, 192),
  ]);
}

/** The layers of Inception v3 from the picture to `Mixed_7c`. */
export function inceptionV3(): readonly Layer[] {
  const table = new InceptionTable();
  table.unit('Conv2d_1a_3x3', 32, 3, { stride: 2 });
  table.unit('Conv2d_2a_3x3', 32, 3);
  table.unit('Conv2d_2b_3x3', 64, 3, { padding: 1 });
  table.pool('maxpool1', 3, { stride: 2 });
  table.unit('Conv2d_3b_1x1', 80, 1);
  table.unit('Conv2d_4a_3x3', 192, 3);
  table.pool('maxpool2', 3, { stride: 2 });
  blockA(table, 'Mixed_5b', 32);
  blockA(table, 'Mixed_5c', 64);
  blockA(table, 'Mixed_5d', 64);
  blockB(table, 'Mixed_6a');
  blockC(table, 'Mixed_6b', 128);
  blockC(table, 'Mixed_6c', 160);
  blockC(table, 'Mixed_6d', 160);
  blockC(table, 'Mixed_6e', 192);
  blockD(table, 'Mixed_7a');
  blockE(table, 'Mixed_7b');
  blockE(table, 'Mixed_7c');
  return table.layers;
}

/** Channels of a block's 1x1, of the first and second convolution of `branch2` and `branch3`, and behind the pool. */
type Widths = readonly [number, number, number, number, number, number];

function googlenetBlock(table: InceptionTable, name: string, [one, two, threes, three, last, pooled]: Widths): void {
  const from = table.last;
  table.concat(name, [
    table.chain(name, from, [['branch1', one, 1]]),
    table.chain(name, from, [
      ['branch2.0', two, 1],
      ['branch2.1', threes, 3],
    ]),
    table.chain(name, from, [
      ['branch3.0', three, 1],
      ['branch3.1', last, 3],
    ]),
    table.chain(name, table.pool(`${name}.branch4.0`, 3, { from, stride: 1, padding: 1, pooling: 'max' }), [
      ['branch4.1', pooled, 1],
    ]),
  ]);
}

/** The layers of GoogLeNet from the picture to `inception5b`. */
export function googlenet(): readonly Layer[] {
  const table = new InceptionTable();
  table.unit('conv1', 64, 7, { stride: 2, padding: 3 });
  table.pool('maxpool1', 3, { stride: 2, ceil: true });
  table.unit('conv2', 64, 1);
  table.unit('conv3', 192, 3, { padding: 1 });
  table.pool('maxpool2', 3, { stride: 2, ceil: true });
  googlenetBlock(table, 'inception3a', [64, 96, 128, 16, 32, 32]);
  googlenetBlock(table, 'inception3b', [128, 128, 192, 32, 96, 64]);
  table.pool('maxpool3', 3, { stride: 2, ceil: true });
  googlenetBlock(table, 'inception4a', [192, 96, 208, 16, 48, 64]);
  googlenetBlock(table, 'inception4b', [160, 112, 224, 24, 64, 64]);
  googlenetBlock(table, 'inception4c', [128, 128, 256, 24, 64, 64]);
  googlenetBlock(table, 'inception4d', [112, 144, 288, 32, 64, 64]);
  googlenetBlock(table, 'inception4e', [256, 160, 320, 32, 128, 128]);
  table.pool('maxpool4', 2, { stride: 2, ceil: true });
  googlenetBlock(table, 'inception5a', [256, 160, 320, 32, 128, 128]);
  googlenetBlock(table, 'inception5b', [384, 192, 384, 48, 128, 128]);
  return table.layers;
}

const blocks = {
  a: (table: InceptionTable) => blockA(table, 'block', 32),
  b: (table: InceptionTable) => blockB(table, 'block'),
  c: (table: InceptionTable) => blockC(table, 'block', 160),
  d: (table: InceptionTable) => blockD(table, 'block'),
  e: (table: InceptionTable) => blockE(table, 'block'),
  googlenet: (table: InceptionTable) => googlenetBlock(table, 'block', [128, 96, 160, 32, 64, 64]),
} as const;

/** The rows of one block, `block`, that reads a map of so many channels and has a share of a whole one's: small enough to try it. */
export function inceptionBlock(
  kind: keyof typeof blocks,
  told: { readonly channels: number; readonly share: number },
): readonly Layer[] {
  const table = new InceptionTable(told.channels, told.share);
  blocks[kind](table);
  return table.layers;
}
