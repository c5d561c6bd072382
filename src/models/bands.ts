/**
 * Maps larger than a binding may be, as bands of rows: a pass becomes one over bands that fit, each a small map to the kernels. A band holds rows
 * of its own between rows of its neighbours, which a convolution reads and makes wrong ones of: they are copied anew before the next reads them.
 * Pools, ReLUs and losses take a band's own rows. Pure data, as the pass is (docs/decisions/0037-row-bands.md).
 */

import { defaultBindingBytes } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import { keepsOrHalves } from './build-pass.ts';
import type { ChosenKernels } from './chosen-kernels.ts';
import { type Band, type BandCut, bandsOf, type FeatureMap, mapsOf, type Pass, type Step, tapMap } from './pass.ts';
import { directionOf, mapBytes } from './plan.ts';

/**
 * Rows above a band's own: as many as the largest patch of a Winograd convolution has, so that a band has the patches of the whole map, and its
 * very values. Only the last of them is right.
 */
const rowsAbove = 4;
/** Rows below. */
const rowsBelow = 1;

/** Copied from above at a time: a single row of f16 may begin where nothing can be bound. */
const copiedAbove = 2;

/** A resolution of a pass. */
interface Level {
  readonly height: number;
  /** Of the largest map, or of scratch that would be too large. */
  readonly rowBytes: number;
}

/**
 * The fewest bands, all of about one height, that keep each map within `mostBytes`; undefined where none is larger, or where not even the narrowest
 * bands do.
 */
export function bandCutOf(pass: Pass, kernels: ChosenKernels, mostBytes: number): BandCut | undefined {
  if (!pass.steps.every((step) => !('layer' in step) || keepsOrHalves(step.layer))) return undefined;
  // A limit below the default is there for trying, and goes for maps alone: scratch has a least size.
  const resolutions = levelsOf(pass, kernels, Math.max(mostBytes, defaultBindingBytes));
  const levels = resolutions.findLastIndex(({ height, rowBytes }) => height * rowBytes > mostBytes) + 1;
  if (levels === 0) return undefined;
  // Bands begin with whole patches at every resolution that is cut.
  const step = rowsAbove * 2 ** (levels - 1);
  const mostRows = Math.min(
    ...resolutions.slice(0, levels).map(({ rowBytes }, level) => {
      return (Math.floor(mostBytes / rowBytes) - rowsAbove - rowsBelow) * 2 ** level;
    }),
  );
  const { height } = pass.input;
  // The last step may be short, but not of less than a row where all pools of these levels have been.
  const steps = Math.floor(height / step) + Number(height % step >= 2 ** levels);
  for (let count = Math.max(2, Math.ceil(height / mostRows)); mostRows >= step && count <= steps; count++) {
    // The last band is among those with the fewest steps.
    const borders = Array.from({ length: count }, (_, band) => Math.ceil((band * steps) / count) * step);
    const cut = { borders: [...borders, height], levels };
    if (borders.every((_, band) => rowsOf(cut, band).count <= mostRows)) return cut;
  }
  return undefined;
}

/** The resolutions of a pass, from the picture's on. */
function levelsOf(pass: Pass, kernels: ChosenKernels, mostScratchBytes: number): readonly Level[] {
  const bytesAt = new Map<number, number>();
  const see = (height: number, bytes: number): void => {
    bytesAt.set(height, Math.max(bytesAt.get(height) ?? 0, bytes));
  };
  for (const step of pass.steps) {
    // A word of routes stands for two rows.
    for (const map of mapsOf(step)) if (map.element !== 'u32') see(map.height, mapBytes(map));
    if (step.kind !== 'convForward' && step.kind !== 'convBackward') continue;
    const { shape } = step;
    const direction = directionOf(step);
    const scratch = kernels.conv2d(step.layer.name, direction).scratchBytes({ shape, direction });
    const most = Math.max(0, ...scratch);
    if (most > mostScratchBytes) see(shape.inHeight, most);
  }
  return Array.from(bytesAt, ([height, bytes]) => ({ height, rowBytes: bytes / height })).sort(
    (a, b) => b.height - a.height,
  );
}

/** A pass whose maps are within `mostBytes`: itself where they are, or cut. Undefined where cutting cannot make it fit. */
export function fittingPass(pass: Pass, kernels: ChosenKernels, mostBytes: number): Pass | undefined {
  const cut = bandCutOf(pass, kernels, mostBytes);
  if (cut !== undefined) return cutPass(pass, cut);
  return pass.steps.flatMap(mapsOf).some((map) => mapBytes(map) > mostBytes) ? undefined : pass;
}

/** The same pass over bands. @throws ShapeError for one that is cut already. */
export function cutPass(pass: Pass, cut: BandCut): Pass {
  if (pass.bands !== undefined) throw new ShapeError('a pass that is cut into bands was to be cut once more');
  const cutter = new Cutter(cut, pass);
  const steps = pass.steps.flatMap((step) => cutter.cut(step));
  for (const map of [pass.input, pass.gradInput, ...pass.taps.values()]) if (map !== undefined) cutter.bands(map);
  return { ...pass, steps, bands: { cut, of: cutter.made } };
}

/** The shares of a tap that losses see one after the other: the map, or each band's own rows. */
export function tapParts(pass: Pass, tap: string): readonly FeatureMap[] {
  return bandsOf(pass, tapMap(pass, tap)).map(({ own }) => own);
}

/** Rows of the picture. */
function rowsOf({ borders }: BandCut, band: number): { readonly first: number; readonly count: number } {
  const first = borders[band] ?? Number.NaN;
  return { first, count: (borders[band + 1] ?? Number.NaN) - first };
}

class Cutter {
  readonly made = new Map<string, readonly Band[]>();
  readonly #cut: BandCut;
  /** Heights of the resolutions, from the picture's on. */
  readonly #heights: readonly number[];

  readonly #pictureName: string;

  constructor(cut: BandCut, { input, steps }: Pass) {
    this.#cut = cut;
    this.#pictureName = input.name;
    const heights = new Set(steps.flatMap((step) => ('shape' in step ? step.shape.inHeight : [])));
    this.#heights = [...heights].sort((a, b) => b - a);
  }

  /** The bands of a map; one, of all of it, where its resolution is not cut. */
  bands(map: FeatureMap): readonly Band[] {
    const known = this.made.get(map.name);
    if (known !== undefined) return known;
    const level = this.#heights.indexOf(map.height);
    if (level < 0) throw new ShapeError(`no convolution of the pass has ${map.height} rows, as '${map.name}' has`);
    if (level >= this.#cut.levels) return [{ map, own: map, firstRow: 0 }];
    const bands = this.#shares(map).map((own, index, all): Band => {
      const above = index === 0 ? 0 : rowsAbove;
      const below = index === all.length - 1 ? 0 : rowsBelow;
      const band = { ...map, name: bandName(map, index), height: above + own.height + below };
      return { map: band, own: { ...band, firstRow: above, height: own.height }, firstRow: own.firstRow ?? 0 };
    });
    this.made.set(map.name, bands);
    return bands;
  }

  cut(step: Step): readonly Step[] {
    switch (step.kind) {
      case 'convForward':
      case 'convBackward':
        return this.#cutConvolution(step);
      case 'poolForward':
      case 'poolBackward':
        return this.#cutPool(step);
      case 'tapGradient':
        return [this.#cutTap(step)];
      case 'reluForward': {
        const outputs = this.bands(step.output);
        return this.bands(step.input).map((input, band) => ({
          ...step,
          input: input.own,
          output: at(outputs, band).own,
        }));
      }
      case 'reluBackward': {
        const gradients = this.bands(step.gradient);
        return this.bands(step.output).map((output, band) => ({
          ...step,
          output: output.own,
          gradient: at(gradients, band).own,
        }));
      }
      case 'copyRows':
        return [step];
      case 'cropChannels':
      case 'addChannels':
        throw new ShapeError('a map that is cut into bands has branches');
    }
  }

  #cutConvolution(step: Step & { kind: 'convForward' | 'convBackward' }): readonly Step[] {
    const inputs = this.bands(step.input);
    const shapeOf = ({ map }: Band) => ({ ...step.shape, inHeight: map.height });
    if (step.kind === 'convForward') {
      const outputs = this.bands(step.output);
      const convolutions = inputs.map((input, band): Step => {
        return { ...step, shape: shapeOf(input), input: input.map, output: at(outputs, band).map };
      });
      // The picture is there with its neighbours from the beginning.
      return step.input.name === this.#pictureName ? convolutions : [...copiesBetween(inputs), ...convolutions];
    }
    const [gradOutputs, gradInputs] = [this.bands(step.gradOutput), this.bands(step.gradInput)];
    const convolutions = inputs.map((input, band): Step => {
      const gradients = { gradOutput: at(gradOutputs, band).map, gradInput: at(gradInputs, band).map };
      return { ...step, shape: shapeOf(input), input: input.map, ...gradients };
    });
    return [...copiesBetween(gradOutputs), ...convolutions];
  }

  #cutPool(step: Step & { kind: 'poolForward' | 'poolBackward' }): readonly Step[] {
    const [large, small] = step.kind === 'poolForward' ? [step.input, step.output] : [step.gradInput, step.gradOutput];
    const larges = this.bands(large);
    if (larges.length === 1) return [step];
    const smalls = this.bands(small);
    // Where the pool leads to a whole map, each band has its rows of it.
    const smallRows = smalls.length > 1 ? smalls.map(({ own }) => own) : this.#shares(small);
    return larges.map((band, index): Step => {
      const pooled = at(smallRows, index);
      const routes = step.routes && routesOfBand(step.routes, band, index);
      if (step.kind === 'poolForward') {
        return { ...step, input: band.own, output: pooled, routes };
      }
      return { ...step, routes, gradOutput: pooled, gradInput: band.own };
    });
  }

  #cutTap(step: Step & { kind: 'tapGradient' }): Step {
    const features = this.bands(step.feature);
    if (features.length === 1) return step;
    const gradients = this.bands(step.gradient);
    const parts = features.map(({ own: feature }, band) => ({ feature, gradient: at(gradients, band).own }));
    return { ...step, parts };
  }

  /** The rows of a map that belong to each band. */
  #shares(map: FeatureMap): readonly FeatureMap[] {
    const { borders } = this.#cut;
    const scale = 2 ** this.#heights.indexOf(map.height);
    return borders.slice(0, -1).map((border, band) => {
      const firstRow = border / scale;
      const end = band === borders.length - 2 ? map.height : (borders[band + 1] ?? Number.NaN) / scale;
      return { ...map, firstRow, height: end - firstRow };
    });
  }
}

/** Each band gets the rows beside its own from its neighbours. */
function copiesBetween(bands: readonly Band[]): readonly Step[] {
  const copy = (from: Band, firstRow: number, to: Band, toRow: number, height: number): Step => {
    const input = { ...from.map, firstRow, height };
    return { kind: 'copyRows', input, output: { ...to.map, firstRow: toRow, height } };
  };
  return bands.slice(1).flatMap((below, index) => {
    const above = at(bands, index);
    const endAbove = (above.own.firstRow ?? 0) + above.own.height;
    return [
      copy(above, endAbove - copiedAbove, below, rowsAbove - copiedAbove, copiedAbove),
      copy(below, rowsAbove, above, endAbove, rowsBelow),
    ];
  });
}

function routesOfBand(routes: FeatureMap, { own }: Band, index: number): FeatureMap {
  return { ...routes, name: bandName(routes, index), height: Math.ceil(own.height / 2) };
}

function bandName({ name }: FeatureMap, index: number): string {
  return `${name}, band ${index + 1}`;
}

function at<Value>(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (value === undefined) throw new ShapeError('maps of one step are cut into different numbers of bands');
  return value;
}
