// Sums the partials of every loss term, adds the terms, and notes whether this is the best total so far.
//   loss[1 + t] = scale[t] · Σ_p partial[t][p];  loss[0] = Σ_t loss[1 + t]
//   state[0] = lowest finite total so far; state[1] = 1 if this evaluation set it, else 0
//
// Deterministic: each of 64 invocations adds its strided share, a fixed tree adds the shares.
// One workgroup does it all: at most a dozen terms of about a thousand partials.

struct Params {
  terms: u32,
  partials: u32,  // per term
}

@group(0) @binding(0) var<storage, read> partial: array<f32>;      // [terms, partials]
@group(0) @binding(1) var<storage, read> scale: array<f32>;        // [terms]
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;   // [1 + terms]: total, then each term
@group(0) @binding(3) var<storage, read_write> state: array<f32>;  // [2]: best total, whether it is new
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> share: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32) {
  var total = 0.0;
  for (var term = 0u; term < params.terms; term++) {
    var sum = 0.0;
    for (var p = local; p < params.partials; p += 64u) {
      sum += partial[term * params.partials + p];
    }
    share[local] = sum;
    workgroupBarrier();
    // As in symmetric_measures: no shares past the partials, and a tree that is not unrolled compiles in half the time.
    for (var half = min(32u, 1u << firstLeadingBit(params.partials)); half > 0u; half /= 2u) {
      if (local < half) {
        share[local] += share[local + half];
      }
      workgroupBarrier();
    }
    let value = scale[term] * share[0];
    total += value;
    if (local == 0u) {
      loss[1u + term] = value;
    }
    workgroupBarrier();
  }
  if (local == 0u) {
    loss[0] = total;
    // WGSL may assume that no NaN exists, so finiteness is read from the exponent's bits.
    let isFinite = (bitcast<u32>(total) & 0x7f800000u) != 0x7f800000u;
    let isBest = isFinite && total < state[0];
    state[0] = select(state[0], total, isBest);
    state[1] = select(0.0, 1.0, isBest);
  }
}
