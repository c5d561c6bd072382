// lbfgs_sum: total[k] = Σ_column partial[k][column]; for the maxima the largest instead of the sum.
//
// One workgroup makes one total: each of 64 invocations adds its strided share, a fixed tree adds the shares.
// Grid: one workgroup a product. Products of empty slots are left out.

// header
const CANDIDATE_PRODUCTS: u32 = 8u;  // of the candidate pair and the gradient
const FIRST_MAXIMUM: u32 = 6u;       // of these, from here on
const PAIR_PRODUCTS: u32 = 5u;       // of each kept pair
// end header

struct Params {
  columns: u32,
}

// twin lbfgs ring
struct Ring {
  count: u32,
  oldest: u32,      // slot of the oldest pair
  iterations: u32,
  stored: u32,      // slot that the candidate takes, or NONE
}
// end twin lbfgs ring

@group(0) @binding(0) var<storage, read> partial: array<f32>;      // [8 + 5 · history, columns]
@group(0) @binding(1) var<storage, read> state: Ring;              // [1]
@group(0) @binding(2) var<storage, read_write> total: array<f32>;  // [8 + 5 · history]
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> share: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let product = group.x;
  if (product >= CANDIDATE_PRODUCTS + PAIR_PRODUCTS * state.count) {
    return;
  }
  let isMaximum = product >= FIRST_MAXIMUM && product < CANDIDATE_PRODUCTS;
  var result = 0.0;
  for (var column = local; column < params.columns; column += 64u) {
    let value = partial[product * params.columns + column];
    result = select(result + value, max(result, value), isMaximum);
  }
  share[local] = result;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (local < half) {
      let left = share[local];
      let right = share[local + half];
      share[local] = select(left + right, max(left, right), isMaximum);
    }
    workgroupBarrier();
  }
  if (local == 0u) {
    total[product] = share[0];
  }
}
