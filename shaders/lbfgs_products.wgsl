// lbfgs_products: inner products of the kept curvature pairs with the candidate pair s, y = g - gPrevious and the gradient g.
//   partial[8 + 5 · slot + 0..4][column] = sᵢ·y, sᵢ·g, yᵢ·s, yᵢ·y, yᵢ·g over the values of that column
//
// The two-loop recursion needs sᵢ·yⱼ and yᵢ·yⱼ but never sᵢ·sⱼ: five products a pair, not six.
// One invocation takes SLOTS pairs, so that each load of s, g and gPrevious serves 2 · SLOTS rows, and walks them with
// the stride of all columns. All loads of a round come before its sums: lavapipe spills sums that lie between loads.
// Grid: (columns / 64, pairs of this buffer / SLOTS) workgroups. Blocks of empty slots end at once.
// Source: Chen, Wang and Zhou, Large-scale L-BFGS using MapReduce (2014), section 3.

// header
const SLOTS: u32 = 5u;               // pairs an invocation takes
const CANDIDATE_PRODUCTS: u32 = 8u;  // rows before the first pair's
const PAIR_PRODUCTS: u32 = 5u;       // rows a pair
// end header

struct Params {
  size: u32,
  pitch: u32,      // distance of rows
  firstSlot: u32,  // slot of this buffer's first pair
  slots: u32,      // pairs in this buffer
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

@group(0) @binding(0) var<storage, read> history: array<f32>;           // [slots, 2, pitch], s and y of each pair
@group(0) @binding(1) var<storage, read> candidate: array<f32>;         // [size], s of the candidate pair
@group(0) @binding(2) var<storage, read> gradient: array<f32>;          // [size]
@group(0) @binding(3) var<storage, read> gradientPrevious: array<f32>;  // [size]
@group(0) @binding(4) var<storage, read> state: Ring;                   // [1]
@group(0) @binding(5) var<storage, read_write> partial: array<f32>;     // [8 + 5 · history, columns]
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let pair = id.y * SLOTS;
  if (params.firstSlot + pair >= state.count) {
    return;
  }
  let column = id.x;
  let columns = params.columns;
  let pitch = params.pitch;
  // Slots past the last read the last one's rows again; their sums are dropped.
  var row: array<u32, SLOTS>;
  // unroll
  for (var k = 0u; k < SLOTS; k++) {
    row[k] = min(pair + k, params.slots - 1u) * 2u * pitch;
  }
  var keptStepChange: array<f32, SLOTS>;
  var keptStepGradient: array<f32, SLOTS>;
  var keptChangeStep: array<f32, SLOTS>;
  var keptChangeChange: array<f32, SLOTS>;
  var keptChangeGradient: array<f32, SLOTS>;
  for (var i = column; i < params.size; i += columns) {
    let s = candidate[i];
    let g = gradient[i];
    let y = g - gradientPrevious[i];
    var oldS = array<f32, SLOTS>();
    var oldY = array<f32, SLOTS>();
    // unroll
    for (var k = 0u; k < SLOTS; k++) {
      oldS[k] = history[row[k] + i];
      oldY[k] = history[row[k] + pitch + i];
    }
    // unroll
    for (var k = 0u; k < SLOTS; k++) {
      keptStepChange[k] += oldS[k] * y;
      keptStepGradient[k] += oldS[k] * g;
      keptChangeStep[k] += oldY[k] * s;
      keptChangeChange[k] += oldY[k] * y;
      keptChangeGradient[k] += oldY[k] * g;
    }
  }
  // unroll
  for (var k = 0u; k < SLOTS; k++) {
    if (pair + k < params.slots) {
      let first = (CANDIDATE_PRODUCTS + PAIR_PRODUCTS * (params.firstSlot + pair + k)) * columns + column;
      partial[first] = keptStepChange[k];
      partial[first + columns] = keptStepGradient[k];
      partial[first + 2u * columns] = keptChangeStep[k];
      partial[first + 3u * columns] = keptChangeChange[k];
      partial[first + 4u * columns] = keptChangeGradient[k];
    }
  }
}
