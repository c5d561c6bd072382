// covariance: output[i][j] = moments[i][j] − (1 − meanRidge) · means[i] · means[j], on the diagonal with ridge · moments[i][i] added;
// outputMeans = means
//
// Moments are uncentred, so the difference carries the roundings of their sums, which are relative to them: alike in all
// channels of a flat map, which meanRidge makes up for, or not, which ridge does. With them the covariance has no negative eigenvalues. Means go along, so that output and outputMeans hold all that a comparison needs.
// One invocation walks the matrix with the stride of the whole grid, four columns at a time.

struct Params {
  channels: u32,  // a multiple of 4
  ridge: f32,
  meanRidge: f32,
}

@group(0) @binding(0) var<storage, read> moments: array<vec4f>;       // [channels, channels / 4], symmetric
@group(0) @binding(1) var<storage, read> means: array<f32>;           // [channels]
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;  // [channels, channels / 4]
@group(0) @binding(3) var<storage, read_write> outputMeans: array<vec4f>;  // [channels / 4]
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let vectors = params.channels / 4u;
  for (var i = id.x; i < params.channels * vectors; i += groups.x * 64u) {
    let row = i / vectors;
    let column = (i % vectors) * 4u;
    let others = vec4f(means[column], means[column + 1u], means[column + 2u], means[column + 3u]);
    let moment = moments[i];
    let onDiagonal = vec4u(column, column + 1u, column + 2u, column + 3u) == vec4u(row);
    if (row == 0u) {
      outputMeans[i] = others;
    }
    output[i] = moment - (1.0 - params.meanRidge) * means[row] * others + select(vec4f(0.0), params.ridge * moment, onDiagonal);
  }
}
