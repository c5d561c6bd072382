// covariance_coefficients: value and coefficients of the covariance loss, from a map's moments
//   E = Σ − Σ*, Σ = moments − means · meansᵀ;  k = weight · tr Σ* / ‖Σ*‖²;  Σ_p partial[p] = Σ_c (μ − μ*)² + k · Σ_ij E²
//   matrix = 2 · scale · k · E;  addend = scale · (μ − μ*) − matrix · μ,  so that the gradient at a position is matrix · F + addend
//
// One invocation makes a column, reading rows side by side with its neighbours; there are as many as `partial` has values.

struct Params {
  channels: u32,
  weight: f32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> moments: array<f32>;           // [channels, channels]
@group(0) @binding(1) var<storage, read> means: array<f32>;             // [channels]
@group(0) @binding(2) var<storage, read> targetCovariance: array<f32>;  // [channels, channels]
@group(0) @binding(3) var<storage, read> targetMeans: array<f32>;       // [channels]
@group(0) @binding(4) var<storage, read> measures: array<f32>;          // [2]: trace and squared norm of the target
@group(0) @binding(5) var<storage, read_write> matrix: array<f32>;      // [channels, channels]
@group(0) @binding(6) var<storage, read_write> addend: array<f32>;      // [channels]
@group(0) @binding(7) var<storage, read_write> partial: array<f32>;     // [invocations]
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let channels = params.channels;
  // A target without any variance asks for none.
  let k = params.weight * measures[0] / max(measures[1], 1e-30);
  var value = 0.0;
  for (var column = id.x; column < channels; column += groups.x * 64u) {
    let mean = means[column];
    var square = 0.0;
    var moved = 0.0;
    for (var row = 0u; row < channels; row++) {
      let at = row * channels + column;
      let error = (moments[at] - means[row] * mean) - targetCovariance[at];
      square = fma(error, error, square);
      moved = fma(error, means[row], moved);
      matrix[at] = 2.0 * params.scale * k * error;
    }
    let shift = mean - targetMeans[column];
    addend[column] = params.scale * (shift - 2.0 * k * moved);
    value += fma(shift, shift, k * square);
  }
  partial[id.x] = value;
}
