// w2_coefficients: value and coefficients of the W2 loss from a map's moments and its transport T, the matrix that maps its deviations to the target's
//   Σ_p partial[p] = Σ_c (μ − μ*)² + tr Σ* + tr Σ − 2 ⟨T, Σ⟩, Σ = moments − means · meansᵀ with the ridges of its making
//   matrix = scale · (I − T);  addend = scale · (μ − μ*) − matrix · μ,  so that the gradient at a position is matrix · F + addend
//
// One invocation makes a column, reading rows side by side with its neighbours; there are as many as `partial` has values. T is symmetric and
// read on and above the diagonal.

struct Params {
  channels: u32,
  ridge: f32,
  meanRidge: f32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> transport: array<f32>;      // [channels, channels]
@group(0) @binding(1) var<storage, read> moments: array<f32>;        // [channels, channels]
@group(0) @binding(2) var<storage, read> means: array<f32>;          // [channels]
@group(0) @binding(3) var<storage, read> targetMeans: array<f32>;    // [channels]
@group(0) @binding(4) var<storage, read> measures: array<f32>;       // [2]: trace and squared norm of the target
@group(0) @binding(5) var<storage, read_write> matrix: array<f32>;   // [channels, channels]
@group(0) @binding(6) var<storage, read_write> addend: array<f32>;   // [channels]
@group(0) @binding(7) var<storage, read_write> partial: array<f32>;  // [invocations]
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let channels = params.channels;
  var value = select(0.0, measures[0], id.x == 0u);
  for (var column = id.x; column < channels; column += groups.x * 64u) {
    let mean = means[column];
    var overlap = 0.0;
    var moved = 0.0;
    for (var row = 0u; row < channels; row++) {
      let at = row * channels + column;
      let ofTransport = transport[min(row, column) * channels + max(row, column)];
      let ridge = select(0.0, params.ridge * moments[at], row == column);
      let covariance = moments[at] - (1.0 - params.meanRidge) * means[row] * mean + ridge;
      overlap = fma(ofTransport, covariance, overlap);
      moved = fma(ofTransport, means[row], moved);
      matrix[at] = params.scale * (select(0.0, 1.0, row == column) - ofTransport);
    }
    let shift = mean - targetMeans[column];
    addend[column] = params.scale * ((shift - mean) + moved);
    let diagonal = column * channels + column;
    let variance = moments[diagonal] - (1.0 - params.meanRidge) * mean * mean + params.ridge * moments[diagonal];
    value += fma(shift, shift, variance - 2.0 * overlap);
  }
  partial[id.x] = value;
}
