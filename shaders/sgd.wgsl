// sgd: one step of gradient descent with momentum, in place.
//   g += weightDecay · x;  b = momentum · b + g
//   x = clamp(x - learningRate · b, low, high), with Nesterov's momentum x - learningRate · (g + momentum · b)
//
// A value whose gradient is not finite keeps its x and b.
// One invocation walks the vectors with the stride of the whole grid.
// Source: torch/optim/sgd.py, without dampening.

// twin update rule range
struct Params {
  size: u32,
  isClamped: u32,
  low: f32,
  high: f32,
// end twin update rule range
  learningRate: f32,
  momentum: f32,
  isNesterov: u32,
  weightDecay: f32,
}

@group(0) @binding(0) var<storage, read> gradient: array<f32>;        // [size], g
@group(0) @binding(1) var<storage, read_write> velocity: array<f32>;  // [size], b
@group(0) @binding(2) var<storage, read_write> variable: array<f32>;  // [size], x
@group(0) @binding(3) var<uniform> params: Params;

// twin update rule gradient
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.size; i += groups.x * 64u) {
    // WGSL may assume that no NaN exists, so finiteness is read from the exponent's bits.
    if ((bitcast<u32>(gradient[i]) & 0x7f800000u) != 0x7f800000u) {
      let g = gradient[i] + params.weightDecay * variable[i];
// end twin update rule gradient
      let b = params.momentum * velocity[i] + g;
      let x = variable[i] - params.learningRate * select(b, g + params.momentum * b, params.isNesterov == 1u);
      velocity[i] = b;
      // twin update rule variable
      variable[i] = select(x, clamp(x, params.low, params.high), params.isClamped == 1u);
    }
  }
}
      // end twin update rule variable
