/** The small buffers of L-BFGS, member by member: a reflection test holds each table against the struct of that name in the shaders. */

import { type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import type { Gpu } from '../core/gpu.ts';
import type { ScalarType } from '../core/kernel.ts';

/** Members in order. They are scalars of four bytes, so no padding rules apply. */
type Struct<Member extends string = string> = Readonly<Record<Member, ScalarType>>;

/** Where the ring of curvature pairs stands. All 0: no step has been made. */
const ring = {
  count: 'u32',
  oldest: 'u32',
  iterations: 'u32',
  /** Slot that the candidate pair takes, or `NONE` of the shader. */
  stored: 'u32',
} as const satisfies Struct;

/** What the recursion decides once a step. */
const scalars = {
  /** γ, the scale of H₀. */
  gamma: 'f32',
  stepLength: 'f32',
  /** g·d */
  slope: 'f32',
  /** 0 where the gradient was not finite: then nothing else has changed. */
  usable: 'u32',
  /** max|g| */
  gradientMax: 'f32',
  /** max|s| of the step before. */
  stepMax: 'f32',
} as const satisfies Struct;

/** Inner products of the candidate pair s, y and the gradient g: six sums, then the maxima. */
const candidateProducts = {
  stepChange: 'f32',
  changeChange: 'f32',
  stepGradient: 'f32',
  changeGradient: 'f32',
  gradientGradient: 'f32',
  gradientNorm1: 'f32',
  gradientMax: 'f32',
  stepMax: 'f32',
} as const satisfies Struct;

/** Inner products of a kept pair with those three: keptStep is sᵢ, keptChange yᵢ. */
const pairProducts = {
  keptStepChange: 'f32',
  keptStepGradient: 'f32',
  keptChangeStep: 'f32',
  keptChangeChange: 'f32',
  keptChangeGradient: 'f32',
} as const satisfies Struct;

/** By their names in WGSL. */
export const lbfgsStructs = {
  Ring: ring,
  Scalars: scalars,
  CandidateProducts: candidateProducts,
  PairProducts: pairProducts,
} as const;

type StructName = keyof typeof lbfgsStructs;

/** Members of a struct, which is its size in floats. */
export function membersOf(name: StructName): number {
  return Object.keys(lbfgsStructs[name]).length;
}

/** What `lbfgs_sum` and `lbfgs_products` must know of the products' order, as header constants. */
export const productConstants = {
  CANDIDATE_PRODUCTS: membersOf('CandidateProducts'),
  PAIR_PRODUCTS: membersOf('PairProducts'),
  FIRST_MAXIMUM: Object.keys(candidateProducts).indexOf('gradientMax'),
} as const;

/** Reads a struct that begins a buffer; resolves with its values by member. Waits for the queue. */
export async function readStruct<Name extends StructName>(
  gpu: Gpu,
  { buffer, offsetBytes }: BufferSlice,
  name: Name,
): Promise<(member: keyof (typeof lbfgsStructs)[Name] & string) => number> {
  const struct: Struct = lbfgsStructs[name];
  const members = Object.keys(struct);
  const { buffer: bytes } = await gpu.read({ buffer, offsetBytes, sizeBytes: members.length * bytesPerFloat });
  const view = new DataView(bytes);
  return (member) => {
    const at = members.indexOf(member) * bytesPerFloat;
    return struct[member] === 'f32' ? view.getFloat32(at, true) : view.getUint32(at, true);
  };
}
