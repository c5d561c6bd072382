// lbfgs_update: the direction from the pairs of one history buffer and, in the last buffer's pass, the update.
//   d = coefficient[0] g + Σᵢ (coefficient[1 + 2i] sᵢ + coefficient[2 + 2i] yᵢ)
//   last pass: gPrevious = g, and candidate = t d, x += t d; or, for a line search (moves = 0), candidate = d and x stays
//
// Between passes `candidate` holds the sum so far: the pair it held before is in the ring by now (lbfgs_store).
// One invocation takes WIDTH values at once, so that the coefficients of a pair are loaded once for all of them; a workgroup
// takes 64 · WIDTH neighbours (values a whole grid apart share cache sets: twice the time on lavapipe).
// Where the gradient was not finite nothing changes.

// header
const WIDTH: u32 = 8u;  // values an invocation takes at once
// end header

struct Params {
  size: u32,
  pitch: u32,      // distance of rows
  firstSlot: u32,  // slot of this buffer's first pair
  slots: u32,      // pairs in this buffer
  isFirst: u32,    // 1 in the pass of the first history buffer
  isLast: u32,     // 1 in the pass of the last
  moves: u32,      // 0: leave x to the line search
}

// twin lbfgs ring
struct Ring {
  count: u32,
  oldest: u32,      // slot of the oldest pair
  iterations: u32,
  stored: u32,      // slot that the candidate takes, or NONE
}
// end twin lbfgs ring

// twin lbfgs scalars
struct Scalars {
  gamma: f32,
  stepLength: f32,
  slope: f32,        // g·d
  usable: u32,       // 0 where the gradient was not finite
  gradientMax: f32,  // max|g|
  stepMax: f32,      // max|s| of the step before
}
// end twin lbfgs scalars

@group(0) @binding(0) var<storage, read> history: array<f32>;                 // [slots, 2, pitch], s and y of each pair
@group(0) @binding(1) var<storage, read> gradient: array<f32>;                // [size]
@group(0) @binding(2) var<storage, read> coefficient: array<f32>;             // [1 + 2 · history]
@group(0) @binding(3) var<storage, read> state: Ring;                         // [1]
@group(0) @binding(4) var<storage, read> scalar: Scalars;                     // [1]
@group(0) @binding(5) var<storage, read_write> candidate: array<f32>;         // [size]
@group(0) @binding(6) var<storage, read_write> gradientPrevious: array<f32>;  // [size]
@group(0) @binding(7) var<storage, read_write> variable: array<f32>;          // [size]
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(num_workgroups) groups: vec3u,
) {
  if (scalar.usable == 0u) {
    return;
  }
  let pitch = params.pitch;
  let stepLength = select(1.0, scalar.stepLength, params.moves == 1u);
  let endSlot = clamp(state.count, params.firstSlot, params.firstSlot + params.slots);
  for (var start = group.x * 64u * WIDTH + local; start < params.size; start += groups.x * 64u * WIDTH) {
    // Values past the end repeat the last one and are not stored.
    var index = array<u32, WIDTH>();
    var d = array<f32, WIDTH>();
    // unroll
    for (var k = 0u; k < WIDTH; k++) {
      index[k] = min(start + k * 64u, params.size - 1u);
    }
    if (params.isFirst == 1u) {
      // unroll
      for (var k = 0u; k < WIDTH; k++) {
        d[k] = coefficient[0] * gradient[index[k]];
      }
    } else {
      // unroll
      for (var k = 0u; k < WIDTH; k++) {
        d[k] = candidate[index[k]];
      }
    }
    for (var slot = params.firstSlot; slot < endSlot; slot++) {
      let ofStep = coefficient[1u + 2u * slot];
      let ofChange = coefficient[2u + 2u * slot];
      let row = (slot - params.firstSlot) * 2u * pitch;
      var s = array<f32, WIDTH>();
      var y = array<f32, WIDTH>();
      // unroll
      for (var k = 0u; k < WIDTH; k++) {
        s[k] = history[row + index[k]];
        y[k] = history[row + pitch + index[k]];
      }
      // unroll
      for (var k = 0u; k < WIDTH; k++) {
        d[k] += ofStep * s[k] + ofChange * y[k];
      }
    }
    // Its end keeps the compiler from unrolling this loop: half the time that lavapipe took for this kernel went into copies of it.
    let end = min(start + 64u * WIDTH, params.size);
    var k = 0u;
    for (var i = start; i < end; i += 64u) {
      var sum = d[k];
      if (params.isLast == 1u) {
        sum *= stepLength;
        gradientPrevious[i] = gradient[i];
        if (params.moves == 1u) {
          variable[i] += sum;
        }
      }
      candidate[i] = sum;
      k++;
    }
  }
}
