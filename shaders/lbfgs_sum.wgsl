// lbfgs_sum: total[k] = Σ_column partial[k][column]; for k = 6 and 7 the maximum instead of the sum.
//
// One workgroup makes one total: each of 64 invocations adds its strided share, a fixed tree adds the shares.
// Grid: one workgroup a product. Products of empty slots are left out.

struct Params {
  columns: u32,
}

@group(0) @binding(0) var<storage, read> partial: array<f32>;      // [8 + 5 · history, columns]
@group(0) @binding(1) var<storage, read> state: array<u32>;        // [4]: pairs kept, …
@group(0) @binding(2) var<storage, read_write> total: array<f32>;  // [8 + 5 · history]
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> share: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let product = group.x;
  if (product >= 8u + 5u * state[0]) {
    return;
  }
  let isMaximum = product == 6u || product == 7u;
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
