/** The kernels of L-BFGS on the device, and how they are recorded; what they compute is said in their shaders. */

import { type BufferScope, type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Dispatch, Grid, Program } from '../core/program.ts';
import { type LbfgsLayout, lbfgsFloats, mostHistory, pairsPerInvocation, workgroupSize } from './lbfgs-layout.ts';
import { membersOf, productConstants } from './lbfgs-structs.ts';
import type { DeviceObjective } from './optimizer.ts';

export const lbfgsCandidateKernel = defineKernel({
  shader: 'lbfgs_candidate.wgsl',
  bindings: { candidate: 'read', gradient: 'read', gradientPrevious: 'read', partial: 'readWrite' },
  params: { size: 'u32', columns: 'u32' },
});

export const lbfgsProductsKernel = defineKernel({
  shader: 'lbfgs_products.wgsl',
  bindings: {
    history: 'read',
    candidate: 'read',
    gradient: 'read',
    gradientPrevious: 'read',
    state: 'read',
    partial: 'readWrite',
  },
  params: { size: 'u32', pitch: 'u32', firstSlot: 'u32', slots: 'u32', columns: 'u32' },
});

export const lbfgsSumKernel = defineKernel({
  shader: 'lbfgs_sum.wgsl',
  bindings: { partial: 'read', state: 'read', total: 'readWrite' },
  params: { columns: 'u32' },
});

export const lbfgsCoefficientsKernel = defineKernel({
  shader: 'lbfgs_coefficients.wgsl',
  bindings: { total: 'read', state: 'readWrite', scalar: 'readWrite', matrix: 'readWrite', coefficient: 'readWrite' },
  params: { history: 'u32', learningRate: 'f32' },
});

export const lbfgsStoreKernel = defineKernel({
  shader: 'lbfgs_store.wgsl',
  bindings: { candidate: 'read', gradient: 'read', gradientPrevious: 'read', state: 'read', history: 'readWrite' },
  params: { size: 'u32', pitch: 'u32', firstSlot: 'u32', slots: 'u32' },
});

export const lbfgsUpdateKernel = defineKernel({
  shader: 'lbfgs_update.wgsl',
  bindings: {
    history: 'read',
    gradient: 'read',
    coefficient: 'read',
    state: 'read',
    scalar: 'read',
    candidate: 'readWrite',
    gradientPrevious: 'readWrite',
    variable: 'readWrite',
  },
  params: {
    size: 'u32',
    pitch: 'u32',
    firstSlot: 'u32',
    slots: 'u32',
    isFirst: 'u32',
    isLast: 'u32',
    moves: 'u32',
  },
});

export const lbfgsTrialKernel = defineKernel({
  shader: 'lbfgs_trial.wgsl',
  bindings: { origin: 'read', candidate: 'read', variable: 'readWrite' },
  params: { size: 'u32', stepLength: 'f32' },
});

export const lbfgsAcceptKernel = defineKernel({
  shader: 'lbfgs_accept.wgsl',
  bindings: { origin: 'read', candidate: 'readWrite', variable: 'readWrite' },
  params: { size: 'u32', stepLength: 'f32' },
});

const { CANDIDATE_PRODUCTS, PAIR_PRODUCTS } = productConstants;

/** Values an invocation of `lbfgs_update` takes at once; the other passes over vectors take as many one by one. */
export const updateWidth = 8;

/** Enough workgroups to fill any adapter; beyond them each invocation takes more values. */
const mostWorkgroups = 16384;

/** The grid of a pass over `values` in which an invocation takes at least `each`. */
export function vectorGrid(values: number, each: number): Grid {
  return [Math.min(Math.ceil(values / (each * workgroupSize)), mostWorkgroups)];
}

/** What L-BFGS keeps on the device. */
export interface LbfgsBuffers {
  readonly gradientPrevious: BufferSlice;
  /** s of the candidate pair, between direction and acceptance the direction itself. */
  readonly candidate: BufferSlice;
  readonly history: readonly BufferSlice[];
  readonly partial: BufferSlice;
  readonly total: BufferSlice;
  readonly state: BufferSlice;
  readonly scalar: BufferSlice;
  readonly matrix: BufferSlice;
  readonly coefficient: BufferSlice;
}

export function allocateLbfgs(scope: BufferScope, layout: LbfgsLayout): LbfgsBuffers {
  const take = (name: string, values: number): BufferSlice => scope.allocate(`lbfgs ${name}`, values * bytesPerFloat);
  const floats = lbfgsFloats(layout);
  return {
    gradientPrevious: take('previous gradient', layout.size),
    candidate: take('candidate', layout.size),
    history: floats.history.map((values, index) => take(`history ${index}`, values)),
    partial: take('partial products', floats.partial),
    total: take('products', floats.total),
    state: take('state', floats.state),
    scalar: take('scalars', floats.scalar),
    matrix: take('product matrix', floats.matrix),
    coefficient: take('coefficients', floats.coefficient),
  };
}

/** Records the products of candidate and gradient among themselves into `partial`. */
function recordCandidate(
  program: Program,
  objective: DeviceObjective,
  layout: LbfgsLayout,
  buffers: LbfgsBuffers,
): void {
  const { candidate, gradientPrevious, partial } = buffers;
  program.dispatch(lbfgsCandidateKernel, {
    bindings: { candidate, gradient: objective.gradient, gradientPrevious, partial },
    params: { size: layout.size, columns: layout.columns },
    grid: [layout.columns / workgroupSize],
  });
}

function recordSum(program: Program, layout: LbfgsLayout, buffers: LbfgsBuffers, products: number): void {
  const { partial, state, total } = buffers;
  program.dispatch(lbfgsSumKernel, {
    bindings: { partial, state, total },
    params: { columns: layout.columns },
    grid: [products],
    constants: productConstants,
  });
}

/** Records the products of candidate and gradient into `total`: with a direction as candidate, its slope. */
export function recordSlope(
  program: Program,
  objective: DeviceObjective,
  layout: LbfgsLayout,
  buffers: LbfgsBuffers,
): void {
  recordCandidate(program, objective, layout, buffers);
  recordSum(program, layout, buffers, membersOf('CandidateProducts'));
}

/**
 * Records what follows an evaluation up to the coefficients: all inner products, the decision on the candidate pair, the
 * two-loop recursion, the pair's way into the ring. Moves nothing. Returns the dispatch that holds the learning rate.
 */
export function recordRecursion(
  program: Program,
  objective: DeviceObjective,
  layout: LbfgsLayout,
  buffers: LbfgsBuffers,
  learningRate: number,
): Dispatch {
  const { candidate, gradientPrevious, partial, total, state, scalar, matrix, coefficient } = buffers;
  const { gradient } = objective;
  const { size, pitch, columns } = layout;
  recordCandidate(program, objective, layout, buffers);
  eachPart(layout, buffers, ({ history, firstSlot, slots }) => {
    program.dispatch(lbfgsProductsKernel, {
      bindings: { history, candidate, gradient, gradientPrevious, state, partial },
      params: { size, pitch, firstSlot, slots, columns },
      grid: [columns / workgroupSize, Math.ceil(slots / pairsPerInvocation)],
      constants: { SLOTS: pairsPerInvocation, CANDIDATE_PRODUCTS, PAIR_PRODUCTS },
    });
  });
  recordSum(program, layout, buffers, layout.products);
  const decision = program.dispatch(lbfgsCoefficientsKernel, {
    bindings: { total, state, scalar, matrix, coefficient },
    params: { history: layout.history, learningRate },
    grid: [1],
    constants: { MAX_HISTORY: mostHistory },
  });
  eachPart(layout, buffers, ({ history, firstSlot, slots }) => {
    program.dispatch(lbfgsStoreKernel, {
      bindings: { candidate, gradient, gradientPrevious, state, history },
      params: { size, pitch, firstSlot, slots },
      grid: vectorGrid(size, updateWidth),
    });
  });
  return decision;
}

/** Records the direction and, unless a line search is to choose the step length, the update of the variable. */
export function recordMove(
  program: Program,
  objective: DeviceObjective,
  layout: LbfgsLayout,
  buffers: LbfgsBuffers,
): void {
  const { candidate, gradientPrevious, state, scalar, coefficient } = buffers;
  const { gradient, variable } = objective;
  const { size, pitch } = layout;
  eachPart(layout, buffers, ({ history, firstSlot, slots }) => {
    const isFirst = firstSlot === 0 ? 1 : 0;
    const isLast = firstSlot + slots === layout.history ? 1 : 0;
    program.dispatch(lbfgsUpdateKernel, {
      bindings: { history, gradient, coefficient, state, scalar, candidate, gradientPrevious, variable },
      params: { size, pitch, firstSlot, slots, isFirst, isLast, moves: layout.lineSearch ? 0 : 1 },
      grid: vectorGrid(size, updateWidth),
      constants: { WIDTH: updateWidth },
    });
  });
}

function eachPart(
  layout: LbfgsLayout,
  buffers: LbfgsBuffers,
  record: (part: { history: BufferSlice; firstSlot: number; slots: number }) => void,
): void {
  buffers.history.forEach((history, index) => {
    const part = layout.parts[index];
    if (part !== undefined) record({ history, ...part });
  });
}
