// rmsprop: one step of RMSprop with momentum, in place.
//   g += weightDecay · x;  v = α v + (1 - α) g²;  b = momentum · b + g / (√v + ε);  x = clamp(x - learningRate · b, low, high)
//
// A value whose gradient is not finite keeps its x, v and b.
// One invocation walks the vectors with the stride of the whole grid.
// Source: Tieleman and Hinton (2012), lecture 6.5, in the form of torch/optim/rmsprop.py, not centred.

// twin update rule range
struct Params {
  size: u32,
  isClamped: u32,
  low: f32,
  high: f32,
// end twin update rule range
  learningRate: f32,
  momentum: f32,
  keepSquare: f32,  // α
  takeSquare: f32,  // 1 - α
  // twin update rule of two vectors
  epsilon: f32,
  weightDecay: f32,
}

@group(0) @binding(0) var<storage, read> gradient: array<f32>;        // [size], g
@group(0) @binding(1) var<storage, read_write> square: array<f32>;    // [size], v
@group(0) @binding(2) var<storage, read_write> velocity: array<f32>;  // [size], b
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
      let v = square[i] * params.keepSquare + g * g * params.takeSquare;
      let b = params.momentum * velocity[i] + g / (sqrt(v) + params.epsilon);
      let x = variable[i] - params.learningRate * b;
      square[i] = v;
      velocity[i] = b;
      // twin update rule variable
      variable[i] = select(x, clamp(x, params.low, params.high), params.isClamped == 1u);
    }
  }
}
      // end twin update rule variable
