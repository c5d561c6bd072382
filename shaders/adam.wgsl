// adam: one step of Adam, in place.
//   g += weightDecay · x;  m = β₁ m + (1 - β₁) g;  v = β₂ v + (1 - β₂) g²
//   x = clamp(x - stepSize · m / (√v · rootScale + ε), low, high)
//   stepSize = learningRate / (1 - β₁ᵏ) and rootScale = 1 / √(1 - β₂ᵏ) at step k correct the moments' bias towards 0.
//
// A value whose gradient is not finite keeps its x, m and v.
// One invocation walks the vectors with the stride of the whole grid.
// Source: Kingma and Ba (2015), algorithm 1, in the form of torch/optim/adam.py: ε is added after the bias correction.

// twin update rule range
struct Params {
  size: u32,
  isClamped: u32,
  low: f32,
  high: f32,
// end twin update rule range
  stepSize: f32,
  rootScale: f32,
  keepFirst: f32,   // β₁
  takeFirst: f32,   // 1 - β₁
  keepSecond: f32,  // β₂
  takeSecond: f32,  // 1 - β₂
  // twin update rule of two vectors: first = square, second = velocity
  epsilon: f32,
  weightDecay: f32,
}

@group(0) @binding(0) var<storage, read> gradient: array<f32>;        // [size], g
@group(0) @binding(1) var<storage, read_write> first: array<f32>;     // [size], m
@group(0) @binding(2) var<storage, read_write> second: array<f32>;    // [size], v
@group(0) @binding(3) var<storage, read_write> variable: array<f32>;  // [size], x
@group(0) @binding(4) var<uniform> params: Params;
  // end twin update rule of two vectors

// twin update rule gradient
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.size; i += groups.x * 64u) {
    // WGSL may assume that no NaN exists, so finiteness is read from the exponent's bits.
    if ((bitcast<u32>(gradient[i]) & 0x7f800000u) != 0x7f800000u) {
      let g = gradient[i] + params.weightDecay * variable[i];
// end twin update rule gradient
      let m = first[i] * params.keepFirst + g * params.takeFirst;
      let v = second[i] * params.keepSecond + g * g * params.takeSecond;
      let x = variable[i] - params.stepSize * m / (sqrt(v) * params.rootScale + params.epsilon);
      first[i] = m;
      second[i] = v;
      // twin update rule variable
      variable[i] = select(x, clamp(x, params.low, params.high), params.isClamped == 1u);
    }
  }
}
      // end twin update rule variable
