// multiply_add: the most multiply-adds a second that an adapter can do, the measure for every other kernel
//
// One invocation keeps ACCUMULATORS independent sums in registers and multiplies and adds STEPS times in each of ROUNDS: no loads,
// no barriers, one store at the end so that nothing is optimised away. 2 * ACCUMULATORS * STEPS * ROUNDS operations an invocation.
// Scalars, because adapters spread invocations over lanes themselves. The steps are written out, since on lavapipe a round of a loop
// costs as much as several multiply-adds. The factors come from a buffer, so that no compiler can fold them.
// Grid: params.count invocations along x.

// header
const ACCUMULATORS: u32 = 12u;
const STEPS: u32 = 8u;
const ROUNDS: u32 = 128u;
// end header

struct Params {
  count: u32,
}

@group(0) @binding(0) var<storage, read> factors: array<f32>;       // [1 + ACCUMULATORS]
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;  // [count]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.count) {
    return;
  }
  // Different in every lane, so that no compiler takes it for a scalar.
  let factor = factors[0] + f32(id.x & 63u) * 1e-6;
  var a = array<f32, ACCUMULATORS>();
  // unroll
  for (var i = 0u; i < ACCUMULATORS; i++) {
    a[i] = factors[1u + i];
  }
  for (var round = 0u; round < ROUNDS; round++) {
    // unroll
    for (var step = 0u; step < STEPS; step++) {
      // unroll
      for (var i = 0u; i < ACCUMULATORS; i++) {
        a[i] = fma(a[i], factor, factor);
      }
    }
  }
  var sum = 0.0;
  // unroll
  for (var i = 0u; i < ACCUMULATORS; i++) {
    sum += a[i];
  }
  sums[id.x] = sum;
}
